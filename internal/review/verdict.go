package review

import (
	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
)

// A Decision is the answer to "may this change pass its stage?". The zero value is
// Incomplete: only Pass lets a change through.
type Decision uint8

const (
	Incomplete Decision = iota // a rule in force needs a fact that was not assessed
	Fail
	Pass
)

var decisionNames = [...]string{"incomplete", "fail", "pass"}

func (d Decision) String() string { return decisionNames[d] }

// MarshalText writes the decision's name.
func (d Decision) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// A Verdict is the document custody/pack/v1, which becomes pack.json: the decision and
// everything that led to it. Two runs with the same inputs give equal verdicts, except
// for Door.
type Verdict struct {
	Schema      string              `json:"schema"`
	ID          string              `json:"id"` // UUIDv5 of everything but Door and ID; package pack derives it when it encodes
	Door        Door                `json:"door"`
	Decision    Decision            `json:"decision"`
	Reasons     []finding.Reason    `json:"reasons"` // why, most important first
	Stage       change.Stage        `json:"stage"`
	Inputs      Inputs              `json:"inputs"`
	About       *About              `json:"about,omitempty"`
	Change      Summary             `json:"change"`
	Checks      []finding.Check     `json:"checks"`
	Findings    []finding.Finding   `json:"findings"` // every finding: of checks and of the facts
	Impact      *impact.Report      `json:"impact"`
	Attestation *attestation.Report `json:"attestation"`
	NotAssessed []finding.Reason    `json:"not_assessed"` // everything that was skipped, blocking or not

	// Controls are those of the frameworks in scope, and what this review is evidence for.
	Controls []control.Shown `json:"controls,omitzero"`

	// Context is the context document that was judged, canonical, nil for none. It is a
	// member of the pack of its own.
	Context []byte `json:"-"`

	// Holds is the last day on which the head's own files say what they say today, as far as they
	// speak of days; empty where they do not. It is no part of the verdict.
	Holds config.Day `json:"-"`
}

// Schema is the value of Verdict.Schema.
const Schema = "custody/pack/v1"

// Door says through which door the change came. It is the only part of a verdict that
// may differ between two reviews of the same inputs.
type Door struct {
	Name     string `json:"name"`          // "cli", "hook", "app"
	Version  string `json:"version"`       // of the program
	Ref      string `json:"ref,omitempty"` // that the change is for, escaped
	Delivery string `json:"delivery,omitempty"`
	URL      string `json:"url,omitempty"`

	// Mode is what the door does with the verdict: report lets everything through and says it.
	// Absent: it is enforced. A door that has no mode of its own has the floor's.
	Mode config.Mode `json:"mode,omitempty"`
}

// Inputs name, by digest, everything the verdict was derived from.
type Inputs struct {
	ObjectFormat string             `json:"object_format"`
	Base         git.OID            `json:"base"`
	Head         git.OID            `json:"head"`
	Judge        *git.OID           `json:"judge,omitempty"` // where policy and requirements were read; absent: at base
	MergeBases   []git.OID          `json:"merge_bases"`
	Stage        change.Stage       `json:"stage"`
	Ref          string             `json:"ref,omitempty"`     // that the change is for, escaped; absent unless a context was held against it
	Pushers      []change.Pusher    `json:"pushers,omitzero"`  // whom the door saw pushing
	Claims       []change.Claim     `json:"claims,omitzero"`   // what they said about it; nobody verified it, and it decided nothing
	Context      *ContextOrigin     `json:"context,omitempty"` // absent: none was given
	Day          string             `json:"day"`               // "2026-11-23", UTC
	Notes        map[string]git.OID `json:"notes,omitempty"`   // commits of the refs whose notes on commits were read
	Files        map[string]Digest  `json:"files"`             // "policy", "floor", "requirements", "control_matrix", "owners", "context", "key_ring"; absent ones are left out
	Waivers      []string           `json:"waivers"`           // ids in force
	Privacy      *Privacy           `json:"privacy,omitempty"` // absent: people are named as they are written
	Limits       map[string]int64   `json:"limits"`
	Versions     map[string]string  `json:"versions"` // of extractors, the tables of identities and frameworks, the policy format
}

// A Digest is "sha256:" and 64 hex digits.
type Digest string

// Summary is the change in the words of a reviewer.
type Summary struct {
	Commits []CommitLine `json:"commits"`
	Files   []FileLine   `json:"files"`
	Added   int          `json:"added_lines"`
	Deleted int          `json:"deleted_lines"`

	// What is counted and not listed, because the lists would be too long.
	MoreCommits    int `json:"more_commits,omitempty"`
	MoreFiles      int `json:"more_files,omitempty"`
	MoreMechanical int `json:"more_mechanical,omitempty"` // of those files
}

// Files and Commits of a change, listed or not.
func (s *Summary) CountFiles() int   { return len(s.Files) + s.MoreFiles }
func (s *Summary) CountCommits() int { return len(s.Commits) + s.MoreCommits }

// A CommitLine is one commit, as it describes itself.
type CommitLine struct {
	SHA     git.OID `json:"sha"`
	Subject string  `json:"subject"` // printable, at most 200 bytes
	Author  string  `json:"author"`  // "Name <email>", printable
}

// A FileLine is one changed file.
type FileLine struct {
	Path    string        `json:"path"` // escaped
	OldPath string        `json:"old_path,omitempty"`
	Status  change.Status `json:"status"`
	Mode    git.Mode      `json:"mode,omitempty"`
	OldMode git.Mode      `json:"old_mode,omitempty"`
	Added   int           `json:"added_lines"`
	Deleted int           `json:"deleted_lines"`
	Unread  change.Unread `json:"unread,omitempty"`

	Critical   string     `json:"critical,omitempty"`   // the first rule that names its path
	Mechanical Mechanical `json:"mechanical,omitempty"` // why nobody has to read it line by line
}
