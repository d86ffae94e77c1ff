package attestation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"custody/internal/change"
	"custody/internal/git"
)

// A Differ says what differs between two commits.
type Differ interface {
	// Diff lists the files that differ from one commit to another, with -U0 hunks and
	// renames followed: at least those whose path in to is wanted. A list that was cut
	// short is an error that wraps ErrDiffCut, an absent object one that wraps
	// git.ErrMissing.
	Diff(ctx context.Context, from, to git.OID, wanted func(change.Path) bool) ([]change.File, error)
}

// ErrDiffCut says that a difference is longer than the Differ's limit.
var ErrDiffCut = errors.New("the difference is over a limit")

// Limits bound the work of attributing lines. A zero field is that of DefaultLimits.
type Limits struct {
	Diffs int // differences asked for: one for every parent of a commit looked at
	Files int // files in all of them
	Spans int // runs of lines that were cut, or put together, on the way

	Cells     int   // runs of lines told apart by evidence, times what speaks of them
	Ranges    int   // ranges of lines in notes, traces and statements
	Notes     int   // commits with notes that may be what a commit was before it was rewritten
	NoteBytes int64 // of all notes, traces and statements together, and of one
	HashBytes int64 // of lines that are held against hashes
	Hunks     int   // listed in a report
}

// Map is the table as a pack records it.
func (l Limits) Map() map[string]int64 {
	return map[string]int64{
		"attestation.diffs": int64(l.Diffs),
		"attestation.files": int64(l.Files),
		"attestation.spans": int64(l.Spans),

		"attestation.cells":      int64(l.Cells),
		"attestation.ranges":     int64(l.Ranges),
		"attestation.notes":      int64(l.Notes),
		"attestation.note_bytes": l.NoteBytes,
		"attestation.hash_bytes": l.HashBytes,
		"attestation.hunks":      int64(l.Hunks),
	}
}

// DefaultLimits suit a change of some thousand commits.
func DefaultLimits() Limits {
	return Limits{
		Diffs: 5_000, Files: 500_000, Spans: 2_000_000,
		Cells: 5_000_000, Ranges: 500_000, Notes: 20_000, NoteBytes: 256 << 20, HashBytes: 64 << 20, Hunks: 5_000,
	}
}

func (l Limits) or(d Limits) Limits {
	return Limits{
		cmp.Or(l.Diffs, d.Diffs), cmp.Or(l.Files, d.Files), cmp.Or(l.Spans, d.Spans),
		cmp.Or(l.Cells, d.Cells), cmp.Or(l.Ranges, d.Ranges), cmp.Or(l.Notes, d.Notes),
		cmp.Or(l.NoteBytes, d.NoteBytes), cmp.Or(l.HashBytes, d.HashBytes), cmp.Or(l.Hunks, d.Hunks),
	}
}

// less allows fewer differences.
func (l Limits) less(diffs int) Limits {
	l.Diffs = max(1, min(l.Diffs, diffs))
	return l
}

// A span is a run of added lines of the change on its way back to the commit that
// wrote them: n lines from cur in the version looked at, from line in the file at head.
type span struct {
	file, line, cur, n int
}

// origin tells where a run of added lines of a file at head comes from.
type origin struct {
	file, line, n int
	commit        git.OID // zero: no commit of the change, for the reason why
	why           string
	path          change.Path // in that commit's version
	cur           int         // and the first line there
}

// Reasons why no commit of the change is known to have written a line.
const (
	whyOlder      = "older"      // written by no commit of the change: it came from the base's side
	whyLimit      = "limit"      // over a limit
	whyUnreadable = "unreadable" // an object on the way is missing, or has no lines
)

// A tracer follows the added lines of a change back through its commits, as git blame
// does: a line belongs to the commit in whose own difference it appears; at a merge,
// to whichever parent has it, the first in order, and only what no parent has is the
// merge's own.
type tracer struct {
	differ   Differ
	limits   Limits
	mine     map[git.OID]bool // commits of the change
	pending  map[git.OID]map[change.Path][]span
	found    []origin
	diffs    int
	files    int
	spans    int
	exceeded bool
}

// traceLines finds the origin of every added line of c.Files, in order of file and
// line.
func traceLines(ctx context.Context, c *change.Change, d Differ, limits Limits) ([]origin, error) {
	t := &tracer{differ: d, limits: limits, mine: map[git.OID]bool{}, pending: map[git.OID]map[change.Path][]span{}}
	for i := range c.Commits {
		t.mine[c.Commits[i].ID] = true
	}
	for i, f := range c.Files {
		for _, h := range f.Hunks {
			if h.Lines > 0 {
				t.pass(c.Head, f.Path, span{file: i, line: h.Start, cur: h.Start, n: h.Lines})
			}
		}
	}
	// Children before parents: all that reaches a commit is there when its turn comes.
	for i := len(c.Commits) - 1; i >= 0; i-- {
		if err := t.visit(ctx, &c.Commits[i].Commit); err != nil {
			return nil, err
		}
	}
	for _, files := range t.pending { // out of order, if ever: never lost
		for _, ss := range files {
			t.settle(ss, "", git.OID{}, whyUnreadable)
		}
	}
	slices.SortFunc(t.found, func(a, b origin) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return t.found, nil
}

// pass hands a run of lines to a commit.
func (t *tracer) pass(to git.OID, p change.Path, s span) {
	if !t.mine[to] {
		t.settle([]span{s}, "", git.OID{}, whyOlder)
		return
	}
	if t.spans++; t.spans > t.limits.Spans {
		t.exceeded = true
		t.settle([]span{s}, "", git.OID{}, whyLimit)
		return
	}
	files := t.pending[to]
	if files == nil {
		files = map[change.Path][]span{}
		t.pending[to] = files
	}
	files[p] = append(files[p], s)
}

func (t *tracer) settle(ss []span, path change.Path, commit git.OID, why string) {
	for _, s := range ss {
		t.found = append(t.found, origin{s.file, s.line, s.n, commit, why, path, s.cur})
	}
}

// visit keeps what is the commit's own and passes the rest to its parents.
func (t *tracer) visit(ctx context.Context, c *git.Commit) error {
	todo := t.pending[c.ID]
	delete(t.pending, c.ID)
	if len(todo) == 0 {
		return nil
	}
	parents := c.Parents // of a root none: then all is the commit's own
	diffs := make([]map[change.Path]*change.File, len(parents))
	why := map[change.Path]string{} // paths that some parent may have, unread
	for i, p := range parents {
		files, reason, err := t.diff(ctx, p, c.ID, todo)
		if err != nil {
			return err
		}
		if reason != "" {
			// What is not in a list that was not read can not be called unchanged.
			for _, ss := range todo {
				t.settle(ss, "", git.OID{}, reason)
			}
			return nil
		}
		diffs[i] = files
		if todo = t.passUnchanged(p, todo, files); len(todo) == 0 {
			return nil
		}
	}
	for i, p := range parents {
		for _, path := range sortedPaths(todo) {
			f := diffs[i][path]
			if f.Unread != "" {
				why[path] = whyUnreadable
				continue
			}
			todo[path] = t.split(f, p, todo[path])
		}
	}
	for path, ss := range todo {
		if why[path] != "" {
			t.settle(ss, "", git.OID{}, why[path])
		} else {
			t.settle(ss, path, c.ID, "")
		}
	}
	return nil
}

// passUnchanged hands the runs of all files that have the same lines in the parent to
// it, and returns those of the others. Most files are not in files at all, and a long
// history hands them on again and again: so the whole map moves where it can, and only
// what has to be put together counts against the limit.
func (t *tracer) passUnchanged(to git.OID, todo map[change.Path][]span, files map[change.Path]*change.File) map[change.Path][]span {
	kept := map[change.Path][]span{}
	type move struct {
		path, old change.Path
	}
	var moved []move
	for path, f := range files {
		ss, ok := todo[path]
		switch {
		case !ok:
		case !sameLines(f):
			kept[path] = ss
			delete(todo, path)
		case oldPath(f, path) != path:
			moved = append(moved, move{path, oldPath(f, path)})
		}
	}
	if !t.mine[to] {
		for _, ss := range todo {
			t.settle(ss, "", git.OID{}, whyOlder)
		}
		return kept
	}
	slices.SortFunc(moved, func(a, b move) int { return cmp.Compare(a.path, b.path) })
	runs := make([][]span, len(moved))
	for i, m := range moved {
		runs[i] = todo[m.path]
		delete(todo, m.path)
	}
	if t.pending[to] == nil {
		t.pending[to] = todo
	} else {
		for _, path := range sortedPaths(todo) {
			t.join(to, path, todo[path])
		}
	}
	for i, m := range moved {
		t.join(to, m.old, runs[i])
	}
	return kept
}

// join hands runs of one file to a commit that may have some of it already.
func (t *tracer) join(to git.OID, path change.Path, ss []span) {
	files := t.pending[to]
	if len(files[path]) == 0 {
		files[path] = ss
		return
	}
	if t.spans += len(ss); t.spans > t.limits.Spans {
		t.exceeded = true
		t.settle(ss, "", git.OID{}, whyLimit)
		return
	}
	files[path] = append(files[path], ss...)
}

// hasOld says whether the lines of f may come from a file of the parent.
func hasOld(f *change.File) bool { return f.Status != change.Added && f.Status != change.TypeChanged }

// sameLines says whether f has the lines of the parent's file: moved, or its mode
// changed.
func sameLines(f *change.File) bool { return hasOld(f) && f.Unread == "" && len(f.Hunks) == 0 }

func oldPath(f *change.File, path change.Path) change.Path {
	if f != nil && f.OldPath != "" {
		return f.OldPath
	}
	return path
}

// split passes to a parent the lines that f leaves alone, and returns the rest.
func (t *tracer) split(f *change.File, parent git.OID, ss []span) []span {
	if !hasOld(f) {
		return ss
	}
	old := oldPath(f, f.Path)
	slices.SortFunc(ss, func(a, b span) int { return cmp.Compare(a.cur, b.cur) })
	var own []span
	first, shift := 0, 0 // first hunk that ends at or behind the span, shift of lines before it
	for _, s := range ss {
		for first < len(f.Hunks) && newEnd(f.Hunks[first]) <= s.cur {
			shift = oldEnd(f.Hunks[first]) - newEnd(f.Hunks[first])
			first++
		}
		sh := shift
		for i := first; s.n > 0; i++ {
			start, end := s.cur+s.n, s.cur+s.n
			if i < len(f.Hunks) {
				start, end = newStart(f.Hunks[i]), newEnd(f.Hunks[i])
			}
			if n := min(start-s.cur, s.n); n > 0 { // before the hunk: the parent's
				t.pass(parent, old, span{s.file, s.line, s.cur + sh, n})
				s = s.skip(n)
			}
			if n := min(end-s.cur, s.n); n > 0 { // in it: not the parent's
				own = append(own, span{s.file, s.line, s.cur, n})
				s = s.skip(n)
			}
			if i < len(f.Hunks) {
				sh = oldEnd(f.Hunks[i]) - newEnd(f.Hunks[i])
			}
		}
	}
	return own
}

func (s span) skip(n int) span { return span{s.file, s.line + n, s.cur + n, s.n - n} }

// The lines of a hunk are [newStart, newEnd); a run of length 0 stands behind its line.
func newStart(h change.Hunk) int {
	if h.Lines == 0 {
		return h.Start + 1
	}
	return h.Start
}

func newEnd(h change.Hunk) int { return newStart(h) + h.Lines }

func oldEnd(h change.Hunk) int {
	if h.OldLines == 0 {
		return h.OldStart + 1
	}
	return h.OldStart + h.OldLines
}

// diff asks for one difference, as far as it touches todo and within the limits. The
// reason is set when there is none to be had.
func (t *tracer) diff(ctx context.Context, from, to git.OID, todo map[change.Path][]span) (map[change.Path]*change.File, string, error) {
	if t.diffs++; t.diffs > t.limits.Diffs || t.exceeded {
		t.exceeded = true
		return nil, whyLimit, nil
	}
	files, err := t.differ.Diff(ctx, from, to, func(p change.Path) bool { return len(todo[p]) > 0 })
	switch {
	case errors.Is(err, ErrDiffCut):
		t.exceeded = true
		return nil, whyLimit, nil
	case errors.Is(err, git.ErrMissing):
		return nil, whyUnreadable, nil
	case err != nil:
		return nil, "", fmt.Errorf("reading what commit %s changed: %w", to, err)
	}
	if t.files += len(files); t.files > t.limits.Files {
		t.exceeded = true
		return nil, whyLimit, nil
	}
	m := make(map[change.Path]*change.File, len(files))
	for i := range files {
		if f := &files[i]; f.Status != change.Deleted {
			m[f.Path] = f
		}
	}
	return m, "", nil
}

func sortedPaths(m map[change.Path][]span) []change.Path {
	ps := make([]change.Path, 0, len(m))
	for p := range m {
		ps = append(ps, p)
	}
	slices.Sort(ps)
	return ps
}
