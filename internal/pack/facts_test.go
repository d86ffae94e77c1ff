package pack

import (
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/finding"
)

// A declaration is told as one, and what nobody speaks of is not called human.
func TestAuthorshipSentence(t *testing.T) {
	type lines = map[attestation.Class]int
	const verified, declared, mixed, human, unknown, conflict = attestation.AIVerified, attestation.AIDeclared, attestation.Mixed, attestation.HumanDeclared, attestation.Unknown, attestation.Conflict
	for _, c := range []struct {
		lines lines
		want  string
	}{
		{lines{}, "The change adds no lines."},
		{lines{declared: 10}, "100% of 10 added lines came from an AI agent, in whole or in part, as is declared."},
		{lines{mixed: 5, human: 5}, "50% of 10 added lines came from an AI agent, in whole or in part, as is declared."},
		{lines{verified: 5, unknown: 5}, "50% of 10 added lines came from an AI agent, which is verified."},
		{lines{verified: 2, declared: 3, unknown: 5}, "50% of 10 added lines came from an AI agent, in whole or in part: 20% verified, the others as declared."},
		{lines{conflict: 1, human: 9}, "Evidence contradicts itself about 1 of 10 added lines."},
		{lines{unknown: 1}, "Nothing says who or what wrote the 1 added line."},
		{lines{unknown: 9, human: 1}, "Nothing says who or what wrote 9 of 10 added lines; people stand for the others."},
		{lines{human: 10}, "People stand for the 10 added lines, as attested or declared."},
	} {
		total := 0
		for _, n := range c.lines {
			total += n
		}
		if got := authorshipSentence(c.lines, total); got != c.want {
			t.Errorf("%v: %q, want %q", c.lines, got, c.want)
		}
	}
}

// A change of prose has nothing that could be followed, which is no failure to follow it.
func TestReachOfProse(t *testing.T) {
	r := &impact.Report{Changed: []impact.Changed{{Path: "README.md"}}, Reasons: []finding.Reason{{Code: impact.ReasonNothing}}}
	if got, want := newReach(r).Sentence, "No changed file is code, and no code imports one. What reads one by its path is not seen."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Reasons = append(r.Reasons, finding.Reason{Code: impact.SkipLimit})
	if got, want := newReach(r).Sentence, "What this change reaches was not assessed."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A dependency of a manifest is no import: what is not known of it is who imports it.
func TestGather(t *testing.T) {
	at := func(path, detail string) finding.Reason {
		return finding.Reason{Code: impact.SkipUnresolved, Path: path, Detail: detail}
	}
	for _, c := range []struct {
		reasons []finding.Reason
		want    string
	}{
		{[]finding.Reason{at("a.py", "line 1: x")}, "1 import leads nowhere that is known: a.py (line 1: x)"},
		{[]finding.Reason{at("sub/pom.xml", "g:a")}, "1 dependency of which it is not known who imports it: sub/pom.xml (g:a)"},
		{[]finding.Reason{at("pom.xml", "g:a"), at("pom.xml", "g:b"), at("", "and 5 more")}, "7 dependencies of which it is not known who imports them: pom.xml (g:a), pom.xml (g:b) and 5 more"},
		{[]finding.Reason{at("pom.xml", "g:a"), at("a.py", "line 1: x")}, "2 imports and dependencies lead nowhere that is known: pom.xml (g:a), a.py (line 1: x)"},
	} {
		if got := gather(c.reasons); len(got) != 1 || got[0].Detail != c.want {
			t.Errorf("%+v, want %s", got, c.want)
		}
	}
}
