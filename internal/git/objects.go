package git

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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

// object reads one object of the kind.
func (r *Repository) object(ctx context.Context, id OID, kind string, limit int64) (data []byte, err error) {
	if data, ok := r.recall(id, kind); ok && ctx.Err() == nil {
		return data, nil
	}
	var refused error // kept out of bulk, which would end the process for it
	err = r.bulk(ctx, []OID{id}, kind, limit, func(_ int, b []byte, err error) error {
		data, refused = b, err
		return nil
	})
	if err == nil && refused == nil {
		r.remember(id, kind, data)
	}
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

// fewTrees are as many as the folders at the top of trees: more would push these out of what
// is remembered.
const fewTrees = 16

// trees is Blobs for parsed trees.
func (r *Repository) trees(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	if len(ids) > fewObjects {
		return r.manyTrees(ctx, ids, fn)
	}
	return r.someTrees(ctx, ids, fn)
}

func (r *Repository) someTrees(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	return r.bulk(ctx, ids, "tree", maxObject, func(i int, data []byte, err error) error {
		if err != nil {
			return fn(i, nil, fmt.Errorf("reading tree %s: %w", ids[i], err))
		}
		if len(ids) <= fewTrees {
			r.remember(ids[i], "tree", data)
		}
		entries, err := parseTree(ids[i], data)
		return fn(i, entries, err)
	})
}

// What is read of trees at once, before the caller has it: he may want no more.
const (
	treesAtOnce = 4096
	maxAtOnce   = 32 << 20 // bytes
)

// manyTrees is trees of which those that can be are read without git, on all cores.
func (r *Repository) manyTrees(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	for from := 0; from < len(ids); from += treesAtOnce {
		some := ids[from:min(from+treesAtOnce, len(ids))]
		if err := r.treesTogether(ctx, some, func(i int, entries []Entry, err error) error { return fn(from+i, entries, err) }); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repository) treesTogether(ctx context.Context, ids []OID, fn func(i int, entries []Entry, err error) error) error {
	type tree struct {
		read    bool
		entries []Entry
		err     error
	}
	all := make([]tree, len(ids))
	if r.own != nil && !r.isClosed() {
		var size atomic.Int64
		err := r.own.objects(ctx, ids, "tree", maxObject, make([]bool, len(ids)), func() func(int, []byte) {
			return func(i int, data []byte) {
				if size.Add(int64(len(data))) <= maxAtOnce {
					entries, err := parseTree(ids[i], data)
					all[i] = tree{true, entries, err}
				}
			}
		})
		if err != nil {
			return err
		}
	}
	var left []OID
	var places []int
	for i, t := range all {
		if !t.read {
			left, places = append(left, ids[i]), append(places, i)
		}
	}
	next := 0
	give := func(to int) error { // what was read, in order
		for ; next < to; next++ {
			if err := fn(next, all[next].entries, all[next].err); err != nil {
				return err
			}
		}
		return nil
	}
	err := r.someTrees(ctx, left, func(k int, entries []Entry, err error) error {
		if err := give(places[k]); err != nil {
			return err
		}
		next++
		return fn(places[k], entries, err)
	})
	if err != nil {
		return err
	}
	return give(len(ids))
}

// A callerError carries what the caller's function returned through the machinery.
type callerError struct{ error }

// maxDeaths is how many damaged objects one bulk read survives; each costs two
// processes.
const maxDeaths = 64

// maxDrain is how much of an unwanted answer is read; for more, the process is ended.
const maxDrain = 1 << 20

// errUnread says that an unwanted answer still waits to be read.
var errUnread = errors.New("an answer was left unread")

// bulk reads objects of one kind. Of blobs it asks for the sizes first, since an answer
// can not be declined; a tree or commit over the limit is too rare to ask. An object
// that makes git die is told apart from a git that died for another reason by asking a
// fresh one once more.
func (r *Repository) bulk(ctx context.Context, ids []OID, kind string, limit int64, fn func(i int, data []byte, err error) error) error {
	var buf []byte // kept between the parts
	done, err := r.readOwn(ctx, ids, kind, limit, fn)
	if err != nil {
		return err
	}
	deaths := 0
	suspect := -1 // git died over this one, or shortly after it
	for done < len(ids) {
		part := ids[done:min(done+2*window, len(ids))]
		switch {
		case suspect > done:
			part = ids[done:min(suspect, done+2*window)]
		case suspect == done:
			part = part[:1]
		}
		first := done
		q := reading{ids: part, idSize: r.idSize(), kind: kind, limit: limit, buf: buf}
		if kind == "blob" && limit >= 0 {
			q.known = r.knownSizes(part)
		}
		q.fn = func(i int, data []byte, err error) error {
			if err := fn(first+i, data, err); err != nil {
				return callerError{err}
			}
			done = first + i + 1
			return nil
		}
		err := r.converse(ctx, q.run)
		buf = q.buf
		var called callerError
		switch {
		case err == nil:
		case errors.As(err, &called):
			return called.error
		case errors.Is(err, errUnread):
		case !errors.Is(err, errChild):
			return err
		case suspect != done:
			suspect = max(done, first+q.reached)
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

// fewObjects are so many that they are read faster than git can be asked for them.
const fewObjects = 200

// readOwn calls fn for the first of the objects, as far as they can be read without git, and
// says how many these are.
func (r *Repository) readOwn(ctx context.Context, ids []OID, kind string, limit int64, fn func(i int, data []byte, err error) error) (done int, err error) {
	if r.own == nil || len(ids) > fewObjects || r.isClosed() {
		return 0, nil
	}
	q := reading{kind: kind, limit: limit}
	for i, id := range ids {
		if ctx.Err() != nil {
			return i, context.Cause(ctx)
		}
		is, kept, ok := r.own.object(id)
		if !ok {
			return i, nil
		}
		refusal := q.check(id, header{is, int64(len(kept))})
		if refusal == nil {
			if len(ids) == 1 { // who asks for one may keep it
				q.buf = nil
			}
			q.buf = append(q.buf[:0], kept...)
		}
		data := q.buf
		if refusal != nil {
			data = nil
		}
		if err := fn(i, data, refusal); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// A reading is one conversation of bulk.
type reading struct {
	ids    []OID
	known  []int64 // sizes of blobs among them, -1 for those that are not
	idSize int
	kind   string
	limit  int64
	fn     func(i int, data []byte, err error) error
	buf    []byte

	refused []error // by index: known before the object is read
	there   []OID   // the others, in order
	reached int     // index of the last id whose answer was begun
}

func (q *reading) run(c *child) error {
	q.refused = make([]error, len(q.ids))
	for i, id := range q.ids {
		if len(id.Bytes()) != q.idSize || id.IsZero() {
			q.refused[i] = ErrMissing // an id of the other hash would be taken for an abbreviation
		} else {
			q.there = append(q.there, id)
		}
	}
	if q.limit >= 0 && q.kind == "blob" {
		if err := q.sizes(c); err != nil {
			return err
		}
	}
	return q.contents(c)
}

// check says why an object is not to be read.
func (q *reading) check(id OID, h header) error {
	switch {
	case h.kind == "":
		return ErrMissing
	case h.kind != q.kind:
		return fmt.Errorf("it is a %s, not a %s", h.kind, q.kind)
	case q.limit >= 0 && h.size > q.limit:
		return &TooLargeError{ID: id, Size: h.size, Limit: q.limit}
	}
	return nil
}

// sizes keeps in there what may be read. It asks about what is not known yet.
func (q *reading) sizes(c *child) error {
	var asked []OID
	var at []int
	for i, id := range q.ids {
		switch {
		case q.refused[i] != nil:
		case q.known[i] < 0:
			asked, at = append(asked, id), append(at, i)
		default:
			q.refused[i] = q.check(id, header{"blob", q.known[i]})
		}
	}
	err := c.ask("info", asked, func(n int) error {
		i := at[n]
		q.reached = i
		h, err := c.headerOf(asked[n])
		if err == nil {
			q.refused[i] = q.check(asked[n], h)
		}
		return err
	})
	q.there = q.there[:0]
	for i, id := range q.ids {
		if q.refused[i] == nil {
			q.there = append(q.there, id)
		}
	}
	return err
}

// contents reads what is there and calls fn for everything, in order.
func (q *reading) contents(c *child) error {
	if len(q.there) >= window/2 {
		c.widen()
	}
	next := 0
	refusals := func() error { // up to the next id that git was asked for
		for ; next < len(q.ids) && q.refused[next] != nil; next++ {
			if err := q.fn(next, nil, q.refused[next]); err != nil {
				return err
			}
		}
		return nil
	}
	err := c.ask("contents", q.there, func(n int) error {
		if err := refusals(); err != nil {
			return err
		}
		q.reached = next
		h, err := c.headerOf(q.there[n])
		if err != nil {
			return err
		}
		refusal := q.check(q.there[n], h)
		data := []byte(nil)
		switch {
		case h.kind == "": // nothing follows
		case refusal != nil && h.size > maxDrain:
			next++
			return errors.Join(q.fn(next-1, nil, refusal), errUnread)
		default:
			var read bool
			if len(q.ids) > 1 { // who asks for one may keep it
				data, read, err = c.inPlace(h)
			}
			if !read {
				q.buf, err = c.body(h, q.buf)
				data = q.buf
			}
			if err != nil {
				return err
			}
			if refusal != nil {
				data = nil
			}
		}
		next++
		return q.fn(next-1, data, refusal)
	})
	if err != nil {
		return err
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
	known := r.infosOwn(ids, list)
	if rest := ids[known:]; len(rest) > 0 || ctx.Err() != nil {
		err := r.converse(ctx, func(c *child) error {
			return c.ask("info", rest, func(i int) error {
				h, err := c.headerOf(rest[i])
				list[known+i] = info(h)
				return err
			})
		})
		if err != nil {
			return nil, fmt.Errorf("asking for the size of %d objects: %w", len(ids), err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sizes == nil {
		r.sizes = map[OID]int64{}
	}
	for i, o := range list {
		if o.kind == "blob" && len(r.sizes) < maxSizes {
			r.sizes[ids[i]] = o.size
		}
	}
	return list, nil
}

// infosOwn is infos of the first of few objects, as far as their heads can be read without
// git. As with git, that is no promise that the rest can be read.
func (r *Repository) infosOwn(ids []OID, list []info) (known int) {
	if len(ids) > fewObjects || r.isClosed() {
		return 0
	}
	for i, id := range ids {
		kind, size, ok := r.own.head(id)
		if !ok {
			return i
		}
		list[i] = info{kind, int64(size)}
	}
	return len(ids)
}

// knownSizes are those of blobs, -1 where they were not asked for.
func (r *Repository) knownSizes(ids []OID) []int64 {
	known := make([]int64, len(ids))
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, id := range ids {
		known[i] = -1
		if size, ok := r.sizes[id]; ok {
			known[i] = size
		}
	}
	return known
}
