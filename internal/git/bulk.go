package git

import (
	"context"
	"fmt"
)

// bulkReader is the fast path of Blobs.
type bulkReader interface {
	Blobs(ctx context.Context, ids []OID, limit int64, fn func(i int, data []byte, err error) error) error
}

// Blobs reads many blobs of at most limit bytes, in one go where the Reader can. It
// calls fn once for each place in ids, with the blob, whose bytes are valid only until
// fn returns, or with the reason why it can not be read. It stops at the first error
// of fn, and returns that.
func Blobs(ctx context.Context, r Reader, ids []OID, limit int64, fn func(i int, data []byte, err error) error) error {
	if bulk, ok := r.(bulkReader); ok {
		return bulk.Blobs(ctx, ids, limit, fn)
	}
	for i, id := range ids {
		data, err := r.Blob(ctx, id, limit)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := fn(i, data, err); err != nil {
			return err
		}
	}
	return nil
}

// Trees reads many folders, in one go where the Reader can. It calls fn once for each place
// in ids, in order, with what Tree would have given. An error of fn ends it and is returned.
func Trees(ctx context.Context, r Reader, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	return readTrees(ctx, r, ids, fn)
}

// EachCommit reads many commits, at the speed of one process where the reader can. It
// calls fn once for every id, in order, with the commit or the error that Commit would
// have given. An error of fn ends it and is returned.
func EachCommit(ctx context.Context, r Reader, ids []OID, fn func(i int, c *Commit, err error) error) error {
	if repo, ok := r.(*Repository); ok {
		return repo.bulk(ctx, ids, "commit", maxObject, func(i int, data []byte, err error) error {
			if err != nil {
				return fn(i, nil, fmt.Errorf("reading commit %s: %w", ids[i], err))
			}
			c, err := parseCommit(ids[i], data)
			return fn(i, c, err)
		})
	}
	for i, id := range ids {
		c, err := r.Commit(ctx, id)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := fn(i, c, err); err != nil {
			return err
		}
	}
	return nil
}
