package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/git"
)

// Exit codes, as `custody --help` promises them.
const (
	exitPass       = 0
	exitFail       = 1
	exitUsage      = 2 // nothing was judged
	exitIncomplete = 3
)

var errNoHome = errors.New("no home folder is known")

// A hintError is an error with what the user can do about it, a line each.
type hintError struct {
	error
	hints []string
}

func (e *hintError) Unwrap() error { return e.error }

func hint(err error, hints ...string) error { return &hintError{err, hints} }

// An exitError ends the command with a code other than 2 after everything that is to
// be said was printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// say prints what went wrong and returns the exit code for it.
func say(w io.Writer, command string, err error) int {
	var code exitError
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintf(w, "%s: %s\n", command, harmless(strings.TrimRight(err.Error(), "\n")))
	var h *hintError
	var old *git.VersionError // met wherever git is needed first
	switch {
	case errors.As(err, &old):
		fmt.Fprintln(w, "  update git")
	case errors.As(err, &h):
		for _, line := range h.hints {
			fmt.Fprintf(w, "  %s\n", harmless(line))
		}
	}
	return exitUsage
}

// harmless is an error's text without what a terminal obeys or nobody sees: it may repeat
// the name of a file, and names come from strangers.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (r == utf8.RuneError || !unicode.IsPrint(r)) {
			return '?'
		}
		return r
	}, s)
}
