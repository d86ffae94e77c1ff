// Package attestation establishes who or what wrote a change: evidence in, an
// authorship class out, for every commit, file and added line.
//
// It promises that absence of evidence is never read as a human hand, that an
// identity counts only by exact match, and that every class comes with the evidence
// that decided it. It reads no network, no clock and no file: commits, notes and
// documents are given to it.
package attestation

import (
	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// A Class says who or what wrote something. The zero value is Unknown.
type Class string

const (
	AIVerified    Class = "ai-verified"
	AIDeclared    Class = "ai-declared"
	HumanAttested Class = "human-attested"
	HumanDeclared Class = "human-declared"
	Mixed         Class = "mixed"
	Unknown       Class = "unknown"
	Conflict      Class = "conflict"
)

// Classes lists every class in the order in which it is shown.
var Classes = []Class{AIVerified, AIDeclared, Mixed, HumanAttested, HumanDeclared, Unknown, Conflict}

// IsAI says whether an agent wrote it, in whole or in part.
func (c Class) IsAI() bool { return c == AIVerified || c == AIDeclared || c == Mixed }

// Strength grades evidence from "A" (a signature that verifies under a trusted key)
// to "F" (advisory: a branch name). See docs/authorship.md.
type Strength string

// A Report is the document custody/attestation/v1.
type Report struct {
	Schema   string            `json:"schema"`
	Commits  []Commit          `json:"commits"`
	Files    []File            `json:"files"`
	Summary  Summary           `json:"summary"`
	Findings []finding.Finding `json:"findings"`
	Outcome  finding.Outcome   `json:"outcome"` // NotAssessed when commits or lines could not be read
	Reasons  []finding.Reason  `json:"reasons"` // why; "lines-older" is a note that does not speak against the outcome

	// Evidence is about the change as a whole, strength F all of it: the name of its
	// branch, and the files by which agents are told what to do. It decides nothing.
	Evidence []Evidence `json:"evidence,omitempty"`

	// More is what a pack counts and does not list; a report on its own lists all.
	More *More `json:"more,omitempty"`

	// NotesAt are the commits of the refs whose notes were read.
	NotesAt map[string]git.OID `json:"notes_at,omitempty"`

	// Claim is what .ai-attestation.yaml says and whether that holds; nil when the
	// change has no such file on either side.
	Claim *claim.Report `json:"claim,omitempty"`
}

// More counts what stands in no list of a report because it would be too long.
type More struct {
	Commits  int `json:"commits,omitempty"`
	Files    int `json:"files,omitempty"`
	Findings int `json:"findings,omitempty"`
}

// ReportSchema is the value of Report.Schema.
const ReportSchema = "custody/attestation/v1"

// A Commit and what is known of its origin.
type Commit struct {
	SHA      git.OID    `json:"sha"`
	Class    Class      `json:"class"`
	Agents   []Agent    `json:"agents"`
	Evidence []Evidence `json:"evidence"` // strongest first
	People   []string   `json:"people"`   // "Name <email>" of accountable people: author, committer, co-authors that are no agent

	// Drivers are the people who had an agent write the commit: its author, the human
	// co-authors of an agent's own commit, those whom a note names. All are among People.
	Drivers []string `json:"drivers,omitempty"`
	// Sessions are the agents' own names for what they did: ids and addresses.
	Sessions []string `json:"sessions,omitempty"`

	// Automation is the deterministic tool that authored the commit ("dependabot"),
	// empty otherwise. It decides nothing about the class.
	Automation string `json:"automation,omitempty"`

	wide    []Evidence                 // what is said of the commit as a whole
	pieces  []*piece                   // what is said of some of its lines
	cells   map[change.Path][]lineCell // both together, for the files that pieces are about
	noted   bool                       // git-ai left a note on it
	own     ownLines                   // lines that it added; read only where there are pieces
	budget  *budget
	unshown int  // pieces of evidence that were counted and not kept
	cut     bool // its message holds more attribution than is read
}

// An Agent that took part.
type Agent struct {
	ID    string `json:"id"` // "claude-code", "copilot", ...
	Model string `json:"model,omitempty"`
}

// Evidence is one observed fact.
type Evidence struct {
	Source   string   `json:"source"`   // "author", "committer", "trailer", "message", "header", "note", "trace", "signature", "signed-statement", "forge-author", "forge-committer", "statement", "branch", "configuration", "limit"
	Strength Strength `json:"strength"` // "A" to "F"
	Class    Class    `json:"class"`    // what it speaks for
	Agent    string   `json:"agent,omitempty"`
	Model    string   `json:"model,omitempty"`
	Session  string   `json:"session,omitempty"`
	Scope    string   `json:"scope"`  // "commit:<sha>", "file:<path>" of the commit's own version, "change"
	Detail   string   `json:"detail"` // what was seen, at most 200 bytes, printable
	Role     Role     `json:"role,omitempty"`
}

// A Role is the part that evidence has in a class. Most supports, or says nothing.
type Role string

const (
	Decides     Role = "decides"     // the strongest, for which the class stands
	Contradicts Role = "contradicts" // says otherwise
)

// A File of the change and its added lines by class.
type File struct {
	Path  string        `json:"path"` // escaped
	Added int           `json:"added"`
	Lines map[Class]int `json:"lines"` // sums to Added
	Hunks []Hunk        `json:"hunks,omitempty"`
}

// A Hunk is a run of added lines of a file at head, and who wrote them.
type Hunk struct {
	Start    int           `json:"start"`
	Lines    int           `json:"lines"`
	Class    Class         `json:"class"`
	By       map[Class]int `json:"by,omitempty"`      // its lines, where they are of several classes
	Commits  []git.OID     `json:"commits,omitempty"` // that wrote them, in order of lines, at most 16
	Agents   []Agent       `json:"agents,omitempty"`
	Sessions []string      `json:"sessions,omitempty"`
	Evidence *Evidence     `json:"evidence,omitempty"` // what decided
	Against  *Evidence     `json:"against,omitempty"`  // the strongest of what says otherwise
}

const maxHunkCommits = 16

// Summary adds up the files.
type Summary struct {
	AddedLines int           `json:"added_lines"`
	Lines      map[Class]int `json:"lines"`
	AIPermille *int          `json:"ai_permille"` // null when no line was added

	// The two parts of AIPermille: agents' lines of class ai-verified, and all others,
	// which are declared.
	VerifiedPermille *int `json:"ai_verified_permille,omitempty"`
	DeclaredPermille *int `json:"ai_declared_permille,omitempty"`
	MoreHunks        int  `json:"more_hunks,omitempty"` // that are counted and not listed
}
