package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// miniatures are small enough for the gate.
var miniatures = map[string]project{
	"go":     {name: "shop in Go", language: "go", folder: "testdata/go", mutants: 2},
	"python": {name: "shop in Python", language: "python", folder: "testdata/python", path: ".", tests: []string{"tests"}, mutants: 4},
	"script": {name: "shop in TypeScript", language: "script", folder: "testdata/script", mutants: 4},
}

// TestMiniatures makes mutants of two small projects: each is noticed by a test, and each
// test that fails is predicted.
func TestMiniatures(t *testing.T) {
	for language, p := range miniatures {
		t.Run(language, func(t *testing.T) {
			one := measure(t, p)
			if one.Run != p.mutants || one.Killed < p.mutants/2 || one.Entered == 0 && language != "go" {
				t.Errorf("%s: too little came of it", one.String())
			}
			if one.Missed+one.EnteredMissed+one.Unsteady > 0 {
				t.Errorf("%s: something was missed", one.String())
			}
		})
	}
}

// TestPlan runs a few mutants of each project that a registry delivers: all of the plan takes
// hours. Without CUSTODY_SLOW it looks whether what the plan names can be run at all.
func TestPlan(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range thePlan.projects {
		if seen[p.title()] || p.mutants == 0 || p.why == "" || miniatures[p.language].name == "" {
			t.Errorf("%s: twice, or no number, reason or runner", p.title())
		}
		seen[p.title()] = true
		if os.Getenv("CUSTODY_SLOW") == "" || p.byHand {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			p.mutants = 3
			if one := measure(t, p); one.Missed > 0 {
				t.Errorf("%s: something was missed", one.String())
			}
		})
	}
}

// A scripted runner has tests that fail as it is told.
type scripted struct {
	runner  // nothing else is asked
	files   map[string]string
	fails   func(files []string) []string
	mutated bool
}

func (s *scripted) tests() map[string]string { return s.files }
func (s *scripted) symbol(string) string     { return "" }
func (s *scripted) test(_ context.Context, files []string) ([]string, error) {
	return s.fails(files), nil
}

// TestMissed shows that a miss is found, and told from a failure that the mutant alone does
// not make.
func TestMissed(t *testing.T) {
	s := &scripted{files: map[string]string{}}
	for _, file := range []string{"predicted", "missed", "broken", "beside"} {
		s.files[file] = file
	}
	s.fails = func(files []string) (failed []string) {
		for _, file := range files {
			switch {
			case file == "broken", s.mutated && file == "predicted", s.mutated && file == "missed",
				s.mutated && file == "beside" && len(files) > 1:
				failed = append(failed, file)
			}
		}
		return failed
	}
	x := &trial{runner: s, coverage: &coverage{}}
	p := prediction{bySymbol: set{files: map[string]bool{"predicted": true}}}
	res := &mutantResult{Entered: []string{"beside", "broken", "missed", "predicted"}}
	files := x.choose(res, true, p.bySymbol)
	if !slices.Equal(files, res.Entered) {
		t.Fatalf("runs %q", files)
	}
	s.mutated = true
	res.Failed = s.fails(files)
	if err := x.check(t.Context(), res, files, p.bySymbol, func(yes bool) error { s.mutated = yes; return nil }); err != nil {
		t.Fatal(err)
	}
	var sum counts
	x.judge(res, p, &sum)
	if !slices.Equal(res.Missed, []string{"missed"}) || !slices.Equal(res.Unsteady, []string{"beside", "broken"}) || sum.Missed != 1 || sum.Unsteady != 2 || sum.EnteredMissed != 3 {
		t.Errorf("%+v %s", res, sum.String())
	}
	if !s.mutated {
		t.Error("the mutant was not put back")
	}
}

func measure(t *testing.T, p project) *projectResult {
	t.Helper()
	var said bytes.Buffer
	o := options{locks: "npm"}
	one, err := o.project(t.Context(), 1, p, &said)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(strings.TrimSpace(said.String()))
	return one
}
