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
var open = []string{}

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
