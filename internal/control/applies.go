package control

import (
	"cmp"
	"slices"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// touched is one file of the change and where it stood before.
type touched struct {
	change.File
	escaped string // Path, as reports write it
	// judges says which file that judges changes it is or was (at judgesAt), or "".
	judges   string
	judgesAt change.Path
	// linesTell says that the file's added lines say everything about who changed it:
	// nothing was only deleted, moved, left unread or switched in mode.
	linesTell bool
}

func touchedFiles(c *change.Change, judge *config.Effective) []touched {
	files := make([]touched, len(c.Files))
	for i, f := range c.Files {
		// Lines that are gone without as many in their place may be another's work than
		// those that stand there now.
		deletes := func(h change.Hunk) bool { return h.Lines < h.OldLines }
		stays := f.Status == change.Added || f.Status == change.Modified && f.Mode == f.OldMode
		t := touched{File: f, escaped: f.Path.Escaped(), linesTell: f.Added > 0 && f.Unread == "" && !f.SubmoduleChanged &&
			stays && !slices.ContainsFunc(f.Hunks, deletes)}
		for _, p := range t.paths() {
			if t.judges == "" {
				t.judges, t.judgesAt = judge.JudgeFile(p), p
			}
		}
		files[i] = t
	}
	return files
}

// matches says whether a rule of these paths is about the file.
func (t touched) matches(globs []config.Glob) bool {
	return len(globs) == 0 || config.Concerns(globs, t.Path, t.SubmoduleChanged) || t.OldPath != "" && config.Concerns(globs, t.OldPath, t.SubmoduleChanged)
}

// kept are the files for which keep is true.
func kept(files []touched, keep func(touched) bool) []touched {
	var some []touched
	for _, t := range files {
		if keep(t) {
			some = append(some, t)
		}
	}
	return some
}

// filesWhole says whether the list of changed files is complete; if not, why.
func filesWhole(c *change.Change) (string, bool) {
	if len(c.MergeBases) == 0 && !c.FromNothing() {
		return "base and head have no common commit", false
	}
	for _, l := range c.Limits {
		if l.What == change.ManyBases {
			return "no one of several merge bases shows the whole change", false
		}
		if l.What != "commits" && l.What != "trailers" && l.What != "lines" {
			return "the change has more " + l.What + " than are read", false
		}
	}
	return "", true
}

// commitsWhole says whether the list of commits is complete; if not, why.
func commitsWhole(c *change.Change) (string, bool) {
	if c.Shallow {
		return "history is cut in this repository", false
	}
	for _, l := range c.Limits {
		if l.What == "commits" || l.What == "trailers" {
			return "the change has more " + l.What + " than are read", false
		}
	}
	return "", true
}

// whether a rule is about the change: Satisfied (yes, for files), NotApplicable, or
// NotAssessed (perhaps; it is evaluated as if it were, for files).
type whether struct {
	answer
	files []touched
}

// applies evaluates a rule's `when`. What is uncertain counts as applying.
func (e *evaluation) applies(r config.LayeredRule) whether {
	var w whether
	w.outcome = finding.Satisfied
	w.files = e.touched // shared by all rules: narrowing makes another list
	if len(r.When.Paths) > 0 {
		w.files = kept(e.touched, func(t touched) bool { return t.matches(r.When.Paths) })
	}
	why, whole := filesWhole(e.Change)
	if len(r.When.Paths) > 0 && len(w.files) == 0 {
		if whole {
			return whether{answer: answered(finding.NotApplicable, ReasonPaths, "no changed file is in the rule's paths")}
		}
		w.outcome = finding.NotAssessed
		w.because(ReasonChange, "%s, so it is not known whether the rule's paths were changed", why)
	}
	for _, asked := range e.conditions() {
		a := asked(r, &w)
		if a.outcome == finding.NotApplicable {
			return whether{answer: a}
		}
		w.outcome = finding.Worst(w.outcome, a.outcome)
		w.reasons = append(w.reasons, a.reasons...)
	}
	if len(r.When.Authorship) > 0 {
		e.appliesByAuthor(r, &w, whole)
	}
	return w
}

// appliesByAuthor narrows by classes of authorship, by lines where lines tell, else by
// the classes of the commits.
func (e *evaluation) appliesByAuthor(r config.LayeredRule, w *whether, filesKnown bool) {
	if e.Attestation == nil {
		w.outcome = finding.NotAssessed
		w.because(ReasonNotAttested, "it is not known who or what wrote the change, so the rule counts as applying")
		return
	}
	commits := len(w.files) == 0 // nothing but commits to go by
	for _, t := range w.files {
		file, known := e.lines[t.escaped]
		if !t.linesTell || !known || !classified(file, t) {
			commits = true
		}
		for _, class := range attestation.Classes {
			if file.Lines[class] > 0 && e.Config.Unknown.Counts(class, r.When.Authorship) {
				w.because(ReasonCounted, "%s has %d lines of class %s", t.escaped, file.Lines[class], class)
				return
			}
		}
	}
	if commits {
		for _, c := range e.Attestation.Commits {
			if e.Config.Unknown.Counts(c.Class, r.When.Authorship) {
				w.because(ReasonCounted, "commit %s is of class %s", c.SHA.Short(), className(c.Class))
				return
			}
		}
		if len(e.Attestation.Commits) == 0 && e.Config.Unknown.Counts(attestation.Unknown, r.When.Authorship) {
			w.because(ReasonCounted, "no commit says who wrote the change")
			return
		}
	}
	_, commitsKnown := commitsWhole(e.Change)
	if e.Attestation.Outcome != finding.Satisfied || !commitsKnown || !filesKnown {
		w.outcome = finding.NotAssessed
		w.because(ReasonNotAttested, "it is not known completely who or what wrote the change, so the rule counts as applying")
		return
	}
	if w.outcome == finding.Satisfied {
		*w = whether{answer: answered(finding.NotApplicable, ReasonAuthorship, "nothing in the change is of class %s", config.ClassList(r.When.Authorship))}
	}
}

func linesByFile(r *attestation.Report) map[string]attestation.File {
	if r == nil {
		return nil
	}
	m := make(map[string]attestation.File, len(r.Files))
	for _, f := range r.Files {
		m[f.Path] = f
	}
	return m
}

// classified says whether each line that the change adds to a file has a known class.
func classified(f attestation.File, t touched) bool {
	sum := 0
	for _, class := range attestation.Classes {
		sum += f.Lines[class]
	}
	return sum == f.Added && f.Added == t.Added
}

func className(c attestation.Class) attestation.Class {
	if c == "" {
		return attestation.Unknown
	}
	return c
}

// authorshipLimit asks that at most a share of the added lines is of some classes. A
// change that adds no line is measured by its commits.
func (e *evaluation) authorshipLimit(r config.LayeredRule, files []touched) answer {
	if e.Attestation == nil || e.Attestation.Outcome != finding.Satisfied {
		a := answered(finding.NotAssessed, ReasonNotAttested, "it is not known completely who or what wrote the change")
		if e.Attestation != nil {
			a.reasons = append(a.reasons, e.Attestation.Reasons...)
		}
		return a
	}
	for _, whole := range []func(*change.Change) (string, bool){filesWhole, commitsWhole} {
		if why, ok := whole(e.Change); !ok {
			return answered(finding.NotAssessed, ReasonChange, "%s", why)
		}
	}
	var a answer
	counted, total := 0, 0
	var over []overFile
	for _, t := range files {
		if t.Unread == change.Unreadable || t.Unread == change.TooLarge {
			return answered(finding.NotAssessed, ReasonUnread, "the lines of %s were not read (%s)", t.escaped, t.Unread)
		}
		file := e.lines[t.escaped]
		if !classified(file, t) {
			return answered(finding.NotAssessed, ReasonNotAttested, "the lines of %s have no author", t.escaped)
		}
		n := 0
		for _, class := range attestation.Classes {
			if e.Config.Unknown.Counts(class, r.Classes) {
				n += file.Lines[class]
			}
		}
		total += file.Added
		counted += n
		if n > 0 {
			over = append(over, overFile{t, n})
		}
	}
	a.found = overLimit(over, config.ClassList(r.Classes))
	one, many := "added line is", "added lines are"
	if total == 0 {
		one, many = "commit (no line was added) is", "commits (no line was added) are"
		counted, total, a.found = e.countCommits(r.Classes)
	}
	if total == 0 {
		return answered(finding.NotAssessed, ReasonNotAttested, "the change has neither lines nor commits to go by")
	}
	a.outcome = finding.Satisfied
	a.because(ReasonCounted, "%s of %s of class %s; the policy allows %s", change.Thousands(counted), plural(total, one, many), config.ClassList(r.Classes), r.Share())
	if counted*1000 > *r.MaxPermille*total {
		a.outcome = finding.NotSatisfied
	} else {
		a.found = nil
	}
	return a
}

// An overFile is the lines of a file that an authorship limit counts.
type overFile struct {
	touched
	lines int
}

// maxOver files over an authorship limit have a finding each, those with the most lines.
// The others share one: the limit is on their sum, and who reads of thousands reads none.
const maxOver = 10

func overLimit(over []overFile, classes string) []scoped {
	slices.SortStableFunc(over, func(a, b overFile) int { return cmp.Or(b.lines-a.lines, cmp.Compare(a.Path, b.Path)) })
	about := func(place finding.Place, words string) finding.Finding {
		return finding.Finding{
			Place: place, Message: words + " of class " + classes,
			Remedy: "Say in the commits who or what wrote them (trailers, see docs/authorship.md), or split the change.",
			Who:    "the authors of the commits",
		}
	}
	var found []scoped
	rest, lines := []change.Path(nil), 0
	for i, c := range over {
		if i < maxOver {
			found = append(found, scoped{about(finding.Place{Path: c.escaped}, plural(c.lines, "added line is", "added lines are")), c.paths()})
			continue
		}
		rest, lines = append(rest, c.paths()...), lines+c.lines
	}
	if n := len(over) - maxOver; n > 0 {
		found = append(found, scoped{about(finding.Place{}, plural(lines, "added line", "added lines")+" of "+plural(n, "more file", "more files")+" are"), rest})
	}
	return found
}

func (e *evaluation) countCommits(classes []config.Class) (counted, total int, found []scoped) {
	for _, c := range e.Attestation.Commits {
		total++
		if e.Config.Unknown.Counts(c.Class, classes) {
			counted++
			found = append(found, scoped{Finding: finding.Finding{
				Place:   finding.Place{Commit: c.SHA.String()},
				Message: "the commit is of class " + string(className(c.Class)),
				Remedy:  "Say in the commit who or what wrote it (trailers, see docs/authorship.md).",
				Who:     "the author of the commit",
			}})
		}
	}
	return counted, total, found
}

// paths are the places of a file that a waiver must cover.
func (t touched) paths() []change.Path {
	if t.OldPath != "" && t.OldPath != t.Path {
		return []change.Path{t.OldPath, t.Path}
	}
	return []change.Path{t.Path}
}
