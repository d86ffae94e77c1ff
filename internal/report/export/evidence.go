package export

import (
	"cmp"
	"fmt"
	"slices"

	"custody/internal/report"
)

// EvidenceSchema is the value of Evidence.Schema.
const EvidenceSchema = "custody/evidence/v1"

// Evidence is the document custody/evidence/v1: what packs are evidence for, one item for
// each control and change, for tools that collect evidence. An item says that evidence
// for a control was seen in one change, never that the control is met.
type Evidence struct {
	Schema  string         `json:"schema"`
	Items   []EvidenceItem `json:"items"`
	Lacking []EvidenceItem `json:"lacking"` // controls for which a review looked for evidence, and did not find all of it
	// Superseded are the reviews of which nothing is above, since another one of their change
	// counts: the closing one, or the last.
	Superseded int           `json:"superseded,omitempty"`
	Refused    []RefusedFile `json:"refused"` // files that are no pack that counts: nothing of them is above
}

// A RefusedFile is one that does not verify, or could not be read.
type RefusedFile struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// An EvidenceItem is one control in one change.
type EvidenceItem struct {
	ID         string   `json:"id"` // UUIDv5 of verdict, framework and control: the same at every export
	Framework  string   `json:"framework"`
	Version    string   `json:"version"` // the edition
	Control    string   `json:"control"`
	Relation   string   `json:"relation"` // "direct" or "supporting"
	Statement  string   `json:"statement"`
	Types      []string `json:"types"`           // of evidence that were present
	Missing    []string `json:"missing"`         // and those that were not
	Says       []string `json:"says"`            // what was looked for and found, of those types
	From       []string `json:"from"`            // rules and requirements that gave it
	Repository string   `json:"repository"`      // empty: the pack has no context
	Change     string   `json:"change"`          // its number, or the head
	Head       string   `json:"head"`            // commit
	Stage      string   `json:"stage"`           // of the review
	Decision   string   `json:"decision"`        // of the review
	Day        string   `json:"day"`             // of the review
	Pack       string   `json:"pack"`            // digest of the file
	Verdict    string   `json:"verdict"`         // digest
	Signer     string   `json:"signer"`          // name of the trusted key
	Title      string   `json:"title,omitempty"` // of the change
}

// NewEvidence lists what packs are evidence for, in the order of days and controls. A verdict
// is evidence once, however many packs hold it: another key signs the same.
// counts are the verdicts, by digest, of the reviews that count for their changes; nil: all.
func NewEvidence(packs []*report.VerifiedPack, counts map[string]bool, refused []RefusedFile) *Evidence {
	e := &Evidence{Schema: EvidenceSchema, Items: []EvidenceItem{}, Lacking: []EvidenceItem{}, Refused: append([]RefusedFile{}, refused...)}
	slices.SortFunc(e.Refused, func(a, b RefusedFile) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Why, b.Why)) })
	packs = slices.SortedFunc(slices.Values(packs), func(a, b *report.VerifiedPack) int { return cmp.Compare(a.Digest, b.Digest) })
	seen := map[string]bool{}
	for _, p := range packs {
		if seen[p.VerdictDigest] {
			continue
		}
		if seen[p.VerdictDigest] = true; counts != nil && !counts[p.VerdictDigest] {
			e.Superseded++
			continue
		}
		d := p.Says
		for _, c := range d.Controls {
			item := EvidenceItem{
				ID: newID(p.VerdictDigest, "evidence", c.Framework, c.ID), Framework: c.Framework, Version: c.Version, Control: c.ID, Relation: c.Relation,
				Types: []string{}, Missing: []string{}, Says: []string{}, From: []string{},
				Change: d.Inputs.Head.String(), Head: d.Inputs.Head.String(), Stage: d.Stage, Decision: d.Decision, Day: d.Inputs.Day,
				Pack: p.Digest, Verdict: p.VerdictDigest, Signer: p.Signer,
			}
			if a := d.About; a != nil {
				item.Repository, item.Title = a.Repository, a.Title
				if a.Number != 0 {
					item.Change = fmt.Sprint(a.Number)
				}
			}
			for _, proof := range c.Evidence {
				if !proof.Present {
					item.Missing = append(item.Missing, proof.Type)
					continue
				}
				item.Types = append(item.Types, proof.Type)
				item.From = append(item.From, proof.From...)
				if proof.Says != "" {
					item.Says = append(item.Says, proof.Type+": "+proof.Says)
				}
			}
			slices.Sort(item.From)
			item.From = slices.Compact(item.From)
			switch c.Status {
			case "evidence":
				item.Statement = "This change shows evidence for " + c.Framework + " " + c.ID + "."
				e.Items = append(e.Items, item)
			case "no-evidence":
				item.Statement = "This change lacks evidence for " + c.Framework + " " + c.ID + "."
				e.Lacking = append(e.Lacking, item)
			}
		}
	}
	for _, list := range [][]EvidenceItem{e.Items, e.Lacking} {
		slices.SortFunc(list, func(a, b EvidenceItem) int {
			return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Head, b.Head), cmp.Compare(a.Framework, b.Framework), cmp.Compare(a.Control, b.Control), cmp.Compare(a.Pack, b.Pack))
		})
	}
	return e
}
