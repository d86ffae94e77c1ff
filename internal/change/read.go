package change

import (
	"context"
	"fmt"

	"custody/internal/git"
)

// Repo is the repository that a change is read from; *git.Repository is one.
type Repo interface {
	Differ
	Shallow() bool
	Commit(ctx context.Context, id git.OID) (*git.Commit, error)
	MergeBases(ctx context.Context, a, b git.OID) ([]git.OID, error)
	Commits(ctx context.Context, base, head git.OID, max int) (commits []*git.Commit, more bool, err error)
}

// Limits bound what Read reads. What they cut off is in Change.Limits.
type Limits struct {
	Commits int
	Diff    git.DiffLimits
}

// DefaultLimits are those of a review.
func DefaultLimits() Limits {
	return Limits{Commits: 50_000, Diff: git.DefaultDiffLimits()}
}

// Map is the table as a pack records it.
func (l Limits) Map() map[string]int64 {
	return map[string]int64{
		"change.commits":    int64(l.Commits),
		"change.files":      int64(l.Diff.Files),
		"change.lines":      int64(l.Diff.Lines),
		"change.diff_bytes": l.Diff.Bytes,
		"change.file_bytes": l.Diff.FileBytes,
	}
}

// Read reads the change base..head. Both are commits; one that is missing is an error
// that wraps git.ErrMissing, and so is a missing folder. A missing file is Unread, and
// everything else is still read. When the histories have nothing in common, MergeBases
// and Files are empty; when head has nothing that base has not, Commits are. A base of
// zeros stands for nothing: all of head is the change.
func Read(ctx context.Context, repo Repo, base, head git.OID, lim Limits) (*Change, error) {
	return ReadListed(ctx, repo, base, head, lim, nil)
}

// ReadListed is Read, and tells of the change as soon as its trees and paths are known, if
// no limit cuts it: without lines, which take git most of the time. At first it does so
// without renames, and a second time, paired, when these are known; it may leave out the second
// time. What is told is the caller's.
func ReadListed(ctx context.Context, repo Repo, base, head git.OID, lim Limits, listed func(c *Change, paired bool)) (*Change, error) {
	c := &Change{Base: base, Head: head, Shallow: repo.Shallow(), ObjectFormat: "sha1"}
	if len(head.Bytes()) == 32 {
		c.ObjectFormat = "sha256"
	}
	for _, x := range []struct {
		id   git.OID
		tree *git.OID
	}{{base, &c.BaseTree}, {head, &c.HeadTree}} {
		if x.tree == &c.BaseTree && c.FromNothing() {
			*x.tree = git.EmptyTree(c.ObjectFormat)
			continue
		}
		commit, err := repo.Commit(ctx, x.id)
		if err != nil {
			return nil, err
		}
		*x.tree = commit.Tree
	}
	commits, more, err := repo.Commits(ctx, base, head, lim.Commits)
	if err != nil {
		return nil, err
	}
	if more {
		c.Limits = append(c.Limits, Limit{"commits", int64(lim.Commits)})
	}
	c.addCommits(commits)
	if c.FromNothing() {
		c.FromTree = c.BaseTree
		c.Files, c.Limits, err = c.diff(ctx, repo, lim, listed)
		return c, err
	}
	if c.MergeBases, err = repo.MergeBases(ctx, base, head); err != nil {
		return nil, err
	}
	if len(c.MergeBases) == 0 {
		return c, nil
	}
	c.From = c.MergeBases[0]
	from, err := repo.Commit(ctx, c.From)
	if err != nil {
		return nil, err
	}
	c.FromTree = from.Tree
	if c.Files, c.Limits, err = c.diff(ctx, repo, lim, listed); err != nil {
		return nil, err
	}
	hidden, err := c.hides(ctx, repo, lim)
	if err != nil {
		return nil, fmt.Errorf("comparing the merge bases of %s and %s: %w", base.Short(), head.Short(), err)
	}
	if hidden {
		c.Limits = append(c.Limits, Limit{ManyBases, 1})
	}
	return c, nil
}

// diff lists what differs between the trees, and all limits that cut the change so far.
func (c *Change) diff(ctx context.Context, repo Differ, lim Limits, listed func(*Change, bool)) ([]File, []Limit, error) {
	read := func() (*git.Diff, error) { return repo.Diff(ctx, c.FromTree, c.HeadTree, lim.Diff) }
	if early, ok := repo.(listedDiffer); ok && listed != nil && len(c.Limits) == 0 {
		read = func() (*git.Diff, error) {
			return early.DiffListed(ctx, c.FromTree, c.HeadTree, lim.Diff, func(list []git.FileDiff, paired bool) {
				told := *c
				told.Files, _ = filesOf(&git.Diff{Files: list})
				listed(&told, paired)
			})
		}
	}
	diff, err := read()
	if err != nil {
		return nil, nil, fmt.Errorf("reading what changed from %s to %s: %w", c.From.Short(), c.Head.Short(), err)
	}
	files, cut := filesOf(diff)
	return files, append(c.Limits, cut...), nil
}

// A listedDiffer is a Differ that knows what differs before it knows how.
type listedDiffer interface {
	DiffListed(ctx context.Context, from, to git.OID, lim git.DiffLimits, listed func(files []git.FileDiff, paired bool)) (*git.Diff, error)
}

// Differ compares trees, or the trees of commits.
type Differ interface {
	Diff(ctx context.Context, from, to git.OID, lim git.DiffLimits) (*git.Diff, error)
}

// Diff lists the files that differ from one tree or commit to another, and the limits
// that cut the list, if any.
func Diff(ctx context.Context, repo Differ, from, to git.OID, lim Limits) ([]File, []Limit, error) {
	diff, err := repo.Diff(ctx, from, to, lim.Diff)
	if err != nil {
		return nil, nil, err
	}
	files, cut := filesOf(diff)
	return files, cut, nil
}

// PartDiffer compares some files of two trees.
type PartDiffer interface {
	DiffPart(ctx context.Context, from, to git.OID, wanted func(path string) bool, lim git.DiffLimits) (*git.Diff, error)
}

// DiffPart is Diff without deleted files and those whose path in to is not wanted.
func DiffPart(ctx context.Context, repo PartDiffer, from, to git.OID, wanted func(Path) bool, lim Limits) ([]File, []Limit, error) {
	diff, err := repo.DiffPart(ctx, from, to, func(path string) bool { return wanted(Path(path)) }, lim.Diff)
	if err != nil {
		return nil, nil, err
	}
	files, cut := filesOf(diff)
	return files, cut, nil
}

func filesOf(diff *git.Diff) ([]File, []Limit) {
	var cut []Limit
	for _, l := range diff.Limits {
		cut = append(cut, Limit{l.What, int64(l.Max)})
	}
	files := make([]File, len(diff.Files))
	for i, f := range diff.Files {
		files[i] = fileOf(f)
	}
	return files, cut
}

func (c *Change) addCommits(commits []*git.Commit) {
	cut, all := false, 0
	c.Commits = make([]Commit, len(commits))
	for i, commit := range commits {
		var trailers []Trailer
		more := all >= maxAllTrailers
		if !more {
			trailers, more = ParseTrailers(commit.Message)
		}
		all += len(trailers)
		c.Commits[i] = Commit{Commit: *commit, Trailers: trailers}
		cut = cut || more
	}
	if all >= maxAllTrailers {
		c.Limits = append(c.Limits, Limit{"trailers", maxAllTrailers})
	} else if cut {
		c.Limits = append(c.Limits, Limit{"trailers", maxTrailers})
	}
}

func fileOf(f git.FileDiff) File {
	out := File{
		Path: Path(f.Path), OldPath: Path(f.OldPath), Status: statusOf(f.Status),
		OldMode: f.OldMode, Mode: f.Mode, OldID: f.OldID, ID: f.ID, Similarity: f.Similarity,
		SubmoduleChanged: f.Mode == git.ModeGitlink || f.OldMode == git.ModeGitlink,
	}
	submodule := (f.Mode == git.ModeGitlink || f.Mode == 0) && (f.OldMode == git.ModeGitlink || f.OldMode == 0)
	switch {
	case submodule || f.OldID == f.ID && f.Status != 'T':
		// Nothing to read: another repository's, or only the mode or the name changed.
	case f.Content == git.ContentLines:
		out.Respaced = f.Respaced
		for _, h := range f.Hunks {
			out.Hunks = append(out.Hunks, Hunk(h))
			out.Added += h.Lines
			out.Deleted += h.OldLines
		}
	case f.Content == git.ContentBinary:
		out.Unread = Opaque
	case f.Content == git.ContentMissing:
		out.Unread = Unreadable
	default:
		out.Unread = TooLarge
	}
	return out
}

func statusOf(git byte) Status {
	switch git {
	case 'A':
		return Added
	case 'D':
		return Deleted
	case 'R':
		return Renamed
	case 'T':
		return TypeChanged
	}
	return Modified
}
