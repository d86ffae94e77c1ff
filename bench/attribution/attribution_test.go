//go:build unix

package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"custody/attestation/corpus"
)

// open are cases that are labelled and not answered yet. One that is answered has to
// leave the list.
var open = []string{
	"header of a Go file",
	"header behind a shebang",
	"header in a block",
	"header with a model",
	"header that names a model",
	"header of a model alone",
	"header with a date",
	"header as a kernel trailer",
	"header with an emoji",
	"header in HTML",
	"header in Markdown",
	"header in a docstring",
	"header of one of two files",
	"header with Windows ends",
	"header behind a byte order mark",
	"header, denied",
	"note on all lines",
	"note on some lines",
	"note of a hand",
	"note of both",
	"note of a hand on some lines",
	"note on more than was added",
	"note of prompts",
	"note of seven digits",
	"note of a session without record",
	"note of a tool nobody knows",
	"note of a default model",
	"note of a hand against a trailer",
	"note of nothing beside a trailer",
	"note against none",
	"note of another agent",
	"note that agrees",
	"note, the trailer covers the rest",
	"note whose later entry wins",
	"note on a path in quotes",
	"note on a merge",
	"note on what was moved later",
	"note on what was changed later",
	"note on lines that moved down",
	"note of ranges without end",
	"note of ranges backwards",
	"note of line nought",
	"note that is no note",
	"note with broken JSON",
	"note of the future",
	"note of an entry before any file",
	"note on a commit that was rebased",
	"note on a commit that was rebased and amended",
	"note on a commit that was rebased below other lines",
	"notes on commits that were squashed",
	"notes on commits that were squashed onto others",
	"own note before a rewritten one's",
	"trace at HEAD of the edit",
	"trace of the commit itself",
	"trace of some lines",
	"trace with a placeholder that holds",
	"trace with a hash",
	"trace with a hash of murmur3",
	"trace with a hash without the last newline",
	"trace with a hash, moved",
	"trace with a hash, of any revision",
	"trace with a hash nobody knows",
	"trace of a human",
	"trace of both in one",
	"trace whose range says otherwise",
	"trace of more than was added",
	"trace with a broken line",
	"trace of another version",
	"trace against none",
	"trace with a transcript on somebody's disk",
	"trace as a note",
	"trace on what was moved later",
	"statement that an agent wrote it",
	"statement in a bare envelope",
	"statement about one file",
	"statement about some lines",
	"statement that a human wrote it",
	"statements against each other",
	"session by Chainloop",
	"session by Chainloop without ranges",
	"session by Chainloop, a file by hand",
	"statement under a note that is none",
	"signed by an agent",
	"signed by an agent, OpenPGP",
	"signed by an agent, denied",
	"request says none, a note does not",
	"driver approves alone",
	"driver of Copilot approves",
}

// No case that was right may become wrong, and none may be measured twice.
func TestNoLoss(t *testing.T) {
	cases := corpus.All()
	if len(cases) < 150 {
		t.Fatalf("%d cases", len(cases))
	}
	names := map[string]bool{}
	for _, c := range cases {
		if names[c.Name] || c.Why == "" || c.Class == "" || c.Source == "" {
			t.Errorf("case %q needs a name of its own, a source, a class and a why", c.Name)
		}
		names[c.Name] = true
	}
	answers, err := ask(context.Background(), cases)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(io.Discard, answers); err != nil {
		t.Fatal(err)
	}
	var now []string
	for _, a := range answers {
		if len(a.wrong) == 0 {
			continue
		}
		now = append(now, a.want.Name)
		if !slices.Contains(open, a.want.Name) {
			t.Errorf("%s: %s (%s)", a.want.Name, strings.Join(a.wrong, "; "), a.want.Why)
		}
	}
	for _, name := range open {
		if !slices.Contains(now, name) {
			t.Errorf("%q is answered: take it off the list", name)
		}
	}
}
