// Package checks is the frame of Custody's built-in checks: what a check is given, how
// it answers, and what is known of each.
//
// A check is a folder here: def.yaml says what it looks for, why, and what to do about
// it; its package holds the code. Which ones exist is an explicit list in
// internal/control; docs/checks.md is generated from the definitions.
//
// A check looks only at its Input. It promises that what it could not look at is said
// (Result.Unread) and never taken for good, that nothing of the change is run or
// believed, that work is bounded by Limits, and that no finding repeats what must not
// be spread: a secret, a person's data.
package checks

import (
	"context"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// A Check looks for one kind of trouble in a change.
type Check interface {
	// Look tells out what it finds. The error is that of ctx; whatever can not be read
	// or understood is told to out.
	Look(ctx context.Context, in *Input, out *Result) error
}

// Input is what a check may look at. All but Change may be absent.
type Input struct {
	Change *change.Change
	// Files are those of the change that the rule is about, sorted by path.
	Files []change.File
	// Incomplete says why Files may lack some; empty when they are all.
	Incomplete string
	// Concerns says whether the rule is about a path, for checks that look beyond the
	// files of the change; nil: about every one.
	Concerns func(change.Path) bool

	Commits Commits // nil: which commit touched what is not known
	Head    Tree    // nil: nothing of head can be read
	Base    Tree    // the tree at the base's tip, where the judge is read
	Context *change.Context
	Impact  *impact.Report // for the check that asks for it, see asksImpact in internal/control

	Options Options
	Limits  Limits

	cache *Cache
}

// With returns the input with a cache of blobs, which the checks of one change share.
func (in Input) With(c *Cache) *Input {
	in.cache = c
	return &in
}

// IsAbout says whether the rule is about a path.
func (in *Input) IsAbout(p change.Path) bool { return in.Concerns == nil || in.Concerns(p) }

// A Tree is everything in one commit's tree.
type Tree interface {
	// Files lists everything in the tree that is not a folder, sorted by path.
	Files(ctx context.Context) ([]TreeFile, error)
	// Blobs reads blobs of at most limit bytes, whether they stand in this tree or in
	// another of the repository: see git.Blobs.
	Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error
}

// Commits tells the commits of the change apart.
type Commits interface {
	// Touched lists the files that a commit has otherwise than its first parent, at most
	// most of them; more says that there are others.
	Touched(ctx context.Context, c *change.Commit, most int) (paths []change.Path, more bool, err error)
}

// A TreeFile is one file, symbolic link or submodule of a tree.
type TreeFile struct {
	Path change.Path
	Mode git.Mode
	ID   git.OID
}

// Options are what a policy can set for its checks.
type Options struct {
	// Prompts are globs of further prompts and agent transcripts.
	Prompts []string
}

// Limits bound one check. What they cut off is not assessed.
type Limits struct {
	FileBytes  int64 // of one file
	TotalBytes int64 // of all files that one check reads
	CacheBytes int64 // kept of them for the next check
	Cost       int64 // bytes that patterns are tried on, of one check
	Findings   int   // listed of one check; the rest is counted
}

// DefaultLimits are those of a review. FileBytes is that of a diff: a larger file has
// no known lines.
func DefaultLimits() Limits {
	return Limits{FileBytes: git.DefaultDiffLimits().FileBytes, TotalBytes: 512 << 20, CacheBytes: 128 << 20, Cost: 512 << 20, Findings: 100}
}

// Map is the table as a pack records it.
func (l Limits) Map() map[string]int64 {
	return map[string]int64{
		"checks.file_bytes":  l.FileBytes,
		"checks.total_bytes": l.TotalBytes,
		"checks.cost":        l.Cost,
		"checks.findings":    int64(l.Findings),
	}
}
