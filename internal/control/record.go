package control

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// fieldNames are the words under which a field of the record may stand, in a heading
// or before a colon: letters alone, in lower case.
var fieldNames = map[string]config.RecordField{
	"reason": config.FieldReason, "why": config.FieldReason, "motivation": config.FieldReason, "description": config.FieldReason, "summary": config.FieldReason,
	"securityimpact": config.FieldSecurity, "impactonsecurity": config.FieldSecurity, "securityconsiderations": config.FieldSecurity,
	"testing": config.FieldTesting, "tests": config.FieldTesting, "tested": config.FieldTesting, "testplan": config.FieldTesting, "howtested": config.FieldTesting,
	"securecoding": config.FieldSecureCoding, "secureprogramming": config.FieldSecureCoding, "codesecurity": config.FieldSecureCoding,
	"rollback": config.FieldRollBack, "rollbackplan": config.FieldRollBack, "backout": config.FieldRollBack, "backoutplan": config.FieldRollBack, "howtorevert": config.FieldRollBack,
}

// changeRecord asks that the record of the change says everything that was asked for.
// The fields are those of PCI DSS 4.0.1, 6.5.1. What it says is the author's word;
// approval and testing are facts where the context has them.
func (e *evaluation) changeRecord(r config.LayeredRule, files []touched) answer {
	var a answer
	var outcomes []finding.Outcome
	said, unsure := e.said()
	var missing []string
	for _, f := range r.Fields {
		var one answer
		switch f {
		case config.FieldApproval:
			one = e.approvals(r, files)
			a.counted = one.counted
		case config.FieldTesting:
			one = e.tested()
		case config.FieldReason:
			one = e.ticket()
		}
		if where := said[f]; where != "" && f != config.FieldApproval {
			one = answered(finding.Satisfied, ReasonCounted, "%s: %s", f, where)
		}
		if one.outcome != finding.Satisfied && f != config.FieldApproval {
			switch {
			case unsure != "":
				one = answered(finding.NotAssessed, ReasonContextPart, "%s: not found, and %s", f, unsure)
			case one.outcome == finding.NotAssessed && len(one.reasons) > 0:
			default:
				one = answer{outcome: finding.NotSatisfied}
				missing = append(missing, string(f))
			}
		}
		outcomes, a.unsure = append(outcomes, one.outcome), a.unsure || one.unsure || one.outcome == finding.NotAssessed
		a.reasons = append(a.reasons, one.reasons...)
		a.found = append(a.found, one.found...)
	}
	if len(missing) > 0 {
		a.found = append(a.found, scoped{Finding: finding.Finding{
			Message: "the record of the change does not say: " + strings.Join(missing, ", "),
			Remedy:  fmt.Sprintf("Write it into the text of the change, such as %q, or as a trailer of a commit.", fieldExample(missing[0])),
			Who:     "the author of the change",
		}})
	}
	a.outcome = finding.Worst(outcomes...)
	return a
}

func fieldExample(f string) string {
	name := strings.ReplaceAll(f, "-", " ")
	return strings.ToUpper(name[:1]) + name[1:] + ": ..."
}

// ticket is the reason as a fact of the context.
func (e *evaluation) ticket() answer {
	if e.Context == nil || e.Context.Change == nil || e.Context.Change.Reason == nil {
		return answer{}
	}
	for _, t := range e.Context.Change.Reason.Tickets {
		if strings.TrimSpace(t) != "" {
			return answered(finding.Satisfied, ReasonCounted, "reason: ticket %s", clip(t))
		}
	}
	return answer{outcome: finding.NotSatisfied}
}

// tested is the testing as a fact: each check on the head succeeded, and there is one.
func (e *evaluation) tested() answer {
	if e.Context == nil || e.Context.Checks == nil {
		return answer{}
	}
	runs := map[config.CheckRun][]change.CheckRun{}
	at := map[string]bool{}
	for _, c := range e.Context.Checks {
		switch {
		case c.Name == "" || c.App == "" || c.Head == "":
			return answer{} // it may be a run of any of them
		case e.ranOnIt(c.Head):
			key := config.CheckRun{Name: c.Name, App: c.App}
			runs[key] = append(runs[key], c)
		}
	}
	for _, of := range runs {
		of = e.onHead(of)
		at[e.ranAt(of[0].Head)] = true
		if last, _ := lastRun(of); last.Conclusion != "success" {
			return answer{outcome: finding.NotSatisfied}
		}
	}
	if len(runs) == 0 {
		return answer{outcome: finding.NotSatisfied}
	}
	return answered(finding.Satisfied, ReasonCounted, "testing: %s on %s", plural(len(runs), "check succeeded", "checks succeeded"), strings.Join(slices.Sorted(maps.Keys(at)), " and on "))
}

// said finds the fields that the text of the change or a trailer of a commit fills in,
// and where. unsure says why more may be said than could be read.
func (e *evaluation) said() (said map[config.RecordField]string, unsure string) {
	said = map[config.RecordField]string{}
	switch {
	case e.Context == nil:
		unsure = "no context was given"
	case e.Context.Change == nil || e.Context.Change.Reason == nil || e.Context.Change.Reason.Text == nil:
		unsure = "the context has no text of the change (`change.reason.text`)"
	case int64(len(*e.Context.Change.Reason.Text)) > e.Limits.ReasonBytes:
		unsure = fmt.Sprintf("the text of the change is over the limit of %d bytes", e.Limits.ReasonBytes)
	default:
		for f, text := range recordFields(*e.Context.Change.Reason.Text) {
			if fills(f, text) {
				said[f] = fmt.Sprintf("the text of the change says %q", clip(text))
			}
		}
	}
	if why, whole := commitsWhole(e.Change); !whole && unsure == "" {
		unsure = why
	}
	for _, c := range e.Change.Commits {
		for _, t := range c.Trailers {
			if f, ok := fieldNames[letters(t.Key)]; ok && said[f] == "" && fills(f, t.Value) {
				said[f] = fmt.Sprintf("commit %s says %q", c.ID.Short(), clip(t.Value))
			}
		}
	}
	return said, unsure
}

var comments = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<!--.*?(-->|$)`) })

// recordFields takes a text apart at headings ("## Roll-back") and at lines such as
// "Roll-back: how". What stands in comments of a template says nothing.
func recordFields(text string) map[config.RecordField]string {
	out := map[config.RecordField]string{}
	var at config.RecordField
	for line := range strings.Lines(comments().ReplaceAllString(text, "")) {
		line = strings.TrimSpace(line)
		heading := strings.HasPrefix(line, "#") || strings.HasPrefix(line, "**") && strings.HasSuffix(strings.TrimSuffix(line, ":"), "**")
		name, rest, colon := strings.Cut(line, ":")
		if heading {
			name, rest = line, ""
			if n, r, ok := strings.Cut(line, ":"); ok && fieldNames[letters(line)] == "" {
				name, rest = n, r
			}
		}
		if f, ok := fieldNames[letters(name)]; ok && (heading || colon) && len(name) < 60 {
			at = f
			line = strings.Trim(rest, " *")
		} else if heading {
			at = ""
		}
		if at != "" && line != "" {
			out[at] = strings.TrimSpace(out[at] + " " + line)
		}
	}
	return out
}

// letters of a name, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}, s)
}

// nothing are words that fill a field and say nothing.
var nothing = map[string]bool{"": true, "na": true, "tbd": true, "todo": true, "none": true, "no": true, "nil": true, "x": true, "xxx": true, "fixme": true, "seeabove": true, "asabove": true, "notapplicable": true, "unknown": true, "later": true}

// fills says whether a text fills a field. That a change has no impact on security is
// an answer; that there is no way back, or no reason, is none.
func fills(f config.RecordField, text string) bool {
	word := letters(text)
	if f == config.FieldSecurity && (word == "none" || word == "no") {
		return true
	}
	return !nothing[word] || strings.ContainsFunc(text, isOtherLetter)
}

// isOtherLetter says whether somebody writes in another script.
func isOtherLetter(r rune) bool { return r > 0x2ff && r < 0x2000 || r > 0x2e7f && r < 0xfe00 }
