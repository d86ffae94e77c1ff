package export

import (
	"testing"

	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/report"
	"custody/internal/review"
)

// A check that is met is direct evidence only where the pack shows all that its control asks
// for; of the rest it is a part, and of what is not met nothing.
func TestPartOfTheEvidence(t *testing.T) {
	v := verdict(review.Pass)
	v.Checks[0].Maps = append(v.Checks[0].Maps, finding.Control{Framework: "iso27001-2022", ID: "A.8.32", Relation: "direct"}, finding.Control{Framework: "nist-ssdf-1.1", ID: "PW.7.2", Relation: "direct"})
	p := open(t, v, nil)
	for i, want := range [][]string{{"direct", "part", "part"}, {"none"}, {"none"}, {"none"}, {"none"}} {
		var got []string
		for _, prop := range controlsOf(p.Says.Checks[i], p.Says) {
			got = append(got, prop.Class)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %q", p.Says.Checks[i].Outcome, got)
		}
		for j := range want {
			if got[j] != want[j] {
				t.Errorf("%s: the class of control %d is %q, want %q", p.Says.Checks[i].Outcome, j, got[j], want[j])
			}
		}
	}

	// .ai-attestation.yaml names the frameworks of which the pack shows a control, and no
	// other to which one satisfied rule maps.
	if s := report.Governance([]*report.VerifiedPack{p}, 0); len(s.Packs) != 1 || s.Packs[0] != "soc2-2017" {
		t.Errorf("governance.packs is %q", s.Packs)
	}
	v = verdict(review.Pass)
	v.Controls[0].Status = control.EvidenceLacks
	if s := report.Governance([]*report.VerifiedPack{open(t, v, nil)}, 0); len(s.Packs) != 0 {
		t.Errorf("governance.packs is %q without evidence for any control", s.Packs)
	}
}
