package config

import (
	"encoding"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"custody/internal/config/yaml"
)

// An Account is one account of a forge: its host in lower case and the forge's numeric
// id, "github.com:1042". A login is none: it can be given up and taken by another.
type Account string

// Host and ID of the account.
func (a Account) Host() string { return string(a[:strings.LastIndexByte(string(a), ':')]) }
func (a Account) ID() string   { return string(a[strings.LastIndexByte(string(a), ':')+1:]) }

// AccountOn is the account with an id on a host.
func AccountOn(host, id string) Account { return Account(strings.ToLower(host) + ":" + id) }

// UnmarshalText accepts host:number.
func (a *Account) UnmarshalText(b []byte) error {
	s := strings.ToLower(string(b))
	i := strings.LastIndexByte(s, ':')
	bad := i <= 0 || strings.ContainsAny(s, " /@\t")
	if !bad {
		id := s[i+1:]
		bad = id == "" || id[0] == '0' || len(id) > 20 || strings.Trim(id, "0123456789") != ""
	}
	if bad {
		return &yaml.ValueError{
			Message: fmt.Sprintf("%q is not an account", clip(string(b))),
			Hint:    "write the forge's host and the numeric id of the account, such as github.com:1042; a login can change hands",
		}
	}
	*a = Account(s)
	return nil
}

// Email is an address in lower case.
type Email string

// UnmarshalText accepts what has one @ within.
func (e *Email) UnmarshalText(b []byte) error {
	s := strings.ToLower(string(b))
	local, host, ok := strings.Cut(s, "@")
	if !ok || local == "" || host == "" || len(s) > 320 || strings.ContainsAny(s, " <>\t") || strings.Contains(host, "@") {
		return &yaml.ValueError{Message: fmt.Sprintf("%q is not an e-mail address", clip(string(b))), Hint: "write it alone, such as ann@example.org"}
	}
	*e = Email(s)
	return nil
}

// A TeamName is organisation/team in lower case.
type TeamName string

// UnmarshalText accepts organisation/team, with or without an @ before it.
func (t *TeamName) UnmarshalText(b []byte) error {
	s := strings.ToLower(strings.TrimPrefix(string(b), "@"))
	org, team, ok := strings.Cut(s, "/")
	if !ok || org == "" || team == "" || len(s) > 200 || strings.ContainsAny(team, "/") || strings.ContainsAny(s, " @\t") {
		return &yaml.ValueError{Message: fmt.Sprintf("%q is not a team", clip(string(b))), Hint: "write organisation/team, such as acme/security"}
	}
	*t = TeamName(s)
	return nil
}

// An OwnerName is an owner as CODEOWNERS has it, in lower case.
type OwnerName string

// UnmarshalText accepts @login, @organisation/team and an address.
func (o *OwnerName) UnmarshalText(b []byte) error {
	s := strings.ToLower(string(b))
	if len(s) < 2 || len(s) > 320 || !strings.Contains(s, "@") || strings.ContainsAny(s, " <>\t#") {
		return &yaml.ValueError{Message: fmt.Sprintf("%q is not an owner", clip(string(b))), Hint: "write it as in CODEOWNERS: @login, @organisation/team or an address"}
	}
	*o = OwnerName(s)
	return nil
}

// A Label of a change. Letters of either case are equal, as they are for the forge.
type Label string

// UnmarshalText accepts one line that is not empty.
func (l *Label) UnmarshalText(b []byte) error {
	s := strings.ToLower(strings.TrimSpace(string(b)))
	if s == "" || len(s) > 200 || strings.ContainsAny(s, "\n\r") {
		return &yaml.ValueError{Message: fmt.Sprintf("%q is not a label", clip(string(b)))}
	}
	*l = Label(s)
	return nil
}

// A ChangeKind is a kind of file that a change touches, or KindOfEmergency.
type ChangeKind string

const (
	OfCode         ChangeKind = "code" // and whatever is none of the others
	OfTests        ChangeKind = "tests"
	OfDocs         ChangeKind = "docs"
	OfDependencies ChangeKind = "dependencies"
	OfConfig       ChangeKind = "config"
	OfPipeline     ChangeKind = "pipeline"
	OfMigration    ChangeKind = "migration"
	OfData         ChangeKind = "data"
	OfEmergency    ChangeKind = "emergency"
)

// UnmarshalText accepts the kinds of changes.
func (k *ChangeKind) UnmarshalText(b []byte) error {
	return oneOf(k, b, "kind of change", OfCode, OfTests, OfDocs, OfDependencies, OfConfig, OfPipeline, OfMigration, OfData, OfEmergency)
}

// A ReasonPlace is where a reason may stand.
type ReasonPlace string

const (
	InTickets ReasonPlace = "tickets"
	InTitle   ReasonPlace = "title"
	InText    ReasonPlace = "text"
	InCommits ReasonPlace = "commits"
)

// ReasonPlaces lists them all, in the order in which they are looked at.
var ReasonPlaces = []ReasonPlace{InTickets, InTitle, InText, InCommits}

// UnmarshalText accepts the four places.
func (p *ReasonPlace) UnmarshalText(b []byte) error {
	return oneOf(p, b, "place", ReasonPlaces...)
}

// A RecordField is one thing that the record of a change says.
type RecordField string

// The six fields of PCI DSS 6.5.1.
const (
	FieldReason       RecordField = "reason"
	FieldSecurity     RecordField = "security-impact"
	FieldApproval     RecordField = "approval"
	FieldTesting      RecordField = "testing"
	FieldSecureCoding RecordField = "secure-coding"
	FieldRollBack     RecordField = "roll-back"
)

// RecordFields lists them all.
var RecordFields = []RecordField{FieldReason, FieldSecurity, FieldApproval, FieldTesting, FieldSecureCoding, FieldRollBack}

// UnmarshalText accepts the six fields.
func (f *RecordField) UnmarshalText(b []byte) error {
	return oneOf(f, b, "field", RecordFields...)
}

// A Deferral says whether a rule waits in an emergency.
type Deferral string

// Defer lets an emergency change land before the rule is satisfied.
const Defer Deferral = "defer"

// UnmarshalText accepts defer.
func (d *Deferral) UnmarshalText(b []byte) error { return oneOf(d, b, "value", Defer) }

// A Pattern is a regular expression of RE2, which takes no more than linear time.
type Pattern string

// maxPattern bounds a pattern, in bytes; maxProgram what it is compiled to.
const (
	maxPattern = 1000
	maxProgram = 5000
)

// UnmarshalText accepts what RE2 compiles, within the limits, and what needs something
// to match: a pattern that matches nothing at all is met by anything.
func (p *Pattern) UnmarshalText(b []byte) error {
	s := string(b)
	refuse := func(why, hint string) error {
		return &yaml.ValueError{Message: fmt.Sprintf("pattern %q %s", clip(s), why), Hint: hint}
	}
	if len(s) > maxPattern {
		return refuse(fmt.Sprintf("is longer than %d bytes", maxPattern), "")
	}
	re, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return refuse("is not one: "+err.Error(), "RE2 has neither lookaround nor back-references")
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return refuse("is too large", "write fewer or smaller repetitions")
	}
	compiled, err := regexp.Compile(s)
	if err != nil {
		return refuse("is not one: "+err.Error(), "")
	}
	if compiled.MatchString("") {
		return refuse("matches an empty text, so anything would do", `ask for something, such as "[A-Z]+-[0-9]+"`)
	}
	*p = Pattern(s)
	return nil
}

// Compile is the pattern, ready to match. A policy that was read has only good ones.
func (p Pattern) Compile() *regexp.Regexp { return regexp.MustCompile(string(p)) }

var (
	_ encoding.TextUnmarshaler = (*Account)(nil)
	_ encoding.TextUnmarshaler = (*Email)(nil)
	_ encoding.TextUnmarshaler = (*TeamName)(nil)
	_ encoding.TextUnmarshaler = (*OwnerName)(nil)
	_ encoding.TextUnmarshaler = (*Label)(nil)
	_ encoding.TextUnmarshaler = (*ChangeKind)(nil)
	_ encoding.TextUnmarshaler = (*ReasonPlace)(nil)
	_ encoding.TextUnmarshaler = (*RecordField)(nil)
	_ encoding.TextUnmarshaler = (*Deferral)(nil)
	_ encoding.TextUnmarshaler = (*Pattern)(nil)
)
