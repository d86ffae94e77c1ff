package git

import (
	"context"
	"errors"
	"fmt"
)

// ErrMalformed says that a tree or commit object is not what git would write: nothing
// in it is believed.
var ErrMalformed = errors.New("object is malformed")

// maxObject is the largest tree or commit that is read: a folder of a million files.
// Their size is not the caller's to choose, but a pusher's.
const maxObject = 64 << 20

// Commit implements Reader.
func (r *Repository) Commit(ctx context.Context, id OID) (*Commit, error) {
	data, err := r.object(ctx, id, "commit", maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", id, err)
	}
	return parseCommit(id, data)
}

// Tree implements Reader.
func (r *Repository) Tree(ctx context.Context, id OID) ([]Entry, error) {
	data, err := r.object(ctx, id, "tree", maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading tree %s: %w", id, err)
	}
	return parseTree(id, data)
}

// Blob implements Reader.
func (r *Repository) Blob(ctx context.Context, id OID, limit int64) ([]byte, error) {
	data, err := r.object(ctx, id, "blob", limit)
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", id, err)
	}
	return data, nil
}

// object reads one object of the kind. It asks for the size first: the answer to
// "contents" can not be declined.
func (r *Repository) object(ctx context.Context, id OID, kind string, limit int64) (data []byte, err error) {
	var refused error // kept out of bulk, which would end the process for it
	err = r.bulk(ctx, []OID{id}, kind, limit, func(_ int, b []byte, err error) error {
		data, refused = b, err
		return nil
	})
	return data, errors.Join(err, refused)
}

// Blobs reads many blobs at about the speed of "git cat-file --batch". It calls fn
// once for every id, in order, with the blob or the error that Blob would have given;
// data is valid during the call only. An error of fn ends it and is returned. limit is
// that of Blob, and memory is bounded by the largest blob read.
func (r *Repository) Blobs(ctx context.Context, ids []OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return r.bulk(ctx, ids, "blob", limit, func(i int, data []byte, err error) error {
		if err != nil {
			err = fmt.Errorf("reading blob %s: %w", ids[i], err)
		}
		return fn(i, data, err)
	})
}

// trees is Blobs for parsed trees.
func (r *Repository) trees(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	return r.bulk(ctx, ids, "tree", maxObject, func(i int, data []byte, err error) error {
		if err != nil {
			return fn(i, nil, fmt.Errorf("reading tree %s: %w", ids[i], err))
		}
		entries, err := parseTree(ids[i], data)
		return fn(i, entries, err)
	})
}

// A callerError carries what the caller's function returned through the machinery.
type callerError struct{ error }

// maxDeaths is how many damaged objects one bulk read survives; each costs two
// processes.
const maxDeaths = 64

// bulk reads objects of one kind. An object that makes git die is told apart from a
// git that died for another reason by asking a fresh one once more.
func (r *Repository) bulk(ctx context.Context, ids []OID, kind string, limit int64, fn func(i int, data []byte, err error) error) error {
	var buf []byte // kept between the parts
	done, deaths := 0, 0
	suspect := -1 // git died over this one, or shortly after it
	for done < len(ids) {
		part := ids[done:min(done+2*window, len(ids))]
		switch {
		case suspect > done:
			part = ids[done:min(suspect, done+2*window)]
		case suspect == done:
			part = part[:1]
		}
		first, reached := done, 0
		err := r.converse(ctx, func(c *child) error {
			return c.read(part, r.idSize(), kind, limit, &buf, &reached, func(i int, data []byte, err error) error {
				if err := fn(first+i, data, err); err != nil {
					return callerError{err}
				}
				done = first + i + 1
				return nil
			})
		})
		var called callerError
		switch {
		case err == nil:
		case errors.As(err, &called):
			return called.error
		case !errors.Is(err, errChild):
			return err
		case suspect != done:
			suspect = max(done, first+reached)
		default:
			if deaths++; deaths > maxDeaths {
				return fmt.Errorf("giving up after %d damaged objects: %w", maxDeaths, err)
			}
			if err := fn(done, nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)); err != nil {
				return err
			}
			done++
		}
	}
	return nil
}

// read is one part of bulk, in one conversation. reached is the index of the last id
// whose answer was begun.
func (c *child) read(ids []OID, idSize int, kind string, limit int64, buf *[]byte, reached *int, fn func(i int, data []byte, err error) error) error {
	refused := make([]error, len(ids))
	var there []OID // an id of the other hash would be taken for an abbreviation
	for i, id := range ids {
		if len(id.Bytes()) != idSize || id.IsZero() {
			refused[i] = ErrMissing
		} else {
			there = append(there, id)
		}
	}
	check := func(id OID, h header) error {
		switch {
		case h.kind == "":
			return ErrMissing
		case h.kind != kind:
			return fmt.Errorf("it is a %s, not a %s", h.kind, kind)
		case limit >= 0 && h.size > limit:
			return &TooLargeError{ID: id, Size: h.size, Limit: limit}
		}
		return nil
	}
	if len(there) > 0 && limit >= 0 {
		i, kept := 0, there[:0:0]
		err := c.ask("info", there, func(n int) error {
			for refused[i] != nil {
				i++
			}
			*reached = i
			h, err := c.headerOf(there[n])
			if err != nil {
				return err
			}
			if refused[i] = check(there[n], h); refused[i] == nil {
				kept = append(kept, there[n])
			}
			i++
			return nil
		})
		if err != nil {
			return err
		}
		there = kept
	}
	next := 0
	refusals := func() error { // up to the next id that git was asked for
		for ; next < len(ids) && refused[next] != nil; next++ {
			if err := fn(next, nil, refused[next]); err != nil {
				return err
			}
		}
		return nil
	}
	if len(there) > 0 {
		err := c.ask("contents", there, func(n int) error {
			if err := refusals(); err != nil {
				return err
			}
			*reached = next
			h, err := c.headerOf(there[n])
			if err != nil {
				return err
			}
			var data []byte
			if h.kind != "" {
				if *buf, err = c.body(h, *buf); err != nil {
					return err
				}
				data = *buf
			}
			err = check(there[n], h)
			if err != nil {
				data = nil
			}
			next++
			return fn(next-1, data, err)
		})
		if err != nil {
			return err
		}
	}
	return refusals()
}

// An info is what git says of an object without reading it.
type info struct {
	kind string // "" when it is not there
	size int64
}

// infos asks for many objects at once.
func (r *Repository) infos(ctx context.Context, ids []OID) ([]info, error) {
	list := make([]info, len(ids))
	if len(ids) == 0 {
		return list, nil
	}
	err := r.converse(ctx, func(c *child) error {
		return c.ask("info", ids, func(i int) error {
			h, err := c.headerOf(ids[i])
			list[i] = info(h)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("asking for the size of %d objects: %w", len(ids), err)
	}
	return list, nil
}
