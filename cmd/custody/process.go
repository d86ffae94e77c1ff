package main

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"time"
)

// A process is everything that a command may ask of the world outside of its
// arguments. Commands get it from here and from nowhere else, so that the packages
// they call need no clock, environment or source of randomness of their own.
type process struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string // "" when unset
	environ  []string            // whole, for git
	now      func() time.Time
	random   io.Reader
	terminal bool        // err is a terminal: progress may be drawn on it
	garbage  *collection // nil: nothing was put off
}

func thisProcess() *process {
	return &process{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		env:      os.Getenv,
		environ:  os.Environ(),
		now:      time.Now,
		random:   rand.Reader,
		terminal: isTerminal(os.Stderr),
	}
}

// isTerminal holds for character devices. /dev/null is one too; there, what is drawn
// is lost on nobody.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// today is the UTC day, the only form in which time enters a review.
func (p *process) today() string { return p.now().UTC().Format(time.DateOnly) }

// configDir is where the key and the trusted keys of a person live.
func (p *process) configDir() (string, error) {
	if dir := p.env("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "custody"), nil
	}
	home := p.env("HOME")
	if home == "" {
		return "", hint(errNoHome, "set HOME or XDG_CONFIG_HOME, or name the file by a flag")
	}
	return filepath.Join(home, ".config", "custody"), nil
}

// cacheDir is where facts about repositories are kept; "" when there is no place.
func (p *process) cacheDir() string {
	if dir := p.env("CUSTODY_CACHE_DIR"); dir != "" {
		return dir
	}
	if dir := p.env("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "custody")
	}
	if home := p.env("HOME"); home != "" {
		return filepath.Join(home, ".cache", "custody")
	}
	return ""
}
