package testfirst

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
	"custody/internal/finding"
	"custody/internal/git"
)

// commits is a history in which each commit touches the named files.
type commits [][]change.Path

func (c commits) Touched(_ context.Context, k *change.Commit, most int) ([]change.Path, bool, error) {
	n := 0
	fmt.Sscan(string(k.Message), &n)
	if c[n] == nil {
		return nil, false, errors.New("missing")
	}
	return c[n][:min(most, len(c[n]))], len(c[n]) > most, nil
}

func TestOrder(t *testing.T) {
	many := make([]change.Path, maxFiles+1)
	for name, c := range map[string]struct {
		history commits
		edit    func(*checks.Input)
		want    finding.Outcome
	}{
		"test first":               {commits{{"a_test.go"}, {"a.go"}}, nil, finding.Satisfied},
		"together":                 {commits{{"a.go", "b_test.go"}}, nil, finding.Satisfied},
		"code first":               {commits{{"a.go"}, {"a_test.go"}}, nil, finding.NotSatisfied},
		"no test":                  {commits{{"a.go"}}, nil, finding.NotSatisfied},
		"a test of another kind":   {commits{{"test_a.py"}, {"a.go"}}, nil, finding.NotSatisfied},
		"only docs first":          {commits{{"README.md"}, {"a.go", "a_test.go"}}, nil, finding.Satisfied},
		"unreadable":               {commits{{"a_test.go"}, nil}, nil, finding.NotAssessed},
		"too many":                 {commits{many, {"a.go"}}, nil, finding.NotAssessed},
		"shallow":                  {commits{{"a_test.go", "a.go"}}, func(in *checks.Input) { in.Change.Shallow = true }, finding.NotAssessed},
		"commits cut":              {commits{{"a_test.go", "a.go"}}, func(in *checks.Input) { in.Change.Limits = []change.Limit{{What: "commits", Max: 1}} }, finding.NotAssessed},
		"nobody knows the commits": {commits{{"a_test.go", "a.go"}}, func(in *checks.Input) { in.Commits = nil }, finding.NotAssessed},
		"no code":                  {commits{{"README.md"}}, func(in *checks.Input) { in.Files = nil }, finding.NotApplicable},
	} {
		ch := &change.Change{}
		for i := range c.history {
			ch.Commits = append(ch.Commits, change.Commit{Commit: git.Commit{Message: []byte(fmt.Sprint(i))}})
		}
		in := &checks.Input{Change: ch, Files: []change.File{{Path: "a.go", Mode: git.ModeFile, Added: 1}}, Commits: c.history, Limits: checks.DefaultLimits()}
		if c.edit != nil {
			c.edit(in)
		}
		if out := checkstest.Answer(t, "test-first", Check{}, in); out.Outcome() != c.want {
			t.Errorf("%s: %s", name, checkstest.Show(out))
		}
	}
}
