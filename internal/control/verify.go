package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/grep"
	"custody/internal/finding"
	"custody/internal/git"
)

// A search is one requirement's way through the files of head.
type search struct {
	result   *requirementResult
	selected int              // files that the command would read
	unread   []finding.Reason // of these, what was not searched, and operands that are not there
	skipped  int              // of unread, those not listed
	hits     []hit
	shown    int  // of hits, how many are listed with their blob
	done     bool // enough was found
	more     bool // and there may be more than was kept
}

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
func verify(ctx context.Context, in *Input) ([]requirementResult, error) {
	var results []requirementResult
	for _, r := range in.Requirements {
		for i := range r.Controls {
			results = append(results, requirementResult{Requirement: &r.Controls[i], path: r.Path})
		}
	}
	var searches []*search
	for i := range results {
		r := &results[i]
		switch {
		case r.Verification == "":
			r.because(ReasonNoVerification, "the requirement has no verification")
		case r.command == nil:
			r.because(ReasonUnsupported, "%s", refusal(r.refused))
		case in.Head == nil:
			r.because(ReasonUnread, "the files of head were not given")
		default:
			searches = append(searches, &search{result: r, shown: in.Limits.Places})
		}
	}
	if len(searches) == 0 {
		return results, nil
	}
	files, err := in.Head.Files(ctx)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("verifying requirements: %w", ctx.Err())
	}
	if err != nil {
		for _, s := range searches {
			s.result.because(ReasonUnread, "the files of head could not be listed: %s", err)
		}
		return results, nil
	}
	files = slices.SortedFunc(slices.Values(files), func(a, b TreeFile) int { return cmpPath(a.Path, b.Path) })
	if err := (&searcher{in: in, searches: searches}).run(ctx, files); err != nil {
		return nil, fmt.Errorf("verifying requirements: %w", err)
	}
	for _, s := range searches {
		s.conclude(files)
	}
	return results, nil
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
	searches []*search
	bytes    int64
	cost     int64
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
	by []*search
}

func (sr *searcher) wants(f TreeFile) wantedFile {
	w := wantedFile{TreeFile: f}
	for _, s := range sr.searches {
		if !s.done && s.selects(f) {
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
		f.by = slices.DeleteFunc(f.by, func(s *search) bool { return s.done }) // since it was asked for
		if len(f.by) == 0 {
			return nil
		}
		content, why := sr.content(f.TreeFile, data, err)
		for _, s := range f.by {
			sr.look(s, f.TreeFile, content, why)
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
		if !slices.ContainsFunc(sr.searches, func(s *search) bool { return !s.done }) {
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

// look lets one search have one file.
func (sr *searcher) look(s *search, f TreeFile, content []byte, why string) {
	if f.Mode != git.ModeGitlink { // a folder of another repository, not a file
		s.selected++
	}
	if why == "" {
		why = sr.search(s, f, content)
	}
	if why != "" {
		s.missed(f.Path, why)
	}
}

// selects says whether the search is about a file. Symbolic links are not followed,
// which is what grep -r does; with -R they count as unread.
func (s *search) selects(f TreeFile) bool {
	r := s.result
	if len(r.Paths) > 0 && !config.MatchAny(r.Paths, f.Path) && f.Mode != git.ModeGitlink {
		return false
	}
	switch {
	case f.Mode == git.ModeGitlink:
		// Files below a submodule are another repository's: whether the command would
		// read some is answered for any name below.
		return r.command.SelectsBelow(string(f.Path)) && (len(r.Paths) == 0 || config.MatchAny(r.Paths, f.Path))
	case f.Mode == git.ModeSymlink && !r.command.Follow:
		return false
	}
	return r.command.Selects(string(f.Path))
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
	cost := s.result.command.Cost(len(content))
	if sr.cost+cost > sr.in.Limits.Cost {
		return "over the limit of search steps for all files"
	}
	sr.cost += cost
	kept, perFile := sr.in.kept(len(s.hits))
	for _, line := range s.result.command.Find(content, perFile) {
		s.hits = append(s.hits, hit{f.Path, f.ID, line})
	}
	if s.result.Expects() == Present {
		s.done = len(s.hits) > 0
	} else {
		s.more = len(s.hits) >= kept
		s.done = s.more
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
func (s *search) conclude(files []TreeFile) {
	r := s.result
	for _, operand := range r.command.Paths {
		if !slices.ContainsFunc(files, func(f TreeFile) bool { return grep.Names(operand, string(f.Path)) }) {
			s.unread = append(s.unread, finding.Reason{Code: ReasonUnread, Detail: "the command names it, and nothing stands there at head", Path: change.Path(operand).Escaped()})
		}
	}
	found := len(s.hits) > 0
	switch {
	case found && r.Expects() == Present:
		r.outcome = finding.Satisfied
		s.list()
	case found:
		r.outcome = finding.NotSatisfied
		s.report()
	case s.selected == 0:
		r.because(ReasonNothingChosen, "the verification selects no file at head, so it proves nothing%s", s.hint())
		r.reasons = append(r.reasons, s.unread...)
	case len(s.unread) > 0:
		r.because(ReasonUnread, "nothing was found, but not every file was searched; narrow the search with --include, paths after the pattern, or the requirement's paths")
		r.reasons = append(r.reasons, s.unread...)
		if s.skipped > 0 {
			r.because(ReasonUnread, "and %s", plural(s.skipped, "more file", "more files"))
		}
	case r.Expects() == Absent:
		r.outcome = finding.Satisfied
		r.because(ReasonCounted, "presence: not found in %s", plural(s.selected, "file", "files"))
	default:
		r.outcome = finding.NotSatisfied
		r.because(ReasonCounted, "presence: not found in %s", plural(s.selected, "file", "files"))
		r.found = []scoped{{Finding: finding.Finding{
			Rule: string(r.ID), Level: r.Severity,
			Message: fmt.Sprintf("%s: nothing in %s matches %q", r.title(), plural(s.selected, "file", "files"), clip(r.Verification)),
			Remedy:  s.remedy("Meet the requirement"),
			Who:     "the authors of the change, or who answers for the requirement",
		}}}
	}
}

// report turns hits of something unwanted into findings.
func (s *search) report() {
	r := s.result
	s.list()
	for _, h := range s.hits {
		f := finding.Finding{
			Rule: string(r.ID), Level: r.Severity,
			Place:   finding.Place{Path: h.path.Escaped(), StartLine: h.line.Number, EndLine: h.line.Number},
			Message: fmt.Sprintf("%s: the line matches %q", r.title(), clip(r.Verification)),
			Remedy:  s.remedy("Take it out"),
			Who:     "the authors of the change, or who answers for the requirement",
		}
		if h.line.Binary {
			f.Message = fmt.Sprintf("%s: the binary file matches %q", r.title(), clip(r.Verification))
		}
		r.found = append(r.found, scoped{f, []change.Path{h.path}})
	}
	if s.more { // about no file in particular, so that a waiver for some files does not cover it
		r.found = append(r.found, scoped{Finding: finding.Finding{
			Rule: string(r.ID), Level: r.Severity,
			Message: fmt.Sprintf("%s: and perhaps more; the search ended after %d lines", r.title(), len(s.hits)),
			Remedy:  s.remedy("Take it out"),
			Who:     "the authors of the change, or who answers for the requirement",
		}})
	}
}

func (s *search) remedy(todo string) string {
	if how := s.result.Implementation; how != "" {
		return todo + ": " + oneLine(how)
	}
	return todo + "."
}

// list says where a pattern was found, and in which blob.
func (s *search) list() {
	r := s.result
	for _, h := range s.hits[:min(len(s.hits), s.shown)] {
		detail := fmt.Sprintf("presence: found in line %d of blob %s", h.line.Number, h.id.Short())
		if h.line.Binary {
			detail = fmt.Sprintf("presence: found in binary blob %s", h.id.Short())
		}
		r.reasons = append(r.reasons, finding.Reason{Code: ReasonCounted, Detail: detail, Path: h.path.Escaped()})
	}
	if n := len(s.hits) - s.shown; n > 0 {
		r.because(ReasonCounted, "presence: found in %s", plural(n, "more line", "more lines"))
	}
}

func (s *search) hint() string {
	if m := s.result.command.Mistake(); m != "" {
		return "; " + m
	}
	return ""
}
