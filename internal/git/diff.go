package git

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// DiffLimits bound a diff. All count; none is a time.
type DiffLimits struct {
	Files     int   // changed paths, before renames are paired
	Lines     int   // added and deleted, of all files
	Bytes     int64 // of the patch that git writes
	FileBytes int64 // of one file: a larger one is not compared line by line
}

// DefaultDiffLimits are those of a review. FileBytes is what git can compare in half a
// gigabyte of memory when every line is empty.
func DefaultDiffLimits() DiffLimits {
	return DiffLimits{Files: 200_000, Lines: 5_000_000, Bytes: 2 << 30, FileBytes: 4 << 20}
}

// Rename detection as git does it by default: half of the content is the same, and
// no looking further than exact copies when there are too many candidates.
const (
	renameSimilarity = "50%"
	renameLimit      = "1000"
)

// A Diff is what differs between two trees.
type Diff struct {
	Files  []FileDiff   // sorted by Path
	Limits []LimitError // what was cut: "files", "lines", "bytes", "depth", "folders", "path bytes"
}

// A FileDiff is one changed file.
type FileDiff struct {
	Path, OldPath string // OldPath of a rename alone; Path of a deleted file is the old one
	Status        byte   // as git: A added, M modified, D deleted, R renamed, T type changed
	OldMode, Mode Mode   // as git compares them; 0 where there is no file
	OldID, ID     OID
	Similarity    int // per cent, of a rename
	Content       Content
	Hunks         []Hunk // none unless Content is ContentLines, and none for a submodule
	Respaced      bool   // the lines of the hunks may differ in space alone; if not, they do not
}

// Content says what is known of a file's lines. The zero value is nothing.
type Content uint8

const (
	ContentLimit   Content = iota // over a limit: not compared
	ContentLines                  // the hunks are all of the difference
	ContentBinary                 // a side has a NUL byte in its first 8000, which is what git calls binary
	ContentMissing                // a side is not in the repository, or damaged
)

// Diff compares two trees, or the trees of two commits, with renames.
//
// Custody finds the changed paths and which blobs are there by itself, then one git
// command pairs renames and finds the lines. A blob that is not there would make git
// give up on everything, so then the rest is asked for by path. A list by git that
// differs from ours is an error. When the list of paths itself is over a limit, no
// lines are looked for.
func (r *Repository) Diff(ctx context.Context, from, to OID, lim DiffLimits) (*Diff, error) {
	return r.DiffListed(ctx, from, to, lim, nil)
}

// DiffListed is Diff, and tells which paths differ as soon as that is known and if no
// limit cuts it: with modes and ids, and without lines, which take git most of the time. At
// first it does so without renames, and a second time, paired, when git has found these; it
// may leave out the second time.
func (r *Repository) DiffListed(ctx context.Context, from, to OID, lim DiffLimits, listed func(files []FileDiff, paired bool)) (*Diff, error) {
	d := differ{r: r, lim: lim, lines: lim.Lines, bytes: lim.Bytes, listed: listed}
	err := d.diff(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("comparing %s with %s: %w", from.Short(), to.Short(), err)
	}
	return d.result(), nil
}

type differ struct {
	r        *Repository
	lim      DiffLimits
	from, to OID // trees

	wanted func(path string) bool // nil: all are
	partly bool                   // files are not all that differ
	listed func([]FileDiff, bool) // see DiffListed; nil: nobody asks

	files  map[string]*fileState // by path
	turned map[string]bool       // paths that are a file on one side, a folder with changes on the other
	infos  map[OID]info          // of every blob in files
	limits []LimitError
	lines  int   // still to spend
	bytes  int64 // the same
	runs   int   // of git diff-tree
}

type fileState struct {
	FileDiff
	gone bool // the source of a rename: part of another file now
}

func (d *differ) diff(ctx context.Context, from, to OID) (err error) {
	if d.from, err = d.r.treeOf(ctx, from); err != nil {
		return err
	}
	if d.to, err = d.r.treeOf(ctx, to); err != nil {
		return err
	}
	changes, limits, err := d.r.treeDiff(ctx, d.from, d.to, d.lim.Files)
	if err != nil {
		return err
	}
	d.limits = limits
	// Who is told has questions of its own. Where git is asked these, it would take a second
	// process for them while the first one looks at few blobs.
	later := d.r.own == nil && len(changes) <= fewChanges
	if !later {
		d.tell(changes)
	}
	if d.wanted != nil && len(limits) == 0 {
		changes = d.needed(changes)
	}
	d.files = make(map[string]*fileState, len(changes))
	for _, c := range changes {
		d.files[c.path] = &fileState{FileDiff: c.file()}
	}
	if len(changes) == 0 || len(limits) > 0 {
		return nil
	}
	if err := d.lookAtBlobs(ctx, changes); err != nil {
		return err
	}
	if later {
		d.tell(changes)
	}
	if err := d.findLines(ctx); err != nil {
		return err
	}
	return d.tellBigFromBinary(ctx)
}

// fewChanges is of how many the blobs are looked at in no time.
const fewChanges = 500

func (d *differ) tell(changes []treeChange) {
	if d.listed == nil || len(d.limits) > 0 {
		return
	}
	list := make([]FileDiff, len(changes))
	for i, c := range changes {
		list[i] = c.file()
	}
	d.listed(list, false)
}

// tellPaired tells what git says of the files before it looks for their lines, unless that is
// not what the trees hold: see take.
func (d *differ) tellPaired(entries []*rawEntry) {
	if d.listed == nil || len(d.limits) > 0 {
		return
	}
	list := make([]FileDiff, 0, len(entries))
	told := 0
	for _, e := range entries {
		if !d.agrees(e) {
			return
		}
		f := d.files[e.path].FileDiff
		if told++; e.oldPath != "" {
			told++
			f.rename(e)
		}
		list = append(list, f)
	}
	if told != len(d.files) {
		return
	}
	slices.SortFunc(list, func(a, b FileDiff) int { return strings.Compare(a.Path, b.Path) })
	d.listed(list, true)
}

// rename notes where git says that a file comes from.
func (f *FileDiff) rename(e *rawEntry) {
	f.Status, f.OldPath, f.Similarity = 'R', e.oldPath, e.similarity
	f.OldMode, f.OldID = e.oldMode, e.oldID
}

func (c treeChange) status() byte {
	switch {
	case c.oldMode == 0:
		return 'A'
	case c.mode == 0:
		return 'D'
	case c.oldMode&0o170000 != c.mode&0o170000:
		return 'T'
	}
	return 'M'
}

// file is what is known of it so far.
func (c treeChange) file() FileDiff {
	return FileDiff{Path: c.path, Status: c.status(), OldMode: c.oldMode, Mode: c.mode, OldID: c.oldID, ID: c.id}
}

// treeOf is the id itself or a commit's tree.
func (r *Repository) treeOf(ctx context.Context, id OID) (OID, error) {
	if len(id.Bytes()) != r.idSize() {
		return OID{}, fmt.Errorf("%q: %w", id, ErrMissing)
	}
	r.mu.Lock()
	tree, known := r.treeIDs[id]
	r.mu.Unlock()
	if known {
		return tree, nil
	}
	list, err := r.infos(ctx, []OID{id})
	if err != nil {
		return OID{}, err
	}
	switch list[0].kind {
	case "tree":
		return id, nil
	case "commit":
		c, err := r.Commit(ctx, id)
		if err != nil {
			return OID{}, err
		}
		r.noteTrees(map[OID]*Commit{id: c})
		return c.Tree, nil
	case "":
		return OID{}, fmt.Errorf("%s: %w", id, ErrMissing)
	}
	return OID{}, fmt.Errorf("%s is a %s, neither tree nor commit", id, list[0].kind)
}

// lookAtBlobs asks for the size of every blob of the change.
func (d *differ) lookAtBlobs(ctx context.Context, changes []treeChange) error {
	d.infos = map[OID]info{}
	for _, c := range changes {
		if c.oldMode != ModeGitlink && c.oldMode != 0 {
			d.infos[c.oldID] = info{}
		}
		if c.mode != ModeGitlink && c.mode != 0 {
			d.infos[c.id] = info{}
		}
	}
	ids := slices.SortedFunc(maps.Keys(d.infos), OID.Compare)
	list, err := d.r.infos(ctx, ids)
	for i := range list {
		d.infos[ids[i]] = list[i]
	}
	return err
}

// sides are the blobs of a file: none, one or two.
func (f *FileDiff) sides() []OID {
	var ids []OID
	if f.OldMode != 0 && f.OldMode != ModeGitlink {
		ids = append(ids, f.OldID)
	}
	if f.Mode != 0 && f.Mode != ModeGitlink {
		ids = append(ids, f.ID)
	}
	return ids
}

// findLines runs git over everything that it can read.
func (d *differ) findLines(ctx context.Context) error {
	var ends, others []string // added or deleted, and so perhaps renamed; the rest
	avoided := 0
	big := d.bigRenameCandidates()
	for path, f := range d.files {
		missing := slices.ContainsFunc(f.sides(), func(id OID) bool { return d.infos[id].kind != "blob" })
		switch {
		case missing:
			f.Content = ContentMissing
			avoided++
		case big[path]:
			avoided++ // over the limit, or binary: see tellBigFromBinary
		case f.Status == 'A' || f.Status == 'D':
			ends = append(ends, path)
		default:
			others = append(others, path)
		}
	}
	// If it gives up, something that is there can not be read: then find out what.
	if avoided == 0 && !d.partly {
		if err := d.ask(ctx); !errors.Is(err, errPatch) {
			return err
		}
	}
	d.findTurned()
	if avoided == 0 && d.partly {
		if err := d.run(ctx, slices.Sorted(maps.Keys(d.files))); !errors.Is(err, errPatch) {
			return err
		}
	}
	slices.Sort(ends)
	slices.Sort(others)
	// All that renames could pair goes together, as far as a command line reaches.
	for _, part := range append(chunks(ends), chunks(others)...) {
		if err := d.runApart(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) findTurned() {
	d.turned = map[string]bool{}
	for path := range d.files {
		for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
			if d.files[path[:i]] != nil {
				d.turned[path[:i]] = true
			}
		}
	}
}

// bigRenameCandidates are large files that git would read whole, two at a time, to see
// how alike they are: added and deleted ones of which no exact copy is on the other side.
func (d *differ) bigRenameCandidates() map[string]bool {
	side := map[byte]map[OID]bool{'A': {}, 'D': {}}
	for _, f := range d.files {
		if id := f.ID; f.Status == 'A' && d.infos[id].size > d.lim.FileBytes {
			side['A'][id] = true
		}
		if id := f.OldID; f.Status == 'D' && d.infos[id].size > d.lim.FileBytes {
			side['D'][id] = true
		}
	}
	both := func(id OID) bool { return side['A'][id] && side['D'][id] }
	paths := map[string]bool{}
	for path, f := range d.files {
		if f.Status == 'A' && side['A'][f.ID] && !both(f.ID) || f.Status == 'D' && side['D'][f.OldID] && !both(f.OldID) {
			paths[path] = true
		}
	}
	return paths
}

// chunks divides paths into parts that fit into a command line anywhere.
func chunks(paths []string) [][]string {
	const most, mostBytes = 1000, 64 << 10
	var parts [][]string
	start, size := 0, 0
	for i, p := range paths {
		if size += len(p) + 1; i > start && (size > mostBytes || i-start == most) {
			parts = append(parts, paths[start:i])
			start, size = i, len(p)+1
		}
	}
	if start < len(paths) {
		parts = append(parts, paths[start:])
	}
	return parts
}

// maxRuns bounds how often git is started to find damaged blobs.
const maxRuns = 500

// runApart runs git over some paths, and over ever smaller parts of them when it gives
// up, until those that it can not read are alone.
func (d *differ) runApart(ctx context.Context, paths []string) error {
	if len(d.limits) > 0 {
		return nil
	}
	err := errPatch
	if d.runs < maxRuns {
		err = d.run(ctx, paths)
	}
	switch {
	case !errors.Is(err, errPatch):
		return err
	case len(paths) == 1 || d.runs >= maxRuns:
		for _, p := range paths {
			d.files[p].Content = ContentMissing
		}
		return nil
	}
	half := len(paths) / 2
	if err := d.runApart(ctx, paths[:half]); err != nil {
		return err
	}
	return d.runApart(ctx, paths[half:])
}

func (d *differ) result() *Diff {
	out := &Diff{Limits: d.limits, Files: make([]FileDiff, 0, len(d.files))}
	for _, f := range d.files {
		if !f.gone {
			out.Files = append(out.Files, f.FileDiff)
		}
	}
	slices.SortFunc(out.Files, func(a, b FileDiff) int { return strings.Compare(a.Path, b.Path) })
	return out
}
