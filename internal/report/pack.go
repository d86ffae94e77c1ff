package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
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
	} `json:"inputs"`
	About       *review.About     `json:"about"`
	Change      Change            `json:"change"`
	Checks      []finding.Check   `json:"checks"`
	Findings    []finding.Finding `json:"findings"`
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

// Approvers are the accounts of people whose last word on the head is yes, with permission
// to write, and who neither asked for the change nor wrote one of its commits, as the forge
// knows them. Of what has landed only a word from before that counts.
func (p *VerifiedPack) Approvers() []string {
	out := []string{}
	c := p.Context
	if c == nil {
		return out
	}
	var writers []*change.Person
	if c.Change != nil {
		writers = append(writers, c.Change.Author)
	}
	for _, k := range c.Commits {
		writers = append(writers, k.Author, k.Committer)
	}
	wrote := func(who change.Person) bool {
		return slices.ContainsFunc(writers, func(w *change.Person) bool {
			return w != nil && (w.ID != "" && w.ID == who.ID || strings.EqualFold(w.Login, who.Login))
		})
	}
	words := map[string][]change.Review{}
	for _, r := range c.Reviews {
		if r.State != "commented" {
			key := strings.ToLower(r.Reviewer.Login)
			words[key] = append(words[key], r)
		}
	}
	for _, said := range words {
		r, known := lastWord(said)
		if known && p.inTime(r) && config.Permission(r.Permission).AtLeast(config.DefaultPermission) && r.State == "approved" && r.Commit == p.Says.Inputs.Head.String() && r.Reviewer.Type == change.User && !wrote(r.Reviewer) {
			out = append(out, r.Reviewer.Login)
		}
	}
	slices.Sort(out)
	return out
}

// lastWord is the newest of somebody's reviews; known is false where their times do not tell.
func lastWord(said []change.Review) (last change.Review, known bool) {
	var newest time.Time
	for _, r := range said {
		at, err := time.Parse(time.RFC3339, r.At)
		switch {
		case len(said) == 1:
			return r, true
		case err != nil:
			return change.Review{}, false
		case !at.Before(newest):
			known = !at.Equal(newest) || r.State == last.State && r.Commit == last.Commit
			last, newest = r, at
		}
	}
	return last, known
}

// inTime says whether a review was there when the change landed, if it has.
func (p *VerifiedPack) inTime(r change.Review) bool {
	if p.Says.Stage != change.AtRecord.String() {
		return true
	}
	if p.Context.Merge == nil {
		return false
	}
	at, err := time.Parse(time.RFC3339, r.At)
	landed, err2 := time.Parse(time.RFC3339, p.Context.Merge.At)
	return err == nil && err2 == nil && !at.After(landed)
}
