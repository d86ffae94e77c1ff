package review

import (
	"reflect"
	"strings"
	"sync"

	"custody/internal/change"
)

// A content is what a field of a document holds.
type content uint8

const (
	sentence content = iota // words in which people may be named; what the table does not say
	machine                 // an id, a path, a digest or a word of ours: kept
	written                 // a text that people wrote
	person                  // one person: a login, an address, "Name <address>"
	node                    // a node of a graph, which may be an owner
	session                 // the id of an agent's session, which may be any words
	address                 // where something comes from, which may name who may fetch it
	owner                   // a person or a team, as CODEOWNERS writes it
)

// contents says what the text fields of a verdict and of a context hold. A type of its
// own (a stage, a decision, an outcome) is machine. A field that is not here fails
// TestEveryFieldIsKnown.
var contents = sync.OnceValue(func() map[string]content {
	all := map[string]content{}
	put := func(c content, fields ...string) {
		for _, line := range fields {
			typ, names, _ := strings.Cut(line, ": ")
			for name := range strings.FieldsSeq(names) {
				all[typ+"."+name] = c
			}
		}
	}
	put(machine,
		"review.Verdict: Schema ID",
		"review.Door: Name Version Delivery URL",
		"review.Inputs: ObjectFormat Day Waivers",
		"review.ContextOrigin: KeyID Signature",
		"review.About: Repository Kind Author", // see fields
		"review.FileLine: Path OldPath Critical",
		"review.Privacy: Salt",
		"finding.Reason: Code Path",
		"finding.Check: ID Kind Origin Asks Due",
		"finding.Finding: Rule Check WaivedBy",
		"finding.Place: Path Commit",
		"finding.Approval: Commit",
		"finding.Control: Framework ID Relation",
		"control.Shown: Framework Version ID Relation",
		"control.Proof: Type From",
		"finding.Looked: Check Unit",
		"impact.Report: Schema",
		"impact.Changed: Path OldPath Language Skipped",
		"impact.Symbol: Name Kind Change Was",
		"impact.Reached: Path Precision Symbols",
		"impact.Skipped: Path Reason",
		"impact.Package: Ecosystem Name Change Files",
		"impact.Importer: Path",
		"impact.TestRun: Runner Folder Command Tests",
		"impact.Ownership: File",
		"impact.Owner: Changed Reached",
		"impact.Doubt: Path",
		"impact.Risk: Level",
		"impact.RiskReason: Code",
		"impact.Document: Path",
		"impact.Mention: Changed Symbol",
		"impact.Companion: Path With",
		"attestation.Report: Schema",
		"attestation.Agent: ID Model",
		"attestation.Evidence: Source Agent Model Scope",
		"attestation.Commit: Automation",
		"attestation.File: Path",
		"claim.Report: Version Generated Tools",
		"change.Context: Schema",
		"change.Repository: Host Owner Name ID Visibility",
		"change.Request: Kind Head Proposed Lost Target",
		"change.Urgency: Permission Teams At Commit",
		"change.CommitFacts: SHA",
		"change.Review: State Commit At Target Base Permission Teams Was DismissedAt",
		"change.Urgency: Target",
		"change.CheckRun: Head Conclusion At",
		"change.SARIF: Tool Head Digest",
		"change.SARIFCount: Rule Level",
		"change.Waiver: Record KeyID Signature",
		"change.Merge: SHA At Method",
		"change.Deployment: SHA At",
		"change.Source: At Digest",
		"change.Claim: What",
	)
	put(written,
		"review.About: Title Reason",
		"review.CommitLine: Subject",
		"attestation.Evidence: Detail", // a trailer, a line of a message, a signature of git
		"change.Claim: Text",
		"change.Request: Title Branch AIStatement",
		"change.Why: Text",
		"change.Urgency: Reason",
	)
	put(person,
		"review.CommitLine: Author",
		"review.ContextOrigin: Signer",
		"attestation.Commit: People Drivers",
		"finding.Approval: Login",
		"finding.Approvals: Against Unclear",
	)
	put(node, "impact.Reached: Node Via", "impact.Owner: Node", "impact.Document: Node")
	put(session, "attestation.Evidence: Session", "attestation.Commit: Sessions", "attestation.Hunk: Sessions")
	put(owner, "impact.Owner: Name")
	put(address, "impact.Package: From To")
	put(sentence,
		"review.Door: Ref",
		"review.Inputs: Ref",
		"review.ContextOrigin: Why",
		"review.About: Tickets",
		"finding.Reason: Detail",
		"finding.Check: Name",
		"finding.Finding: Message Remedy Who",
		"control.Shown: About Why",
		"control.Proof: Says",
		"impact.Reached: Reason",
		"impact.Skipped: Detail",
		"impact.Package: Unknown",
		"impact.TestPlan: Unknown",
		"impact.Doubt: Why",
		"impact.RiskReason: Detail",
		"impact.Mention: Text Reason",
		"impact.Documents: Limits",
		"change.Request: Labels",
		"change.Why: Tickets",
		"change.Urgency: Via",
		"change.CheckRun: Name App",
		"change.Deployment: Environment",
		"change.Source: What From Missing",
	)
	return all
})

// renamed is a copy of a document with the people in it named otherwise. What it shares
// with the given one is not written to.
func renamed[T any](n *namer, doc T) T {
	n.walk(reflect.ValueOf(&doc).Elem(), machine)
	return doc
}

// walk names the people in a value, which may be set, by what its field holds.
func (n *namer) walk(v reflect.Value, c content) {
	switch v.Kind() {
	case reflect.String:
		if c != machine {
			v.SetString(n.field(v.String(), c))
		}
	case reflect.Pointer:
		if !v.IsNil() && worth(v.Type().Elem(), c) {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			v.Set(own)
			n.walk(own.Elem(), c)
		}
	case reflect.Slice:
		if v.Len() > 0 && worth(v.Type().Elem(), c) {
			own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(own, v)
			v.Set(own)
			for i := range own.Len() {
				n.walk(own.Index(i), c)
			}
		}
	case reflect.Struct:
		if !n.account(v) {
			n.fields(v)
		}
	}
}

func (n *namer) fields(v reflect.Value) {
	t := v.Type()
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
			n.walk(v.Field(i), contentOf(t, f))
		}
	}
	if a, ok := v.Addr().Interface().(*About); ok && a.Author != "" {
		a.Author = n.author(a.Author)
	}
}

func contentOf(t reflect.Type, f reflect.StructField) content {
	elem := f.Type
	for elem.Kind() == reflect.Slice || elem.Kind() == reflect.Pointer {
		elem = elem.Elem()
	}
	if elem.Kind() == reflect.String && elem.PkgPath() != "" {
		return machine
	}
	return contents()[t.String()+"."+f.Name]
}

// worth says whether a value of a type may name anybody.
func worth(t reflect.Type, c content) bool {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct || t.Kind() == reflect.String && c != machine
}

// field is what a text becomes.
func (n *namer) field(s string, c content) string {
	switch {
	case c == written, c == session && strings.ContainsAny(s, " @"):
		return n.text(s)
	case c == person && n.isFull(), c == owner && (n.isFull() || !isPersonsName(s)):
		return s
	case c == person, c == owner:
		return n.name(strings.TrimPrefix(s, "@"))
	case c == address:
		if !n.isFull() {
			s = userInfo.replace(s, func(string) string { return "://" })
		}
		return s
	case c == node:
		if who, ok := strings.CutPrefix(s, "owner:"); ok {
			return "owner:" + n.field(who, owner)
		}
		return s
	}
	return n.sentence(s)
}

// account renames accounts of the forge, as a whole.
func (n *namer) account(v reflect.Value) bool {
	switch p := v.Addr().Interface().(type) {
	case *change.Person:
		if mayBePerson(p.Type) {
			p.Login, p.ID = n.login(p.Login, p.ID), n.id(p.ID)
		}
	case *change.Pusher:
		if mayBePerson(p.Type) {
			p.Login, p.ID = n.login(p.Login, p.ID), n.id(p.ID)
		}
		p.From = n.sentence(p.From)
	default:
		return false
	}
	return true
}
