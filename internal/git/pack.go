package git

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
)

// A pack is a file of objects. What is read of it is not believed: see stored.
type pack struct {
	file  io.ReaderAt
	size  int64
	index *packIndex
	open  []*os.File
}

// openPack opens a pack by the path of its index.
func openPack(path string) (*pack, error) {
	p := &pack{}
	err := p.openFiles(path, strings.TrimSuffix(path, ".idx")+".pack")
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pack) openFiles(index, data string) error {
	open := func(path string) (*os.File, int64, error) {
		f, size, err := openRegular(path)
		if err == nil {
			p.open = append(p.open, f)
		}
		return f, size, err
	}
	ids, size, err := open(index)
	if err != nil {
		return err
	}
	if p.index, err = openIndex(ids, size); err != nil {
		return err
	}
	p.file, p.size, err = open(data)
	return err
}

func (p *pack) close() {
	for _, f := range p.open {
		f.Close()
	}
}

// A packPlace is where an object begins.
type packPlace struct {
	pack *pack
	at   int64
}

// Kinds of entries of a pack.
const (
	entryCommit = 1 + iota
	entryTree
	entryBlob
	entryTag
	_
	entryNear // what differs from an object that lies so many bytes before it
	entryNamed
)

var entryKinds = [...]string{entryCommit: "commit", entryTree: "tree", entryBlob: "blob", entryTag: "tag"}

// maxDeltas is how many objects one may be made of: git makes chains of 50, and none of more
// than 4095.
const maxDeltas = 4096

var errPack = errors.New("it is not read out of this pack")

// An entry is an object as it lies in a pack.
type packEntry struct {
	at   int64 // where it begins
	kind byte
	size int   // of what follows, inflated
	data int64 // where that begins
	base int64 // of an entryNear or entryNamed: where the other object begins
}

// entry reads how an object begins. What it is made of must be smaller than limit.
func (p *pack) entry(at int64, limit int) (e packEntry, err error) {
	e.at = at
	var buf [32 + idBytes]byte
	n, _ := p.file.ReadAt(buf[:], at)
	b := buf[:n]
	next := func() (c byte) {
		if len(b) == 0 {
			err = errPack
			return 0
		}
		c, b = b[0], b[1:]
		e.data++
		return c
	}
	c := next()
	e.kind, e.size = c>>4&7, int(c&15)
	for shift := 4; c&0x80 != 0; shift += 7 {
		if c = next(); shift > 32 || err != nil {
			return e, errPack
		}
		e.size |= int(c&0x7f) << shift
	}
	switch e.kind {
	case entryNear:
		c = next()
		back := int64(c & 0x7f)
		for c&0x80 != 0 {
			if c = next(); back > 1<<48 || err != nil {
				return e, errPack
			}
			back = (back+1)<<7 | int64(c&0x7f)
		}
		e.base = at - back
		if back == 0 || e.base <= 0 {
			err = errPack
		}
	case entryNamed:
		if len(b) < idBytes {
			return e, errPack
		}
		base, found := p.index.find(b[:idBytes])
		if e.base = base; !found {
			err = errPack
		}
		e.data += idBytes
	case entryCommit, entryTree, entryBlob, entryTag:
	default:
		err = errPack
	}
	if e.data += at; e.size > limit {
		err = errPack
	}
	return e, err
}

// object reads the object that begins at a place, if nothing of it is larger than limit.
// kept are objects that were made before.
func (p *pack) object(at int64, limit int, kept *keptObjects[packPlace]) (kind string, data []byte, err error) {
	var deltas []packEntry
	for kind == "" {
		if o, ok := kept.get(packPlace{p, at}); ok {
			kind, data = o.kind, o.data
			break
		}
		e, err := p.entry(at, limit)
		if err != nil {
			return "", nil, err
		}
		if e.kind == entryNear || e.kind == entryNamed {
			if deltas = append(deltas, e); len(deltas) > maxDeltas {
				return "", nil, errPack
			}
			at = e.base
			continue
		}
		if data, err = p.inflate(e); err != nil {
			return "", nil, err
		}
		kind = entryKinds[e.kind]
		kept.put(packPlace{p, at}, kind, data)
	}
	for _, e := range slices.Backward(deltas) {
		delta, err := p.inflate(e)
		if err != nil {
			return "", nil, err
		}
		if data, err = applyDelta(data, delta, limit); err != nil {
			return "", nil, err
		}
		kept.put(packPlace{p, e.at}, kind, data)
	}
	return kind, data, nil
}

// head says of what kind an object is and how large, without reading it.
func (p *pack) head(at int64, limit int) (kind string, size int, err error) {
	for n := range maxDeltas {
		e, err := p.entry(at, limit)
		if err != nil {
			return "", 0, err
		}
		if n == 0 {
			size = e.size
		}
		if e.kind != entryNear && e.kind != entryNamed {
			return entryKinds[e.kind], size, nil
		}
		if n == 0 {
			if size, err = p.resultSize(e, limit); err != nil {
				return "", 0, err
			}
		}
		at = e.base
	}
	return "", 0, errPack
}

// resultSize reads how large the object is that a difference makes.
func (p *pack) resultSize(e packEntry, limit int) (int, error) {
	const sizes = 20 // bytes, at most
	in, err := p.section(e.data, 256)
	if err != nil {
		return 0, err
	}
	beginning, err := inflateBeginning(in, min(e.size, sizes))
	if err != nil {
		// Its codes alone may take more than that.
		if in, err = p.section(e.data, 2<<10); err == nil {
			beginning, err = inflateBeginning(in, min(e.size, sizes))
		}
	}
	if err != nil {
		return 0, err
	}
	_, size, _, err := deltaSizes(beginning)
	if err != nil || size > uint64(limit) {
		return 0, errPack
	}
	return int(size), nil
}

func (p *pack) inflate(e packEntry) ([]byte, error) {
	in, err := p.section(e.data, mostDeflated(e.size))
	if err != nil {
		return nil, err
	}
	return inflate(in, e.size)
}

// mostDeflated is more than so many bytes take when they are compressed: zlib writes down as
// they are what it can not make smaller.
func mostDeflated(size int) int { return size + size/1000 + 64 }

// section reads some bytes, or what there is.
func (p *pack) section(at int64, size int) ([]byte, error) {
	b := make([]byte, min(int64(size), max(p.size-at, 0)))
	if n, err := p.file.ReadAt(b, at); n < len(b) {
		return nil, errors.Join(errPack, err)
	}
	return b, nil
}
