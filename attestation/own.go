package attestation

import (
	"context"
	"errors"
	"fmt"
	"math"

	"custody/internal/change"
	"custody/internal/git"
)

// ownLines are the lines that a commit itself added: to its only parent's files, or, of
// a merge, what none of its parents has.
type ownLines struct {
	files map[change.Path]lineSet
	all   bool // it has no parent: every line is its own
	total int
	read  bool
	err   error // why they are not known
}

func (o *ownLines) of(p change.Path) lineSet {
	if o.all {
		return everyLine
	}
	return o.files[p]
}

// readOwn finds the lines that a commit added. The reason is set when they are not to
// be had: then nothing can be held against them.
func readOwn(ctx context.Context, d Differ, c *git.Commit) (o ownLines, reason string, err error) {
	o.read = true
	if len(c.Parents) == 0 {
		o.all, o.total = true, 1 // some: how many makes no difference
		return o, "", nil
	}
	for i, p := range c.Parents {
		files, err := d.Diff(ctx, p, c.ID, func(change.Path) bool { return true })
		switch {
		case errors.Is(err, ErrDiffCut):
			return ownLines{}, whyLimit, nil
		case errors.Is(err, git.ErrMissing):
			return ownLines{}, whyUnreadable, nil
		case err != nil:
			return ownLines{}, "", fmt.Errorf("reading what commit %s changed: %w", c.ID, err)
		}
		added := map[change.Path]lineSet{}
		for i := range files {
			if s := addedLines(&files[i]); len(s) > 0 && files[i].Status != change.Deleted {
				added[files[i].Path] = s
			}
		}
		if i > 0 {
			for path, s := range o.files {
				if o.files[path] = s.and(added[path]); len(o.files[path]) == 0 {
					delete(o.files, path)
				}
			}
			continue
		}
		o.files = added
	}
	for _, s := range o.files {
		o.total += s.count()
	}
	return o, "", nil
}

// addedLines are the lines of f at its new side that the old one has not.
func addedLines(f *change.File) lineSet {
	var s lineSet
	for _, h := range f.Hunks {
		if h.Lines > 0 {
			s = append(s, lineRange{h.Start, h.Start + h.Lines - 1})
		}
	}
	return s.normal()
}

// A budget is what is left of the work that evidence about lines may cost.
type budget struct {
	cells, ranges, diffs int
	bytes                int64 // of documents
	hashed               int64 // bytes of lines
	cut                  map[string]bool
}

func newBudget(l Limits) *budget {
	return &budget{cells: l.Cells, ranges: l.Ranges, diffs: l.Diffs, bytes: l.NoteBytes, hashed: l.HashBytes, cut: map[string]bool{}}
}

// spend takes n from one of the counts; false says that there was not as much.
func (b *budget) spend(count *int, n int) bool {
	if b == nil {
		return n < math.MaxInt
	}
	if *count < n {
		*count = 0
		b.cut["evidence"] = true
		return false
	}
	*count -= n
	return true
}
