// Package finding holds the words in which every check answers: an Outcome, the
// Reasons for it, and Findings with a Place, a remedy and somebody who can act.
//
// It is the leaf that everybody may import; it imports nothing of Custody. Its one
// promise: no zero value, and no combination of outcomes, turns "we did not look"
// into "all is well".
package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// A Level says how much a finding weighs. The names are those of SARIF 2.1.0
// (section 3.27.10). The zero value is Error: what nobody graded blocks.
type Level uint8

const (
	Error   Level = iota // blocks where the rule is in force
	Warning              // shown, never blocks
	Note                 // for the record
)

var levelNames = [...]string{"error", "warning", "note"}

func (l Level) String() string { return levelNames[l] }

// MarshalText writes the SARIF name of the level.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText accepts exactly error, warning and note.
func (l *Level) UnmarshalText(b []byte) error {
	i, err := nameIndex(levelNames[:], string(b), "level")
	*l = Level(i)
	return err
}

// A Reason says why something is what it is: a code for machines, a sentence for
// people, and the place where it was met, when there is one.
type Reason struct {
	Code   string `json:"code"`             // e.g. "no-policy", "unresolved"
	Detail string `json:"detail,omitempty"` // one sentence, no newline
	Path   string `json:"path,omitempty"`   // escaped repository path
}

// A Place is where a finding points. All of it is optional.
type Place struct {
	Path      string `json:"path,omitempty"`       // escaped repository path
	StartLine int    `json:"start_line,omitempty"` // 1-based, in the file at head
	EndLine   int    `json:"end_line,omitempty"`   // inclusive
	Commit    string `json:"commit,omitempty"`
}

// String is path:line, path or commit, whatever is known.
func (p Place) String() string {
	switch {
	case p.Path != "" && p.StartLine > 0:
		return p.Path + ":" + strconv.Itoa(p.StartLine)
	case p.Path != "":
		return p.Path
	default:
		return p.Commit
	}
}

// A Finding is one thing that somebody should look at.
type Finding struct {
	Rule    string `json:"rule"`            // id of the rule, requirement or built-in check
	Check   string `json:"check,omitempty"` // what of a built-in check found it: "secrets/private-key"
	Level   Level  `json:"level"`
	Place   Place  `json:"place"`
	Message string `json:"message"`          // what is wrong, one sentence
	Remedy  string `json:"remedy,omitempty"` // what to do next
	Who     string `json:"who,omitempty"`    // who can do it

	// More says that this one stands for at least so many that are not listed.
	More int `json:"more,omitempty"`

	// WaivedBy names the waiver that covers the finding, or is "emergency" or "baseline": see Exception.
	WaivedBy string `json:"waived_by,omitempty"`
}

// Count is how many findings it stands for, at least.
func (f Finding) Count() int { return max(1, f.More) }

// Fingerprint identifies a finding over the commits of one change: the rule, the
// path and the message, but no line number, so that it survives lines added above.
func (f Finding) Fingerprint() string {
	h := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Place.Path, f.Message}, "\x00")))
	return hex.EncodeToString(h[:16])
}

// Sort orders findings by weight, then rule, place and message.
func Sort(fs []Finding) {
	slices.SortFunc(fs, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(a.Level, b.Level),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Place.Path, b.Place.Path),
			cmp.Compare(a.Place.StartLine, b.Place.StartLine),
			cmp.Compare(a.Place.Commit, b.Place.Commit),
			cmp.Compare(a.Message, b.Message),
			cmp.Compare(a.Check, b.Check),
			cmp.Compare(a.WaivedBy, b.WaivedBy),
		)
	})
}

// A Control is one identifier of a framework to which a check gives evidence.
type Control struct {
	Framework string `json:"framework"`          // e.g. "soc2-2017"
	ID        string `json:"id"`                 // e.g. "CC8.1"
	Relation  string `json:"relation,omitempty"` // "direct" or "supporting"
}

// Kinds of checks.
const (
	Rule        = "rule"
	Requirement = "requirement"
	Notice      = "notice" // said whatever the policy asks; decides nothing
)

// A Check is one rule or requirement, evaluated once.
type Check struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // Rule, Requirement or Notice
	Name    string    `json:"name"`
	Origin  string    `json:"origin"` // where it was defined: "floor", or a path at base
	Level   Level     `json:"level"`
	Outcome Outcome   `json:"outcome"`
	Reasons []Reason  `json:"reasons"`
	Found   []Finding `json:"findings"`
	Maps    []Control `json:"maps,omitempty"`
	Asks    string    `json:"asks,omitempty"` // the kind of a rule; empty for all else
	// Due is the last day for what an emergency put off, where it is not there, or came later.
	Due string `json:"due,omitempty"`

	// Approvals are those that a rule counted which asks for some, whatever came of it; absent
	// where none were counted.
	Approvals *Approvals `json:"approvals,omitempty"`
	// Looked is what each built-in check of a rule looked at and found; absent for all else.
	Looked []Looked `json:"looked,omitempty"`
}

// Looked is the answer of one built-in check.
type Looked struct {
	Check   string  `json:"check"` // "secrets"
	Outcome Outcome `json:"outcome"`
	At      int     `json:"at"`   // how many things it looked at
	Unit    string  `json:"unit"` // one of them: "added line"
	Found   int     `json:"found"`
	// Whole says that it looked at all that the change has of it, and not only at the files
	// that its rule is about.
	Whole bool `json:"whole"`
}

// Approvals are those of a change that a rule which asks for them counted.
type Approvals struct {
	By []Approval `json:"by"` // one for each person
	// Certain is how many of them count for certain: each author whom the forge does not
	// know may be one of these people, and so may who pushed the change.
	Certain int      `json:"certain"`
	Unclear []string `json:"unclear,omitempty"` // logins of who approved, where a fact is missing that decides whether it counts
	Against []string `json:"against,omitempty"` // logins of who asks for changes
	Enough  bool     `json:"enough"`            // the rule has the approvals that it asks for
	Owners  bool     `json:"owners,omitempty"`  // and those of owners of files that somebody owns
}

// An Approval is that of one person.
type Approval struct {
	Login  string `json:"login"`
	Commit string `json:"commit"` // that they approved: the head, or one that makes the same change
}
