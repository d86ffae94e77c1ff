package control

import (
	"errors"
	"fmt"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/control/cel"
	"custody/internal/control/document"
	"custody/internal/finding"
	"custody/internal/git"
)

// parsed is a file's documents, or why there are none.
type parsed struct {
	id   git.OID
	path change.Path
	docs []cel.Value
	why  string
}

// documents of a file; several checks ask for them, one behind the other.
func (sr *searcher) documents(f TreeFile, content []byte) *parsed {
	if sr.last.path == f.Path && sr.last.id == f.ID {
		return &sr.last
	}
	sr.last = parsed{id: f.ID, path: f.Path}
	if sr.parsed += int64(len(content)); sr.parsed > sr.in.Limits.DocumentBytes {
		sr.last.why = fmt.Sprintf("over the limit of %d bytes for all documents", sr.in.Limits.DocumentBytes)
		return &sr.last
	}
	docs, err := document.Read(string(f.Path), content)
	if sr.last.docs = docs; err != nil {
		sr.last.why = oneLine(err.Error())
	}
	return &sr.last
}

// stripped is a file without its comments; nil where they are not known.
type stripped struct {
	id      git.OID
	path    change.Path
	content []byte
}

func (sr *searcher) withoutComments(f TreeFile, content []byte) []byte {
	if sr.blank.path == f.Path && sr.blank.id == f.ID {
		return sr.blank.content
	}
	sr.blank = stripped{id: f.ID, path: f.Path}
	if l := lang.ForPath(string(f.Path)); l != nil {
		sr.blank.content, _ = l.Blank(content)
	}
	return sr.blank.content
}

// conditionBudget is how many steps the conditions of each check may take: a share that
// does not depend on who comes first.
func conditionBudget(results []requirementResult, l Limits) int64 {
	checks := int64(0)
	for _, r := range results {
		if r.Check != nil {
			checks += int64(r.Check.leaves)
		}
	}
	return min(l.CheckCost, l.ConditionCost/max(1, checks))
}

// documents asks a condition of every document in some files.
type documents struct {
	of    *Requirement
	check *DataCheck
	left  int64 // steps

	selected int
	asked    int // documents that the condition is about
	unread   []finding.Reason
	skipped  int
	found    []scoped
	more     int // findings that are not kept
}

func (d *documents) selects(f TreeFile) bool { return selectsFile(d.check.Files, d.check.Exclude, f) }
func (d *documents) done() bool              { return false }

func (d *documents) look(sr *searcher, f TreeFile, content []byte, why string) {
	if f.Mode != git.ModeGitlink {
		d.selected++
	}
	if why == "" {
		p := sr.documents(f, content)
		why = p.why
		for i, doc := range p.docs {
			if why == "" {
				why = d.ask(f, i, len(p.docs), doc)
			}
		}
	}
	if why == "" {
		return
	}
	if len(d.unread) >= unreadShown {
		d.skipped++
		return
	}
	d.unread = append(d.unread, finding.Reason{Code: ReasonUnread, Detail: "not assessed: " + why, Path: f.Path.Escaped()})
}

// ask evaluates the condition on one document; a reason when it has no answer.
func (d *documents) ask(f TreeFile, index, of int, doc cel.Value) string {
	values := map[string]cel.Value{"doc": doc, "file": f.Path.Escaped(), "index": int64(index), "values": d.check.values}
	if d.check.when != nil {
		about, why := d.condition(d.check.when, values)
		if why != "" || !about {
			return why
		}
	}
	d.asked++
	holds, why := d.condition(d.check.holds, values)
	if why != "" || holds {
		return why
	}
	if len(d.found) >= hitsKept {
		d.more++
		return ""
	}
	which := "the document"
	if of > 1 {
		which = fmt.Sprintf("document %d", index+1)
	}
	message := fmt.Sprintf("%s: %s does not meet %q", d.of.title(), which, clip(d.check.CEL))
	d.found = append(d.found, scoped{d.of.finding(finding.Place{Path: f.Path.Escaped()}, message, "Meet the requirement"), []change.Path{f.Path}})
	return ""
}

func (d *documents) condition(p *cel.Program, values map[string]cel.Value) (bool, string) {
	holds, cost, err := p.Holds(values, min(d.left, cel.MaxCost))
	d.left -= cost
	var e *cel.EvalError
	if errors.As(err, &e) {
		d.left = max(d.left, 0)
		return false, "the condition has no answer: " + oneLine(e.Message)
	}
	return holds, ""
}

// conclude implements leaf.
func (d *documents) conclude([]TreeFile) (a answer) {
	if d.skipped > 0 {
		d.unread = append(d.unread, finding.Reason{Code: ReasonUnread, Detail: "and " + plural(d.skipped, "more file", "more files")})
	}
	switch {
	case len(d.found) > 0:
		a.outcome, a.found, a.unsure = finding.NotSatisfied, d.found, len(d.unread) > 0
		a.because(ReasonCounted, "%d of %s do not meet the condition", len(d.found)+d.more, plural(d.asked, "document", "documents"))
		if d.more > 0 { // about no file in particular, so that a waiver for some files does not cover it
			message := fmt.Sprintf("%s: and %s", d.of.title(), plural(d.more, "more document", "more documents"))
			a.found = append(a.found, scoped{Finding: d.of.finding(finding.Place{}, message, "Meet the requirement")})
		}
	case d.selected == 0 && len(d.unread) == 0:
		a.because(ReasonNothingChosen, "the check selects no file at head, so it proves nothing")
	case len(d.unread) > 0:
		a.because(ReasonUnread, "not every document could be asked")
	case d.asked == 0:
		a.because(ReasonNothingChosen, "the check is about no document of %s, so it proves nothing", plural(d.selected, "file", "files"))
	default:
		a.outcome = finding.Satisfied
		a.because(ReasonCounted, "the condition holds for %s of %s", plural(d.asked, "document", "documents"), plural(d.selected, "file", "files"))
	}
	a.reasons = append(a.reasons, d.unread...)
	return a
}
