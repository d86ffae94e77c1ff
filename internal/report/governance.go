package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack/verify"
)

// A VerifiedPack is a pack that is intact, and signed by a trusted key.
type VerifiedPack struct {
	Digest string
	Head   git.OID
	doc    packDocument
	facts  *change.Context // nil: the pack has none
}

// packDocument is what the section governance is made from.
type packDocument struct {
	Door     struct{ Name, Version string }
	Decision string
	Inputs   struct {
		Head git.OID
		Day  string
	}
	Checks   []finding.Check
	Findings []finding.Finding
}

// OpenPack verifies a pack and reads what it says. One that is altered, unsigned or of
// somebody unknown is an error: its word is worth no more than the file's own.
func OpenPack(name string, data []byte, check func([]byte) *verify.Result) (*VerifiedPack, error) {
	result := check(data)
	if result.Outcome != finding.Satisfied {
		why := "it could not be verified"
		if n := len(result.Steps); n > 0 {
			why = result.Steps[n-1].Detail
		}
		return nil, fmt.Errorf("the pack %s: %s", name, why)
	}
	members, err := verify.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("the pack %s: %w", name, err)
	}
	p := &VerifiedPack{Digest: result.PackDigest}
	if err := json.Unmarshal(members[verify.PackJSON], &p.doc); err != nil {
		return nil, fmt.Errorf("the pack %s: %w", name, err)
	}
	p.Head = p.doc.Inputs.Head
	if text := members[verify.Context]; string(text) != "null" {
		if p.facts, err = change.ParseContext(text); err != nil {
			return nil, fmt.Errorf("the context in the pack %s: %w", name, err)
		}
	}
	return p, nil
}

// Governance is what verified packs say in the words of .ai-attestation.yaml; the first
// is the newest. after is the number of commits by agents that are newer than it.
//
// PASS is a decision pass without a warning, WARN one with some; all else is BLOCK,
// since only a pass lets a change through. The score is the share of rules and
// requirements that are satisfied of those that asked something, rounded down.
func Governance(packs []*VerifiedPack, after int64) *claim.Scan {
	newest := packs[0]
	d := &newest.doc
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
		for _, m := range c.Maps {
			if c.Outcome == finding.Satisfied && !slices.Contains(s.Packs, m.Framework) {
				s.Packs = append(s.Packs, m.Framework)
			}
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
			s.High++
		case f.Level == finding.Warning:
			s.Medium++
		default:
			s.Low++
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

// reviewed says whether a person approved the head who neither asked for the change nor
// wrote one of its commits, as the forge knows them.
func (p *VerifiedPack) reviewed() claim.Reviewed {
	c := p.facts
	if c == nil || c.Change == nil || c.Change.Author == nil || c.Reviews == nil {
		return claim.ReviewUnknown
	}
	writers := []*change.Person{c.Change.Author}
	for _, k := range c.Commits {
		writers = append(writers, k.Author, k.Committer)
	}
	wrote := func(who change.Person) bool {
		return slices.ContainsFunc(writers, func(w *change.Person) bool {
			return w != nil && (w.ID != "" && w.ID == who.ID || strings.EqualFold(w.Login, who.Login))
		})
	}
	last := map[string]change.Review{}
	for _, r := range c.Reviews {
		if r.State != "commented" {
			last[strings.ToLower(r.Reviewer.Login)] = r
		}
	}
	for _, r := range last {
		if r.State == "approved" && r.Commit == p.Head.String() && r.Reviewer.Type == change.User && !wrote(r.Reviewer) {
			return claim.ReviewDone
		}
	}
	return claim.ReviewMissing
}
