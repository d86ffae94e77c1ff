package git

import "context"

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
