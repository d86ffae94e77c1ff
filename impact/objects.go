package impact

import (
	"context"
	"errors"
	"fmt"

	"custody/internal/git"
)

// Objects is the Source that a reader of git objects makes.
func Objects(r git.Reader) Source { return objects{r} }

type objects struct{ reader git.Reader }

// Walk implements Source. A tree that can not be listed whole counts as one folder that
// can not be read: half a list would hide files without a word.
func (o objects) Walk(ctx context.Context, tree git.OID, fn func(path string, e git.Entry, err error) error) error {
	limits := git.DefaultWalkLimits()
	limits.Entries = DefaultLimits().Files
	err := git.Walk(ctx, o.reader, tree, limits, func(path string, e git.Entry) error {
		return fn(path, e, nil)
	})
	var damaged *git.TreeError
	var large *git.LimitError
	switch {
	case errors.As(err, &damaged):
		return fn(".", git.Entry{Mode: git.ModeTree, ID: tree}, damaged)
	case errors.As(err, &large):
		return fn(".", git.Entry{Mode: git.ModeTree, ID: tree}, fmt.Errorf("%w: %w", ErrLimit, large))
	}
	return err
}

// Blobs implements Source.
func (o objects) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, o.reader, ids, limit, fn)
}

// BlobsAtOnce implements sourceAtOnce.
func (o objects) BlobsAtOnce(ctx context.Context, ids []git.OID, limit int64, begin func() func(i int, data []byte)) (left []int, err error) {
	return git.BlobsAtOnce(ctx, o.reader, ids, limit, begin)
}

// Differences implements differ.
func (o objects) Differences(ctx context.Context, from, to git.OID, most int) ([]git.Difference, bool, error) {
	return git.Differences(ctx, o.reader, from, to, most)
}
