package checks

import (
	"fmt"
	"strings"
	"unicode"

	"custody/internal/change"
	"custody/internal/change/manifest"
	"custody/internal/finding"
)

// A Result collects the answer of one check.
type Result struct {
	def      *Definition
	most     int
	found    []Found
	cut      int           // findings that are only counted
	cutWorst finding.Level // the weightiest of them
	unread   []finding.Reason
	skipped  int // of unread, those not listed
	looked   int
	notes    []finding.Reason
}

// Found is one finding of a check. It must not repeat the content that it is about
// where that is a secret or tells of a person.
type Found struct {
	Rule    string        // the check's own rule, as in its def.yaml
	Level   finding.Level // at most as weighty as this and as the definition says
	Path    change.Path   // empty: the change as a whole
	Start   int           // line at head, from 1; 0: the file as a whole
	End     int           // the last line; 0: Start
	Message string        // what is wrong, one sentence without a full stop
	Remedy  string        // default: the rule's or the check's
	More    int           // it stands for so many that are not listed; 0: for itself
	About   []change.Path // what a waiver must cover; default: Path
}

// NewResult is the empty answer of a check.
func NewResult(def *Definition, lim Limits) *Result { return &Result{def: def, most: lim.Findings} }

// Find adds a finding.
func (r *Result) Find(f Found) {
	level, remedy := r.def.Severity, r.def.Remedy
	if own := r.def.rule(f.Rule); own != nil {
		level = own.Level
		if own.Remedy != "" {
			remedy = own.Remedy
		}
	}
	f.Level = max(f.Level, level)
	if len(r.found) >= r.most {
		if r.cut == 0 || f.Level < r.cutWorst {
			r.cutWorst = f.Level
		}
		r.cut++
		return
	}
	if f.Remedy == "" {
		f.Remedy = remedy
	}
	if f.End == 0 {
		f.End = f.Start
	}
	if f.About == nil && f.Path != "" {
		f.About = []change.Path{f.Path}
	}
	f.Message, f.Remedy = sayable(f.Message), sayable(f.Remedy)
	r.found = append(r.found, f)
}

// unreadShown is how many unread files one check lists.
const unreadShown = 5

// Unread says that a file which the check is about was not looked at: then the check
// is not assessed, unless something was found.
func (r *Result) Unread(p change.Path, why string, args ...any) {
	if len(r.unread) >= unreadShown {
		r.skipped++
		return
	}
	r.unread = append(r.unread, finding.Reason{Code: ReasonUnread, Detail: r.def.ID + ": " + sayable(fmt.Sprintf(why, args...)), Path: p.Escaped()})
}

// Missing says that a fact other than a file is not there.
func (r *Result) Missing(why string, args ...any) { r.Unread("", why, args...) }

// Looked says that one more thing of the check's kind was looked at.
func (r *Result) Looked() { r.LookedAt(1) }

// LookedAt says that n more things of the check's kind were looked at.
func (r *Result) LookedAt(n int) { r.looked += n }

// Note says something that decides nothing.
func (r *Result) Note(detail string, args ...any) {
	r.notes = append(r.notes, finding.Reason{Code: ReasonCounted, Detail: r.def.ID + ": " + sayable(fmt.Sprintf(detail, args...))})
}

// Codes of reasons.
const (
	ReasonUnread  = "unread"          // something the check is about was not looked at
	ReasonNothing = "nothing-touched" // there is nothing of what the check is about
	ReasonCounted = "counted"         // figures of the answer
)

// Outcome weighs the answer. Something found of level error decides; else anything
// not looked at makes it not assessed; a change in which nothing is of the check's
// kind is not its business; and only what was looked at is satisfied.
func (r *Result) Outcome() finding.Outcome {
	for _, f := range r.Found() {
		if f.Level == finding.Error {
			return finding.NotSatisfied
		}
	}
	switch {
	case len(r.unread) > 0:
		return finding.NotAssessed
	case r.looked == 0:
		return finding.NotApplicable
	}
	return finding.Satisfied
}

// Unsure says that something was not looked at, whatever else was found.
func (r *Result) Unsure() bool { return len(r.unread) > 0 }

// Found lists the findings, and as the last one how many more there are.
func (r *Result) Found() []Found {
	if r.cut == 0 {
		return r.found
	}
	// About no file in particular, so that a waiver for some files does not cover it.
	return append(r.found[:len(r.found):len(r.found)], Found{
		Level: r.cutWorst, Remedy: oneLine(r.def.Remedy), More: r.cut,
		Message: fmt.Sprintf("%s: %s more than the %d listed", r.def.ID, plural(r.cut, "finding"), r.most),
	})
}

// LookedAtAll is how many things of the check's kind were looked at, and what one of them is.
func (r *Result) LookedAtAll() (n int, unit string) { return r.looked, r.def.Unit }

// FoundAll is how many findings there are, listed or not.
func (r *Result) FoundAll() int { return len(r.found) + r.cut }

// Reasons say why the outcome is what it is.
func (r *Result) Reasons() []finding.Reason {
	reasons := r.unread
	if r.skipped > 0 {
		reasons = append(reasons, finding.Reason{Code: ReasonUnread, Detail: fmt.Sprintf("%s: and %s more", r.def.ID, plural(r.skipped, "file"))})
	}
	switch outcome := r.Outcome(); {
	case outcome == finding.NotApplicable:
		reasons = append(reasons, finding.Reason{Code: ReasonNothing, Detail: r.def.ID + ": " + oneLine(r.def.Nothing)})
	default:
		reasons = append(reasons, finding.Reason{Code: ReasonCounted, Detail: fmt.Sprintf("%s: looked at %s, found %d", r.def.ID, plural(r.looked, r.def.Unit), r.FoundAll())})
	}
	return append(reasons, r.notes...)
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return change.Thousands(n) + " " + one + "s"
}

// sayable is one printable line without what addresses in it keep for who may fetch from there.
// Whatever a check says comes through here, so that none of them has to think of it.
func sayable(s string) string { return oneLine(manifest.Public(s)) }

// Clip is the beginning of a text of a file, as it may stand in what a check says. A password
// goes before the cut: behind it nobody could tell where it ends.
func Clip(s string) string {
	s = manifest.Public(s)
	if len(s) > maxClip {
		return strings.ToValidUTF8(s[:maxClip], "") + "..."
	}
	return s
}

// maxClip is how many bytes are repeated of one text of a file.
const maxClip = 80

// oneLine makes one printable line of any text.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
}
