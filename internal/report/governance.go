package report

import (
	"slices"
	"strings"

	"custody/attestation/claim"
	"custody/internal/control"
	"custody/internal/finding"
)

// Governance is what verified packs say in the words of .ai-attestation.yaml; the first
// is the newest. after is the number of commits by agents that are newer than it.
//
// PASS is a decision pass without a warning, WARN one with some; all else is BLOCK,
// since only a pass lets a change through. The score is the share of rules and
// requirements that are satisfied of those that asked something, rounded down.
func Governance(packs []*VerifiedPack, after int64) *claim.Scan {
	newest := packs[0]
	d := newest.Says
	s := &claim.Scan{Engine: strings.TrimSpace("custody " + d.Door.Version), LastScan: d.Inputs.Day + "T00:00:00Z", Result: "BLOCK", Score: -1, After: after}
	asked, satisfied := int64(0), int64(0)
	for _, c := range d.Checks {
		if c.Kind == finding.Notice || c.Outcome == finding.NotApplicable {
			continue
		}
		asked++
		if c.Outcome == finding.Satisfied {
			satisfied++
		}
	}
	for _, c := range d.Controls { // of which all is there that its row asks for, not the part that one check is
		if c.Status == control.EvidenceShown && !slices.Contains(s.Packs, c.Framework) {
			s.Packs = append(s.Packs, c.Framework)
		}
	}
	slices.Sort(s.Packs)
	if asked > 0 {
		s.Score = satisfied * 100 / asked
	}
	for _, f := range d.Findings {
		switch {
		case f.WaivedBy != "":
		case f.Level == finding.Error:
			s.High += int64(f.Count())
		case f.Level == finding.Warning:
			s.Medium += int64(f.Count())
		default:
			s.Low += int64(f.Count())
		}
	}
	if d.Decision == "pass" {
		s.Result = "PASS"
		if s.High+s.Medium > 0 {
			s.Result = "WARN"
		}
	}
	s.Reviewed = claim.ReviewDone
	for _, p := range packs {
		s.Digests = append(s.Digests, p.Digest)
		switch p.reviewed() {
		case claim.ReviewUnknown:
			if s.Reviewed == claim.ReviewDone {
				s.Reviewed = claim.ReviewUnknown
			}
		case claim.ReviewMissing:
			s.Reviewed = claim.ReviewMissing
		}
	}
	slices.Sort(s.Digests)
	return s
}

// reviewed says whether a person stands for the change who neither asked for it nor wrote one
// of its commits, by the rules that ask for one.
func (p *VerifiedPack) reviewed() claim.Reviewed {
	switch said, _ := p.Approved(); said {
	case ApprovalCounted:
		return claim.ReviewDone
	case ApprovalNone, ApprovalObjected:
		return claim.ReviewMissing
	}
	return claim.ReviewUnknown
}
