package report

import (
	"encoding/json"
	"fmt"
	"reflect"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack/verify"
	"custody/internal/review"
)

// A VerifiedPack is a pack that is intact, and signed by a trusted key.
type VerifiedPack struct {
	Digest        string // of the file
	VerdictDigest string
	Signer        string // name of the key in the trusted keys
	Says          *Document
	Context       *change.Context // nil: the pack has none
	Members       *verify.Members
}

// A Document is what reports need of pack.json. Members of later versions are left out.
type Document struct {
	Schema   string           `json:"schema"`
	ID       string           `json:"id"`
	Door     review.Door      `json:"door"`
	Decision string           `json:"decision"` // "pass", "fail", "incomplete"
	Reasons  []finding.Reason `json:"reasons"`
	Stage    string           `json:"stage"`
	Inputs   struct {
		Base       git.OID                  `json:"base"`
		Head       git.OID                  `json:"head"`
		Ref        string                   `json:"ref"` // escaped
		Day        string                   `json:"day"`
		MergeBases []git.OID                `json:"merge_bases"`
		Files      map[string]review.Digest `json:"files"`
		Waivers    []string                 `json:"waivers"`
		Context    *review.ContextOrigin    `json:"context"`
	} `json:"inputs"`
	About       *review.About     `json:"about"`
	Change      Change            `json:"change"`
	Checks      []finding.Check   `json:"checks"`
	Findings    []finding.Finding `json:"findings"`
	Impact      *Impact           `json:"impact"`
	Attestation *Authorship       `json:"attestation"`
	NotAssessed []finding.Reason  `json:"not_assessed"`
	Controls    []control.Shown   `json:"controls"`
}

// Change is the change in a pack, without what only a review needs.
type Change struct {
	Commits []review.CommitLine `json:"commits"`
	Files   []ChangedFile       `json:"files"`
	Added   int                 `json:"added_lines"`
	Deleted int                 `json:"deleted_lines"`
}

// A ChangedFile is one of them.
type ChangedFile struct {
	Path    string `json:"path"` // escaped
	Added   int    `json:"added_lines"`
	Deleted int    `json:"deleted_lines"`
}

// Impact is whether all that the change reaches is known.
type Impact struct {
	Outcome finding.Outcome  `json:"outcome"`
	Reasons []finding.Reason `json:"reasons"`
}

// Authorship is who or what wrote the change, by class.
type Authorship struct {
	Files []struct {
		Path  string         `json:"path"` // escaped
		Added int            `json:"added"`
		Lines map[string]int `json:"lines"`
	} `json:"files"`
	Summary struct {
		AddedLines int            `json:"added_lines"`
		Lines      map[string]int `json:"lines"`
	} `json:"summary"`
	More attestation.More `json:"more"` // counted and not listed
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
	p := &VerifiedPack{Digest: result.PackDigest, Says: &Document{}, Members: members}
	if result.Says != nil {
		p.VerdictDigest = result.Says.VerdictDigest
	}
	if result.Signer != nil {
		p.Signer = result.Signer.Name
	}
	if err := change.ExactNames(members[verify.PackJSON], reflect.TypeFor[Document]()); err != nil {
		return nil, fmt.Errorf("the pack %s: %w", name, err)
	}
	if err := json.Unmarshal(members[verify.PackJSON], p.Says); err != nil {
		return nil, fmt.Errorf("the pack %s: %w", name, err)
	}
	if text := members[verify.Context]; string(text) != "null" {
		if p.Context, err = change.ParseContext(text); err != nil {
			return nil, fmt.Errorf("the context in the pack %s: %w", name, err)
		}
	}
	return p, nil
}
