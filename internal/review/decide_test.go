package review

import (
	"math/rand/v2"
	"slices"
	"testing"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// oneBase is a change that was read whole.
func oneBase() *change.Change {
	return &change.Change{MergeBases: []git.OID{{}}}
}

func rule(l finding.Level, o finding.Outcome) finding.Check {
	return finding.Check{ID: "r", Kind: finding.Rule, Level: l, Outcome: o}
}

func TestDecide(t *testing.T) {
	required := func(o finding.Outcome) finding.Check {
		return finding.Check{ID: "q", Kind: finding.Requirement, Level: finding.Error, Outcome: o}
	}
	met, unmet := rule(finding.Error, finding.Satisfied), rule(finding.Error, finding.NotSatisfied)
	unknown, away := rule(finding.Error, finding.NotAssessed), rule(finding.Error, finding.NotApplicable)
	for _, c := range []struct {
		name   string
		change *change.Change
		policy bool
		checks []finding.Check
		want   Decision
		reason string
	}{
		{"met", oneBase(), true, []finding.Check{met}, Pass, ReasonSatisfied},
		{"not met", oneBase(), true, []finding.Check{met, unmet}, Fail, ReasonNotSatisfied},
		{"not assessed", oneBase(), true, []finding.Check{met, unknown}, Incomplete, ReasonNotAssessed},
		{"not met beats not assessed", oneBase(), true, []finding.Check{unknown, unmet}, Fail, ReasonNotSatisfied},
		{"waived", oneBase(), true, []finding.Check{rule(finding.Error, finding.Excepted)}, Pass, ReasonExcepted},
		{"a warning does not block", oneBase(), true, []finding.Check{met, rule(finding.Warning, finding.NotSatisfied)}, Pass, ReasonSatisfied},
		{"a requirement counts through its rule", oneBase(), true, []finding.Check{met, required(finding.NotSatisfied)}, Pass, ReasonSatisfied},
		{"elsewhere", oneBase(), true, []finding.Check{away}, Pass, ReasonNothingAsked},
		{"no policy", oneBase(), false, nil, Incomplete, ReasonNoPolicy},
		{"no rules", oneBase(), true, nil, Incomplete, ReasonNoRules},
		{"only requirements", oneBase(), true, []finding.Check{required(finding.Satisfied)}, Incomplete, ReasonNoRules},
		{"unrelated histories", &change.Change{}, true, []finding.Check{met}, Incomplete, ReasonNoMergeBase},
		{"cut", &change.Change{MergeBases: []git.OID{{}}, Limits: []change.Limit{{What: "files", Max: 1}}}, true, []finding.Check{met}, Incomplete, ReasonLimit},
		{"shallow", &change.Change{MergeBases: []git.OID{{}}, Shallow: true}, true, []finding.Check{met}, Incomplete, ReasonShallow},
		{"cut, and not met", &change.Change{MergeBases: []git.OID{{}}, Shallow: true}, true, []finding.Check{unmet}, Fail, ReasonNotSatisfied},
	} {
		got, reasons := Decide(c.change, nil, c.policy, c.checks)
		if got != c.want || len(reasons) == 0 || reasons[0].Code != c.reason {
			t.Errorf("%s: %s because of %v, want %s because of %s", c.name, got, reasons, c.want, c.reason)
		}
	}
	lost := &change.Context{Change: &change.Request{Lost: "0123456789"}}
	if got, reasons := Decide(oneBase(), lost, true, []finding.Check{met}); got != Incomplete || reasons[0].Code != ReasonNoBase {
		t.Errorf("from what is gone: %s because of %v", got, reasons)
	}
	if got := (Verdict{}).Decision; got != Incomplete {
		t.Errorf("a verdict that nobody reached is %s", got)
	}
}

// A check more never makes the decision better, and no order of them matters.
func TestDecideNeverRelaxes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	some := func() finding.Check { return rule(finding.Level(random.IntN(3)), finding.Outcome(random.IntN(5))) }
	rank := map[Decision]int{Pass: 0, Incomplete: 1, Fail: 2}
	for range 5000 {
		checks := []finding.Check{some()}
		for range random.IntN(5) {
			checks = append(checks, some())
		}
		before, _ := Decide(oneBase(), nil, true, checks)
		if after, _ := Decide(oneBase(), nil, true, append(slices.Clone(checks), some())); rank[after] < rank[before] {
			t.Fatalf("%v is %s; with one more check it is %s", checks, before, after)
		}
		random.Shuffle(len(checks), func(i, j int) { checks[i], checks[j] = checks[j], checks[i] })
		if again, _ := Decide(oneBase(), nil, true, checks); again != before {
			t.Fatalf("the order of %v decides: %s or %s", checks, before, again)
		}
	}
}
