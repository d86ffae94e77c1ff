package change

import (
	"cmp"
	"encoding/json"
	"time"
)

// Context is the document custody/context/v1: everything a review needs that is not
// in git. Every part is optional; what is absent is a missing fact, and a rule that
// needs it is not assessed. Slices are nil when absent and non-nil, perhaps empty,
// when their writer looked and found nothing.
type Context struct {
	Schema      string        `json:"schema"`
	Repository  *Repository   `json:"repository,omitempty"`
	Change      *Request      `json:"change,omitempty"`
	Commits     []CommitFacts `json:"commits,omitzero"`
	Reviews     []Review      `json:"reviews,omitzero"`
	Checks      []CheckRun    `json:"checks,omitzero"`
	SARIF       []SARIF       `json:"sarif,omitzero"`
	Waivers     []Waiver      `json:"waivers,omitzero"`
	Merge       *Merge        `json:"merge,omitempty"`
	Deployments []Deployment  `json:"deployments,omitzero"`
	Sources     []Source      `json:"sources,omitzero"`
}

// ContextSchema is the value of Context.Schema.
const ContextSchema = "custody/context/v1"

// PersonType is what the forge says an account is.
type PersonType string

const (
	User         PersonType = "User"
	Bot          PersonType = "Bot"
	App          PersonType = "App"
	Organization PersonType = "Organization"
)

// A Person is an account of the forge. ID is the forge's numeric id as text; it, not
// the login, tells accounts apart.
type Person struct {
	Login string     `json:"login"`
	ID    string     `json:"id"`
	Type  PersonType `json:"type"`
}

// Repository is where the change lives.
type Repository struct {
	Host       string `json:"host,omitempty"`
	Owner      string `json:"owner,omitempty"`
	Name       string `json:"name,omitempty"`
	ID         string `json:"id,omitempty"`
	Visibility string `json:"visibility,omitempty"`
}

// Request is the pull request, merge group or push that asks for the change.
type Request struct {
	Kind        string   `json:"kind,omitempty"` // "pull_request", "merge_group", "push"
	Number      int64    `json:"number,omitempty"`
	Head        string   `json:"head,omitempty"`     // the commit that all of this is about; a signed context needs it
	Proposed    string   `json:"proposed,omitempty"` // the pull request's own commit, where head is what landed, or one that the forge made of it
	Lost        string   `json:"lost,omitempty"`     // the commit that a push moved the target from, where the forge has it no more: what it took away is not known
	Target      string   `json:"target,omitempty"`   // the ref that the change is for, "refs/heads/main"
	Branch      string   `json:"branch,omitempty"`   // that the change comes from, "claude/fix-7"
	Title       string   `json:"title,omitempty"`
	Author      *Person  `json:"author,omitempty"`
	Pushers     []Pusher `json:"pushers,omitzero"`
	Labels      []string `json:"labels,omitzero"`
	Draft       *bool    `json:"draft,omitempty"` // absent: not known
	Reason      *Why     `json:"reason,omitempty"`
	AIStatement string   `json:"ai_statement,omitempty"` // "none", or the agents that helped
	Emergency   *Urgency `json:"emergency,omitempty"`    // absent: nobody declared one
}

// Urgency says that somebody declared a change an emergency, by a label or a command,
// as the forge saw it.
type Urgency struct {
	By         *Person  `json:"by,omitempty"`
	Permission string   `json:"permission,omitempty"` // when they declared it
	Teams      []string `json:"teams,omitzero"`
	At         string   `json:"at,omitempty"`  // RFC 3339
	Via        string   `json:"via,omitempty"` // "label emergency", "command /emergency"
	Reason     string   `json:"reason,omitempty"`
	Target     string   `json:"target,omitempty"` // the ref that the change was for when they did, or "another branch"; absent: not known
	Commit     string   `json:"commit,omitempty"` // the head that they declared it of; absent: not known, and it counts for any
}

// A Pusher is an account that pushed commits of the change, which need not be the one
// that wrote them. From says who saw it, such as "gitlab". What is not known is empty.
type Pusher struct {
	Login string     `json:"login"`
	ID    string     `json:"id"`
	Type  PersonType `json:"type,omitempty"`
	From  string     `json:"from,omitempty"`
}

// Person is the account.
func (p Pusher) Person() Person { return Person{p.Login, p.ID, p.Type} }

// A Claim is what somebody said about a change without any proof, such as by a push
// option. It is shown and decides nothing.
type Claim struct {
	What string `json:"what"` // "ticket", "reason", "waiver"
	Text string `json:"text"` // printable
}

// Why is the reason given for a change.
type Why struct {
	Text    *string  `json:"text,omitempty"` // absent: not known; empty: the change has none
	Tickets []string `json:"tickets,omitzero"`
}

// CommitFacts is what the forge verified of a commit.
type CommitFacts struct {
	SHA       string  `json:"sha"`
	Verified  bool    `json:"verified"` // the forge checked the signature
	Author    *Person `json:"author,omitempty"`
	Committer *Person `json:"committer,omitempty"`
}

// A Review of the change. Of one reviewer the last that is not a mere comment counts.
type Review struct {
	Reviewer   Person   `json:"reviewer"`
	State      string   `json:"state"`            // "approved", "changes_requested", "commented", "dismissed"
	Commit     string   `json:"commit"`           // the commit that was reviewed
	At         string   `json:"at"`               // RFC 3339
	Target     string   `json:"target,omitempty"` // the ref that the change was for when they said so, or "another branch"; absent: not known
	Base       string   `json:"base,omitempty"`   // the commit that the target was at when they said so; absent: not known
	Permission string   `json:"permission,omitempty"`
	Teams      []string `json:"teams,omitzero"`
	// Of one that is dismissed, where the forge tells it: the state that it had, and when it was.
	Was         string `json:"was,omitempty"`
	DismissedAt string `json:"dismissed_at,omitempty"` // RFC 3339
}

// Said is the state that a review has, or had before it was dismissed.
func (r *Review) Said() string { return cmp.Or(r.Was, r.State) }

// StateAt is the state that a review had at an instant, in RFC 3339: one that was dismissed only
// behind it stood. Of the same instant it is not known which came first.
func (r *Review) StateAt(instant string) string {
	at, err := time.Parse(time.RFC3339, instant)
	dismissed, err2 := time.Parse(time.RFC3339, r.DismissedAt)
	if err != nil || err2 != nil || !dismissed.After(at) {
		return r.State
	}
	return r.Said()
}

// AnotherTarget stands for the target of what was said before a change was turned to the
// one that it has now.
const AnotherTarget = "another branch"

// CheckRun is the result of another check on the head.
type CheckRun struct {
	Name       string `json:"name"`
	App        string `json:"app,omitempty"`
	Head       string `json:"head"`
	Conclusion string `json:"conclusion"`
	At         string `json:"at,omitempty"`
}

// SARIF is a scanner's result, bound to the head that was scanned.
type SARIF struct {
	Tool    string `json:"tool"`
	Head    string `json:"head"`
	Digest  string `json:"digest"`
	Results int    `json:"results"`
	// Counts are the results by rule and level; together they are Results.
	Counts []SARIFCount `json:"counts,omitzero"`
}

// UnmarshalJSON tells a missing number of results from none: they are -1 then.
func (s *SARIF) UnmarshalJSON(b []byte) error {
	type plain SARIF
	p := plain{Results: -1}
	err := json.Unmarshal(b, &p)
	*s = SARIF(p)
	return err
}

// A SARIFCount is how many results a rule has at one level.
type SARIFCount struct {
	Rule    string `json:"rule"`
	Level   string `json:"level"` // "none", "note", "warning" or "error"; what a result lacks is its rule's, or "warning"
	Results int    `json:"results"`
}

// A Waiver granted outside of git: a record that a trusted key signed.
type Waiver struct {
	Record    string `json:"record"`    // base64 of the DSSE envelope's payload
	KeyID     string `json:"key_id"`    // hint: which key
	Signature string `json:"signature"` // base64
}

// Merge is how the change landed.
type Merge struct {
	SHA    string  `json:"sha"`
	By     *Person `json:"by,omitempty"`
	At     string  `json:"at,omitempty"`
	Method string  `json:"method,omitempty"`
}

// A Deployment of the change.
type Deployment struct {
	SHA         string  `json:"sha"`
	Environment string  `json:"environment"`
	By          *Person `json:"by,omitempty"`
	At          string  `json:"at,omitempty"`
}

// FetchOf is what a Source is called that tells whether a commit could be fetched which somebody
// approved, or at which the target was when they did.
func FetchOf(commit string) string { return "fetch of commit " + commit }

// A Source says where a part of the context was read, when, and what its bytes were; or
// that it could not be read, and why.
type Source struct {
	What   string `json:"what"`
	From   string `json:"from"`
	At     string `json:"at"`
	Digest string `json:"digest,omitempty"`
	// Missing is why the part is absent, or not complete; empty when all of it was read.
	Missing string `json:"missing,omitempty"`
}
