package control

import (
	"fmt"
	"slices"
	"strconv"

	"custody/internal/change"
	"custody/internal/control/grep"
	"custody/internal/finding"
)

// unreadShown is how many unread files one requirement lists.
const unreadShown = 5

// conclude turns what was found into an outcome.
func (s *search) conclude(files []TreeFile) (a answer) {
	for _, operand := range s.operands {
		if !slices.ContainsFunc(files, func(f TreeFile) bool { return grep.Names(operand, string(f.Path)) }) {
			s.unread = append(s.unread, finding.Reason{Code: ReasonUnread, Detail: "the command names it, and nothing stands there at head", Path: change.Path(operand).Escaped()})
		}
	}
	in := plural(s.selected, "file", "files")
	found := len(s.hits) >= s.least
	switch {
	case found && s.expect == Present:
		a.outcome = finding.Satisfied
		s.list(&a)
	case found:
		a.outcome = finding.NotSatisfied
		s.report(&a)
	case s.selected == 0:
		a.because(ReasonNothingChosen, "the verification selects no file at head, so it proves nothing%s", s.mistake)
		a.reasons = append(a.reasons, s.unread...)
	case len(s.unread) > 0:
		a.because(ReasonUnread, "nothing was found, but not every file was searched; %s", s.narrower())
		a.reasons = append(a.reasons, s.unread...)
		if s.skipped > 0 {
			a.because(ReasonUnread, "and %s", plural(s.skipped, "more file", "more files"))
		}
	case s.expect == Absent:
		a.outcome = finding.Satisfied
		a.because(ReasonCounted, "presence: not found in %s", in)
	default:
		a.outcome = finding.NotSatisfied
		message := fmt.Sprintf("%s: nothing in %s matches %s", s.of.title(), in, s.shownPattern())
		if len(s.hits) > 0 {
			s.list(&a)
			message = fmt.Sprintf("%s: %s in %s match %s, and %d must", s.of.title(), plural(len(s.hits), "line", "lines"), in, s.shownPattern(), s.least)
		} else {
			a.because(ReasonCounted, "presence: not found in %s", in)
		}
		a.found = []scoped{{Finding: s.of.finding(finding.Place{}, message, "Meet the requirement")}}
	}
	return a
}

// narrower says how to search fewer files.
func (s *search) narrower() string {
	if s.of.Check != nil {
		return "narrow the search with paths and exclude"
	}
	return "narrow the search with --include, paths after the pattern, or the requirement's paths"
}

// shownPattern is the pattern as people read it: that of a typed check as it is written there.
func (s *search) shownPattern() string {
	p := clip(s.pattern)
	if s.of.Check != nil && strconv.CanBackquote(p) {
		return "`" + p + "`"
	}
	return strconv.Quote(p)
}

// finding is one about a requirement.
func (r *Requirement) finding(at finding.Place, message, todo string) finding.Finding {
	f := finding.Finding{Rule: string(r.ID), Level: r.Severity, Place: at, Message: message, Remedy: todo + ".", Who: "the authors of the change, or who answers for the requirement"}
	if r.Implementation != "" {
		f.Remedy = todo + ": " + oneLine(r.Implementation)
	}
	if r.Owner != "" {
		f.Who = "the authors of the change, or " + clip(r.Owner)
	}
	return f
}

// report turns hits of something unwanted into findings.
func (s *search) report(a *answer) {
	s.list(a)
	if a.unsure = len(s.unread) > 0; a.unsure {
		a.reasons = append(a.reasons, s.unread...)
	}
	for _, h := range s.hits {
		message := fmt.Sprintf("%s: the line matches %s", s.of.title(), s.shownPattern())
		if h.line.Binary {
			message = fmt.Sprintf("%s: the binary file matches %s", s.of.title(), s.shownPattern())
		}
		at := finding.Place{Path: h.path.Escaped(), StartLine: h.line.Number, EndLine: h.line.Number}
		a.found = append(a.found, scoped{s.of.finding(at, message, "Take it out"), []change.Path{h.path}})
	}
	for _, p := range s.cut {
		message := fmt.Sprintf("%s: more lines of the file match %s than are listed", s.of.title(), s.shownPattern())
		f := s.of.finding(finding.Place{Path: p.Escaped()}, message, "Take them out")
		f.More = 1
		a.found = append(a.found, scoped{f, []change.Path{p}})
	}
	if s.more { // about no file in particular, so that a waiver for some files does not cover it
		message := fmt.Sprintf("%s: and perhaps more; the search ended after %d lines", s.of.title(), len(s.hits))
		a.found = append(a.found, scoped{Finding: s.of.finding(finding.Place{}, message, "Take it out")})
	}
}

// list says where a pattern was found, and in which blob.
func (s *search) list(a *answer) {
	for _, h := range s.hits[:min(len(s.hits), s.shown)] {
		detail := fmt.Sprintf("presence: found in line %d of blob %s", h.line.Number, h.id.Short())
		if h.line.Binary {
			detail = fmt.Sprintf("presence: found in binary blob %s", h.id.Short())
		}
		a.reasons = append(a.reasons, finding.Reason{Code: ReasonCounted, Detail: detail, Path: h.path.Escaped()})
	}
	if n := len(s.hits) - s.shown; n > 0 {
		least := ""
		if len(s.cut) > 0 || s.more {
			least = "at least "
		}
		a.because(ReasonCounted, "presence: found in %s%s", least, plural(n, "more line", "more lines"))
	}
}
