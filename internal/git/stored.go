package git

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// A stored reads objects of a repository by itself, out of packs and loose files: to ask a
// process takes longer than that for the few that a small change needs, and of the many that a
// graph is made from several cores read more than one process does (see storedmany.go).
//
// It never says more than it knows. An object is believed when its bytes have the hash that
// is its id, and whatever is not found, too large, damaged or of another kind of repository
// is left to git: what it does not have may still be there (in a quarantine, in another
// repository, in a pack that came later), and why it can not be read git says better.
type stored struct {
	dir   string // of objects
	once  sync.Once
	packs []*pack
	bases keptObjects[packPlace] // others are made of them
	read  keptObjects[OID]
	mu    sync.Mutex
	last  *pack // in which something was found: the next is likely there, too
	ended bool
}

// What is left to git.
const (
	maxStored    = 1 << 20 // bytes of an object, or of what it is made of
	maxPacks     = 64
	maxPackFiles = 1000 // whatever they are
)

// object reads one, and says what kind it is. Its bytes are not to be written to.
func (s *stored) object(id OID) (kind string, data []byte, ok bool) {
	if s == nil || len(id.Bytes()) != idBytes || id.IsZero() {
		return "", nil, false
	}
	if o, ok := s.read.get(id); ok {
		return o.kind, o.data, true
	}
	if kind, data, ok = s.packed(id); !ok {
		kind, data, ok = s.loose(id)
	}
	if !ok || hashed(kind, data) != id {
		return "", nil, false
	}
	s.read.put(id, kind, data)
	return kind, data, true
}

// hashed is the id of an object.
func hashed(kind string, data []byte) OID {
	h := sha1.New()
	head := append(make([]byte, 0, 32), kind...)
	head = strconv.AppendInt(append(head, ' '), int64(len(data)), 10)
	h.Write(append(head, 0))
	h.Write(data)
	var o OID
	o.size = uint8(len(h.Sum(o.b[:0])))
	return o
}

// head says of what kind an object is, and how large, as the repository has it: what is in it
// was not looked at.
func (s *stored) head(id OID) (kind string, size int, ok bool) {
	if s == nil || len(id.Bytes()) != idBytes || id.IsZero() {
		return "", 0, false
	}
	if o, ok := s.read.get(id); ok {
		return o.kind, len(o.data), true
	}
	if p, at := s.find(id); p != nil {
		kind, size, err := p.head(at, maxStored)
		return kind, size, err == nil
	}
	kind, data, ok := s.object(id) // a file of its own, which is read soon
	return kind, len(data), ok
}

func (s *stored) packed(id OID) (kind string, data []byte, ok bool) {
	p, at := s.find(id)
	if p == nil {
		return "", nil, false
	}
	kind, data, err := p.object(at, maxStored, &s.bases)
	return kind, data, err == nil
}

// find finds the pack that has an object.
func (s *stored) find(id OID) (in *pack, at int64) {
	s.once.Do(s.open)
	s.mu.Lock()
	packs, last := s.packs, s.last
	s.mu.Unlock()
	if last != nil {
		if at, found := last.index.find(id.Bytes()); found {
			return last, at
		}
	}
	for _, p := range packs {
		if p == last {
			continue
		}
		if at, found := p.index.find(id.Bytes()); found {
			s.mu.Lock()
			s.last = p
			s.mu.Unlock()
			return p, at
		}
	}
	return nil, 0
}

// open opens the packs that are there, the large ones first.
func (s *stored) open() {
	list, err := os.ReadDir(filepath.Join(s.dir, "pack"))
	if err != nil || len(list) > maxPackFiles {
		return
	}
	var packs []*pack
	for _, f := range list {
		if !strings.HasSuffix(f.Name(), ".idx") || len(packs) == maxPacks {
			continue
		}
		if p, err := openPack(filepath.Join(s.dir, "pack", f.Name())); err == nil {
			packs = append(packs, p)
		}
	}
	slices.SortStableFunc(packs, func(a, b *pack) int { return int(b.index.first[256]) - int(a.index.first[256]) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		closePacks(packs)
		return
	}
	s.packs = packs
}

// maxLoose is how long the file of an object may be.
const maxLoose = maxStored + maxStored/8

func (s *stored) loose(id OID) (kind string, data []byte, ok bool) {
	name := id.String()
	f, size, err := openRegular(filepath.Join(s.dir, name[:2], name[2:]))
	if err != nil {
		return "", nil, false
	}
	defer f.Close()
	if size > maxLoose {
		return "", nil, false
	}
	in := make([]byte, size)
	if n, _ := f.ReadAt(in, 0); n < len(in) {
		return "", nil, false
	}
	kind, data, err = looseObject(in)
	return kind, data, err == nil
}

// looseObject reads "blob 12\0" and so many bytes.
func looseObject(in []byte) (kind string, data []byte, err error) {
	const longest = 32 // of the head
	head, err := inflateBeginning(in, longest)
	if err != nil {
		return "", nil, err
	}
	line, _, whole := bytes.Cut(head, []byte{0})
	word, digits, spaced := bytes.Cut(line, []byte{' '})
	length, err := strconv.Atoi(string(digits))
	if !whole || !spaced || err != nil || length < 0 || length > maxStored {
		return "", nil, errInflate
	}
	all, err := inflate(in, len(line)+1+length)
	if err != nil {
		return "", nil, err
	}
	return kindName(word), all[len(line)+1:], nil
}

func (s *stored) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	closePacks(s.packs)
	s.packs, s.last = nil, nil
	s.bases.drop()
	s.read.drop()
}

func closePacks(packs []*pack) {
	for _, p := range packs {
		p.close()
	}
}

// openRegular opens a file, and nothing that is none: a pipe would keep us waiting.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
