package checks

import (
	"context"
	"errors"
	"sync"

	"custody/internal/change"
	"custody/internal/git"
)

// A Cache keeps blobs that one check read for the next, and which lines of them were added.
// Checks may use it at the same time.
type Cache struct {
	mu    sync.Mutex // of the maps, and of what is left
	blobs map[git.OID][]byte
	left  int64
	added map[*change.File]*addedBlocks
}

// addedBlocks are cut out of a text by who first asks for them.
type addedBlocks struct {
	once   sync.Once
	blocks []Block
}

// NewCache is an empty cache of at most Limits.CacheBytes.
func NewCache(lim Limits) *Cache {
	return &Cache{blobs: map[git.OID][]byte{}, left: lim.CacheBytes, added: map[*change.File]*addedBlocks{}}
}

// keep keeps a copy of a blob as long as there is room, and gives it: else what it was given.
func (c *Cache) keep(id git.OID, data []byte) (_ []byte, kept bool) {
	if c == nil {
		return data, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.blobs[id]; b != nil {
		return b, true
	}
	if int64(len(data)) > c.left {
		return data, false
	}
	c.left -= int64(len(data))
	b := append(make([]byte, 0, len(data)), data...)
	c.blobs[id] = b
	return b, true
}

// blob is what was kept of a blob; nil: nothing.
func (c *Cache) blob(id git.OID) []byte {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.blobs[id]
}

// addedLines are those of a file whose text is given, cut out once if the text stays.
func (c *Cache) addedLines(f *change.File, text []byte) []Block {
	if c == nil || !sameText(c.blob(f.ID), text) {
		return addedLines(text, f.Hunks)
	}
	c.mu.Lock()
	a := c.added[f]
	if a == nil {
		a = &addedBlocks{}
		c.added[f] = a
	}
	c.mu.Unlock()
	a.once.Do(func() { a.blocks = addedLines(text, f.Hunks) })
	return a.blocks
}

// sameText says whether two texts are the same bytes of memory.
func sameText(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// errFull says that a cache has no room for more.
var errFull = errors.New("the cache is full")

// Fill reads what files say at head, for checks that come later: as much as there is room
// for. What can not be read is left to them, who say so. The error is that of ctx.
func (c *Cache) Fill(ctx context.Context, head Tree, files []change.File, lim Limits) error {
	var ids []git.OID
	for i := range files {
		if f := &files[i]; f.Mode.IsRegular() && f.ID != f.OldID {
			ids = append(ids, f.ID)
		}
	}
	err := head.Blobs(ctx, ids, lim.FileBytes, func(i int, data []byte, err error) error {
		if err != nil {
			return ctx.Err()
		}
		if _, kept := c.keep(ids[i], data); !kept {
			return errFull
		}
		return nil
	})
	if err != nil {
		return ctx.Err()
	}
	return nil
}
