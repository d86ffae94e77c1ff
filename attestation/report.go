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

	// Claim is what .ai-attestation.yaml says and whether that holds; nil when the
	// change has no such file on either side.
	Claim *claim.Report `json:"claim,omitempty"`
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

	// Automation is the deterministic tool that authored the commit ("dependabot"),
	// empty otherwise. It decides nothing about the class.
	Automation string `json:"automation,omitempty"`

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
	Source   string   `json:"source"`   // "author", "committer", "trailer", "message", "forge-author", "forge-committer", "statement", "limit"
	Strength Strength `json:"strength"` // "A" to "F"
	Class    Class    `json:"class"`    // what it speaks for
	Agent    string   `json:"agent,omitempty"`
	Model    string   `json:"model,omitempty"`
	Scope    string   `json:"scope"`  // "commit:<sha>", "file:<path>", "change"
	Detail   string   `json:"detail"` // what was seen, at most 200 bytes, printable
}

// A File of the change and its added lines by class.
type File struct {
	Path  string        `json:"path"` // escaped
	Added int           `json:"added"`
	Lines map[Class]int `json:"lines"` // sums to Added
}

// Summary adds up the files.
type Summary struct {
	AddedLines int           `json:"added_lines"`
	Lines      map[Class]int `json:"lines"`
	AIPermille *int          `json:"ai_permille"` // null when no line was added
}
