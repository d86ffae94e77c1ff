package report

import (
	"strings"
	"testing"

	"custody/internal/finding"
)

func judged(outcomes ...finding.Outcome) []finding.Check {
	var cs []finding.Check
	for i, o := range outcomes {
		cs = append(cs, finding.Check{ID: string(rune('a' + i)), Outcome: o})
	}
	return cs
}

// An empty folder scores 100 % in a peer. Here it has no score at all.
func TestEmptyIsNotHealthy(t *testing.T) {
	h := Measure(HealthInput{})
	if h.Score != nil {
		t.Errorf("score of nothing is %d, want none", *h.Score)
	}
	if s := text(t, h); !strings.HasPrefix(s, "Health Score: not assessed") {
		t.Errorf("text of nothing: %q", s)
	}
}

func TestScore(t *testing.T) {
	full := HealthInput{
		Policy:       true,
		Requirements: judged(finding.Satisfied, finding.Satisfied, finding.NotApplicable),
		Sources:      map[string]int{"a": 3, "b": 1},
		InGraph:      4,
		Documented:   map[string]bool{"a": true, "b": true},
	}
	if got := *Measure(full).Score; got != 100 {
		t.Errorf("everything met scores %d, want 100", got)
	}
	less := map[string]struct {
		spoil func(*HealthInput)
		score int
	}{
		"no policy":                {func(in *HealthInput) { in.Policy = false }, 90},
		"no requirements":          {func(in *HealthInput) { in.Requirements = nil }, 55},
		"one of two not satisfied": {func(in *HealthInput) { in.Requirements = judged(finding.Satisfied, finding.NotSatisfied) }, 77},
		"one of two excepted":      {func(in *HealthInput) { in.Requirements = judged(finding.Satisfied, finding.Excepted) }, 77},
		"one of two not assessed":  {func(in *HealthInput) { in.Requirements = judged(finding.Satisfied, finding.NotAssessed) }, 77},
		"only not applicable":      {func(in *HealthInput) { in.Requirements = judged(finding.NotApplicable) }, 55},
		"half of the graph":        {func(in *HealthInput) { in.InGraph = 2 }, 87},
		"one folder undocumented":  {func(in *HealthInput) { in.Documented = map[string]bool{"a": true} }, 90},
	}
	for name, c := range less {
		in := full
		c.spoil(&in)
		if got := *Measure(in).Score; got != c.score {
			t.Errorf("%s scores %d, want %d", name, got, c.score)
		}
	}
}

func TestTextCountsViolationsAndGaps(t *testing.T) {
	h := Measure(HealthInput{
		Requirements: judged(finding.NotSatisfied, finding.NotSatisfied, finding.NotAssessed),
		Sources:      map[string]int{"a": 1},
	})
	if s := text(t, h); !strings.HasPrefix(s, "Health Score: 0/100 - 2 security violations, 1 documentation gap\n") {
		t.Errorf("got %q", s)
	}
}

// Of what nobody looked at there is no number of violations, and advice fits what is there.
func TestNothingVerified(t *testing.T) {
	for name, requirements := range map[string][]finding.Check{"none": nil, "not applicable": judged(finding.NotApplicable), "not assessed": judged(finding.NotAssessed)} {
		h := Measure(HealthInput{Requirements: requirements, Sources: map[string]int{"a": 1}})
		if h.SecurityViolations != nil || !strings.Contains(text(t, h), "- no security requirement verified, 1 documentation gap\n") {
			t.Errorf("%s: %s", name, text(t, h))
		}
		if advice := "write security_requirements.yaml"; (requirements == nil) != strings.Contains(text(t, h), advice) {
			t.Errorf("%s: %s", name, text(t, h))
		}
	}
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		text, folder string
		want         bool
	}{
		{"see lib/ and", "lib", true}, {"see ./lib/ and", "lib", true}, {"(`lib`)", "lib", true}, {"lib/a.go", "lib", true},
		{"srclib/ and lib", "lib", false}, {"src/lib/", "lib", false}, {"lib is a word", "lib", false}, {"lib-x/", "lib", false},
		{"internal/git.", "internal/git", true}, {"custody/internal/git", "internal/git", true},
		{"internal/github", "internal/git", false}, {"xinternal/git", "internal/git", false}, {"internal/git_hub, internal/git", "internal/git", true},
	} {
		if got := names([]byte(test.text), test.folder); got != test.want {
			t.Errorf("%q names %s: %t", test.text, test.folder, got)
		}
	}
}

func text(t *testing.T, h Health) string {
	t.Helper()
	var b strings.Builder
	if err := h.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
