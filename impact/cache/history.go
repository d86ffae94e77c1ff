package cache

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"custody/impact/wire"
	"custody/internal/git"
)

// History keeps what the last commits before one changed: for each, it is the same for
// ever. What holds for a Store holds for it.
type History struct {
	path    string
	loaded  bool
	head    string // what the content answers
	content *pages
	kept    []byte // to be written
	keptFor string
}

// HistoryFileName is the name of the file within a repository's cache folder.
const HistoryFileName = "history"

// A history file is a paged one. Its head is the commit's id (with its length in front) and
// the two limits; its content is whether there is more, and for each commit how many paths
// are not listed, how many are, and of each path how much of the one before it begins
// with, and the rest.
const historyMagic = "custody histor\x00\x01"

// OpenHistory opens a history file; "" keeps nothing.
func OpenHistory(path string) *History { return &History{path: path} }

// A Toucher tells history; *git.Repository is one.
type Toucher interface {
	EachTouched(ctx context.Context, head git.OID, max, most int, fn func(git.Touched) error) (more bool, err error)
	Shallow() bool
}

// EachTouched is that of the repository, out of the file where it has the answer. A
// shallow repository may be deepened, so nothing is kept of it.
func (h *History) EachTouched(ctx context.Context, from Toucher, head git.OID, max, most int, fn func(git.Touched) error) (more bool, err error) {
	if h.path == "" || from.Shallow() {
		return from.EachTouched(ctx, head, max, most, fn)
	}
	key := wire.AppendString(nil, string(head.Bytes()))
	key = wire.AppendUint(wire.AppendUint(key, uint64(max)), uint64(most))
	if list, more, ok := h.find(string(key)); ok {
		for _, t := range list {
			if err := fn(t); err != nil {
				return false, err
			}
		}
		return more, ctx.Err()
	}
	var b []byte
	last := ""
	more, err = from.EachTouched(ctx, head, max, most, func(t git.Touched) error {
		b = wire.AppendUint(b, uint64(t.More))
		b = wire.AppendUint(b, uint64(len(t.Paths)))
		for _, p := range t.Paths {
			n := shared(last, p)
			b = wire.AppendString(wire.AppendUint(b, uint64(n)), p[n:])
			last = p
		}
		return fn(t)
	})
	if err == nil {
		h.kept, h.keptFor = append([]byte{bit(more)}, b...), string(key)
	}
	return more, err
}

func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// find reads the whole answer, or says that it is not there.
func (h *History) find(key string) (list []git.Touched, more, ok bool) {
	if !h.loaded {
		h.loaded = true
		if head, content, err := openPages(h.path, historyMagic); err == nil { // else it is made anew
			h.head, h.content = head, content
		}
	}
	if h.content == nil || h.head != key {
		return nil, false, false
	}
	data := h.content.Bytes(0, h.content.Len())
	if data == nil {
		return nil, false, false
	}
	return decodeHistory(string(data))
}

func decodeHistory(data string) (list []git.Touched, more, ok bool) {
	d := wire.Decoder{Rest: data}
	more = d.Byte() == 1
	var text strings.Builder // all paths, one behind the other
	text.Grow(4 * len(data))
	ends := make([]int, 0, len(data)/16) // of each in text
	var counts []int                     // of the paths of each commit
	last, start := 0, 0                  // where the one before began and ended
	for d.Rest != "" {
		t := git.Touched{More: int(d.Uint(math.MaxInt32))}
		n := d.Count(2)
		list, counts = append(list, t), append(counts, n)
		for range n {
			same := int(d.Uint(uint64(start - last)))
			rest := d.String()
			if d.Bad || text.Len()+same+len(rest) > maxHistoryText {
				return nil, false, false
			}
			text.WriteString(text.String()[last : last+same])
			text.WriteString(rest)
			last, start = start, text.Len()
			ends = append(ends, start)
		}
	}
	all, paths := text.String(), make([]string, len(ends))
	start = 0
	for i, end := range ends {
		paths[i] = all[start:end]
		start = end
	}
	for i, n := range counts {
		if n > 0 {
			list[i].Paths, paths = paths[:n:n], paths[n:]
		}
	}
	return list, more, !d.Bad
}

// maxHistoryText bounds the paths of all commits, in bytes: each may begin as the one before
// it.
const maxHistoryText = 256 << 20

// Save writes what was learnt, if anything was.
func (h *History) Save() error {
	if h.kept == nil || h.path == "" {
		return nil
	}
	if err := h.save(); err != nil {
		return fmt.Errorf("writing cache %s: %w", h.path, err)
	}
	h.kept = nil
	return nil
}

func (h *History) save() error {
	folder := filepath.Dir(h.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := checkFolder(folder); err != nil {
		return err
	}
	unlock, err := lock(h.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	return replace(h.path, func(out pagedOutput) error { return writePaged(out, historyMagic, []byte(h.keptFor), whole(h.kept)) })
}
