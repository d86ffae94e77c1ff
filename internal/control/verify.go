package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/control/grep"
	"custody/internal/finding"
	"custody/internal/git"
)

// A leaf is a check that looks at files of head. Each file that it selects is shown to
// it once, or the reason why it can not be.
type leaf interface {
	selects(f TreeFile) bool
	look(sr *searcher, f TreeFile, content []byte, why string)
	done() bool // it wants to see no more
	conclude(files []TreeFile) answer
}

// A plan is a requirement's check on its way to an answer.
type plan struct {
	leaf leaf
	ans  answer // of what looks at no file
	all  []*plan
	any  []*plan
}

// answer puts the parts together.
func (p *plan) answer(files []TreeFile) answer {
	switch {
	case p.leaf != nil:
		return p.leaf.conclude(files)
	case p.all != nil:
		return together(p.all, files, finding.Worst)
	case p.any != nil:
		return together(p.any, files, best)
	}
	return p.ans
}

// together combines the answers of parts. What explains a good whole is said by its good
// parts, and what keeps it from being good by the others.
func together(parts []*plan, files []TreeFile, combine func(...finding.Outcome) finding.Outcome) answer {
	var answers []answer
	var outcomes []finding.Outcome
	for _, p := range parts {
		a := p.answer(files)
		answers, outcomes = append(answers, a), append(outcomes, a.outcome)
	}
	whole := answer{outcome: combine(outcomes...)}
	whole.unsure = slices.Contains(outcomes, finding.NotAssessed) || slices.ContainsFunc(answers, func(a answer) bool { return a.unsure })
	for _, a := range answers {
		if good := whole.outcome == finding.Satisfied; good && a.outcome != finding.Satisfied && a.outcome != finding.NotApplicable {
			continue
		}
		whole.reasons = append(whole.reasons, a.reasons...)
		if whole.outcome == finding.NotSatisfied {
			whole.found = append(whole.found, a.found...)
		}
	}
	return whole
}

// best is the outcome of alternatives: one that is satisfied is enough, and what was not
// looked at may have been satisfied. What does not apply is no alternative.
func best(outcomes ...finding.Outcome) finding.Outcome {
	for _, o := range []finding.Outcome{finding.Satisfied, finding.NotAssessed, finding.NotSatisfied} {
		if slices.Contains(outcomes, o) {
			return o
		}
	}
	return finding.NotApplicable
}

// A search looks for lines.
type search struct {
	of       *Requirement
	command  *grep.Command
	pattern  string // as people wrote it
	expect   Expect
	least    int // lines that must be found of what is present
	strip    bool
	about    func(f TreeFile) bool
	operands []string // that must be there
	mistake  string   // why it probably selects nothing

	selected int              // files that the command would read
	unread   []finding.Reason // of these, what was not searched, and operands that are not there
	skipped  int              // of unread, those not listed
	hits     []hit
	shown    int           // of hits, how many are listed with their blob
	enough   bool          // was found
	cut      []change.Path // files of which not all lines are kept
	more     bool          // and there may be more than was kept, in files that were not searched
}

func (s *search) selects(f TreeFile) bool { return s.about(f) }
func (s *search) done() bool              { return s.enough }

// A hit is one line with a match.
type hit struct {
	path change.Path
	id   git.OID
	line grep.Line
}

// hitsKept is how many lines are kept of what must be absent. One of each file is
// needed, since a waiver covers some files and not others.
const hitsKept = 1000

// hitsCounted is how many are kept where each counts, since a baseline says how many
// stood before.
const hitsCounted = 50_000

// kept is how many lines are kept, and perFile of these how many of one file, when so
// many were found already.
func (in *Input) kept(found int) (all, perFile int) {
	if in.Counting || in.Baseline != nil {
		return hitsCounted, max(1, hitsCounted-found)
	}
	return hitsKept, max(1, in.Limits.Places-found)
}

// unreadShown is how many unread files one requirement lists.
const unreadShown = 5

// verify evaluates every requirement against head. Files are read once, in the order of
// their paths, for all requirements together.
func (e *evaluation) verify(ctx context.Context) ([]requirementResult, error) {
	var results []requirementResult
	for _, r := range e.Requirements {
		for i := range r.Controls {
			results = append(results, requirementResult{Requirement: &r.Controls[i], path: r.Path})
		}
	}
	if len(results) == 0 {
		return nil, nil
	}
	files, unlisted, err := listed(ctx, e.Head)
	if err != nil {
		return nil, fmt.Errorf("verifying requirements: %w", err)
	}
	tree := newArchitecture(files, unlisted == "")
	declared := declared(e.Requirements)
	sr := &searcher{in: &e.Input, conditions: conditionBudget(results, e.Limits)}
	plans := make([]*plan, len(results))
	for i := range results {
		r := &results[i]
		if why, applies := r.applies(tree, declared); !applies {
			r.outcome = finding.NotApplicable
			r.because(ReasonApplies, "%s", why)
			continue
		}
		switch {
		case r.Check != nil:
			plans[i] = e.plan(sr, r, r.Check)
		case r.Verification == "":
			r.because(ReasonNoVerification, "the requirement has no verification")
		case r.command == nil:
			r.because(ReasonUnsupported, "%s", refusal(r.refused))
		default:
			plans[i] = &plan{leaf: e.grepped(r)}
		}
		if plans[i] != nil && unlisted != "" && plans[i].reads() {
			plans[i] = nil
			r.because(ReasonUnread, "%s", unlisted)
		}
		if plans[i] != nil {
			sr.searches = append(sr.searches, plans[i].leaves()...)
		}
	}
	if err := sr.run(ctx, files); err != nil {
		return nil, fmt.Errorf("verifying requirements: %w", err)
	}
	for i, p := range plans {
		if p != nil {
			results[i].answer = p.answer(files)
		}
	}
	return results, nil
}

// listed are the files of a tree in the order of their paths, or says why not.
func listed(ctx context.Context, in checks.Tree) (files []TreeFile, why string, err error) {
	if in == nil {
		return nil, "the files of head were not given", nil
	}
	files, err = in.Files(ctx)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return nil, fmt.Sprintf("the files of head could not be listed: %s", err), nil
	}
	return slices.SortedFunc(slices.Values(files), func(a, b TreeFile) int { return cmpPath(a.Path, b.Path) }), "", nil
}

// leaves are the checks of a plan that look at files.
func (p *plan) leaves() []leaf {
	var all []leaf
	if p.leaf != nil {
		all = append(all, p.leaf)
	}
	for _, sub := range append(slices.Clone(p.all), p.any...) {
		all = append(all, sub.leaves()...)
	}
	return all
}

func (p *plan) reads() bool { return len(p.leaves()) > 0 }

// plan prepares a typed check.
func (e *evaluation) plan(sr *searcher, r *requirementResult, c *Check) *plan {
	switch {
	case c.Text != nil:
		return &plan{leaf: e.textLines(r, c.Text)}
	case c.Data != nil:
		return &plan{leaf: &documents{of: r.Requirement, check: c.Data, left: sr.conditions}}
	case c.Diff != nil:
		return &plan{ans: e.diff(r.Requirement, c.Diff, sr.conditions)}
	case c.SARIF != nil:
		return &plan{ans: e.sarif(r.Requirement, c.SARIF)}
	}
	p := &plan{}
	for i := range c.All {
		p.all = append(p.all, e.plan(sr, r, &c.All[i]))
	}
	for i := range c.Any {
		p.any = append(p.any, e.plan(sr, r, &c.Any[i]))
	}
	return p
}

// grepped is the search of a verification.
func (e *evaluation) grepped(r *requirementResult) *search {
	s := &search{of: r.Requirement, command: r.command, pattern: r.Verification, expect: r.Expects(), least: 1, operands: r.command.Paths, shown: e.Limits.Places}
	if m := r.command.Mistake(); m != "" {
		s.mistake = "; " + m
	}
	s.about = func(f TreeFile) bool {
		if len(r.Paths) > 0 && !config.MatchAny(r.Paths, f.Path) && f.Mode != git.ModeGitlink {
			return false
		}
		switch {
		case f.Mode == git.ModeGitlink:
			// Files below a submodule are another repository's: whether the command would
			// read some is answered for any name below.
			return r.command.SelectsBelow(string(f.Path)) && (len(r.Paths) == 0 || config.MatchAny(r.Paths, f.Path))
		case f.Mode == git.ModeSymlink && !r.command.Follow: // as grep -r; with -R they count as unread
			return false
		}
		return r.command.Selects(string(f.Path))
	}
	return s
}

// textLines is the search of a text check.
func (e *evaluation) textLines(r *requirementResult, t *TextCheck) *search {
	s := &search{of: r.Requirement, command: t.command, pattern: t.Regex, expect: t.expects(), least: max(1, t.MinCount), strip: t.StripComments, shown: e.Limits.Places}
	if t.Value != "" {
		v, _ := r.values.get(string(t.Value))
		s.pattern, _ = v.(string)
	}
	s.about = func(f TreeFile) bool { return selectsFile(t.Paths, t.Exclude, f) }
	return s
}

// selectsFile says whether globs select a file. Links are not followed; a submodule counts
// if something below it may be meant.
func selectsFile(in, out []config.Glob, f TreeFile) bool {
	switch {
	case f.Mode == git.ModeSymlink, config.MatchAny(out, f.Path):
		return false
	case f.Mode == git.ModeGitlink:
		return config.Concerns(in, f.Path, true)
	}
	return config.MatchAny(in, f.Path)
}

func refusal(err error) string {
	var u *grep.Unsupported
	if errors.As(err, &u) && u.Hint != "" {
		return fmt.Sprintf("the verification is not evaluated: %s. %s", u.Reason, u.Hint)
	}
	return fmt.Sprintf("the verification is not evaluated: %s", err)
}

func cmpPath(a, b change.Path) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// A searcher reads files and keeps count of what that costs.
type searcher struct {
	in       *Input
	searches []leaf
	bytes    int64
	cost     int64

	conditions int64    // steps that the conditions of one check may take
	parsed     int64    // bytes of documents
	last       parsed   // the document that was read last, for several checks
	blank      stripped // the same without comments
}

// firstBatch and lastBatch are how many files are asked for at once. The first batches
// are small: what must be present is mostly found soon.
const (
	firstBatch = 16
	lastBatch  = 1024
)

func (sr *searcher) run(ctx context.Context, files []TreeFile) error {
	size := firstBatch
	for len(files) > 0 {
		var batch []wantedFile
		for len(files) > 0 && len(batch) < size {
			if w := sr.wants(files[0]); len(w.by) > 0 {
				batch = append(batch, w)
			}
			files = files[1:]
		}
		if err := sr.readBatch(ctx, batch); err != nil {
			return err
		}
		size = min(2*size, lastBatch)
	}
	return nil
}

// errEnough ends the reading of a batch when no search wants to know more.
var errEnough = errors.New("every search has ended")

// A wantedFile is one that some searches are about.
type wantedFile struct {
	TreeFile
	by []leaf
}

func (sr *searcher) wants(f TreeFile) wantedFile {
	w := wantedFile{TreeFile: f}
	for _, s := range sr.searches {
		if !s.done() && s.selects(f) {
			w.by = append(w.by, s)
		}
	}
	return w
}

// readBatch searches some files, in their order.
func (sr *searcher) readBatch(ctx context.Context, batch []wantedFile) error {
	var ids []git.OID
	for _, f := range batch {
		if f.Mode.IsRegular() {
			ids = append(ids, f.ID)
		}
	}
	take := func(data []byte, err error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := batch[0]
		batch = batch[1:]
		f.by = slices.DeleteFunc(f.by, func(s leaf) bool { return s.done() }) // since it was asked for
		if len(f.by) == 0 {
			return nil
		}
		content, why := sr.content(f.TreeFile, data, err)
		for _, s := range f.by {
			s.look(sr, f.TreeFile, content, why)
		}
		return nil
	}
	others := func() error { // links and submodules, of which nothing is read
		for len(batch) > 0 && !batch[0].Mode.IsRegular() {
			if err := take(nil, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if err := others(); err != nil {
		return err
	}
	err := sr.in.Head.Blobs(ctx, ids, sr.in.Limits.FileBytes, func(_ int, data []byte, err error) error {
		if err := take(data, err); err != nil {
			return err
		}
		if err := others(); err != nil {
			return err
		}
		if !slices.ContainsFunc(sr.searches, func(s leaf) bool { return !s.done() }) {
			return errEnough
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == errEnough {
		return nil
	}
	for err != nil && len(batch) > 0 { // the repository itself failed: nothing more is known
		if failed := take(nil, err); failed != nil {
			return failed
		}
	}
	return nil
}

// look implements leaf.
func (s *search) look(sr *searcher, f TreeFile, content []byte, why string) {
	if f.Mode != git.ModeGitlink { // a folder of another repository, not a file
		s.selected++
	}
	if why == "" && s.strip {
		if content, why = sr.withoutComments(f, content), ""; content == nil {
			why = "its comments can not be told from its code"
		}
	}
	if why == "" {
		why = sr.search(s, f, content)
	}
	if why != "" {
		s.missed(f.Path, why)
	}
}

// content is what is searched of a file that was read, or why nothing is.
func (sr *searcher) content(f TreeFile, data []byte, err error) (content []byte, why string) {
	switch {
	case f.Mode == git.ModeGitlink:
		return nil, "a submodule, whose files are not in this repository"
	case f.Mode == git.ModeSymlink:
		return nil, "a symbolic link"
	case !f.Mode.IsRegular():
		return nil, fmt.Sprintf("no file (mode %s)", f.Mode)
	}
	if sr.bytes >= sr.in.Limits.TotalBytes {
		return nil, fmt.Sprintf("over the limit of %d bytes for all files", sr.in.Limits.TotalBytes)
	}
	var large *git.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, fmt.Sprintf("%d bytes, over the limit of %d", large.Size, large.Limit)
	case err != nil:
		return nil, "could not be read: " + err.Error()
	}
	sr.bytes += int64(len(data))
	switch {
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/")) && len(data) < 1024:
		return nil, "a Git LFS pointer, whose content is not in this repository"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, "UTF-16, in which a pattern of bytes finds nothing"
	}
	return data, ""
}

// search looks for a requirement's pattern in one file; a reason when it did not.
func (sr *searcher) search(s *search, f TreeFile, content []byte) string {
	cost := s.command.Cost(len(content))
	if sr.cost+cost > sr.in.Limits.Cost {
		return "over the limit of search steps for all files"
	}
	sr.cost += cost
	kept, perFile := sr.in.kept(len(s.hits))
	most := max(perFile, s.least-len(s.hits))
	lines := s.command.Find(content, most+1)
	if len(lines) > most {
		lines, s.cut = lines[:most], append(s.cut, f.Path)
	}
	for _, line := range lines {
		s.hits = append(s.hits, hit{f.Path, f.ID, line})
	}
	if s.expect == Present {
		s.enough = len(s.hits) >= s.least
	} else {
		s.more = len(s.hits) >= kept
		s.enough = s.more
	}
	return ""
}

func (s *search) missed(p change.Path, why string) {
	if len(s.unread) >= unreadShown {
		s.skipped++
		return
	}
	s.unread = append(s.unread, finding.Reason{Code: ReasonUnread, Detail: "not searched: " + why, Path: p.Escaped()})
}

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
