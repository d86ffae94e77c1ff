package impact

import (
	"context"
	"errors"

	"custody/impact/lang"
	"custody/internal/git"
)

// A Source is what Build needs of a repository.
type Source interface {
	// Walk calls fn for everything below a tree that is not a folder, in git's order,
	// with its full path, and, with an error, for a folder that can not be listed
	// ("." or "" is the whole tree; ErrLimit in the error says that it could be, but is over
	// a limit). It stops at the first error that fn returns, and returns that.
	Walk(ctx context.Context, tree git.OID, fn func(path string, e git.Entry, err error) error) error
	// Blobs reads many blobs of at most limit bytes. It calls fn once for each place
	// in ids, one call at a time, with the blob, whose bytes fn may keep only until it
	// returns, or with the reason why it can not be read (a *git.TooLargeError for
	// one over the limit). It stops at the first error that fn returns.
	Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error
}

// ErrLimit says that a folder is not listed because it is too large.
var ErrLimit = errors.New("over a limit")

// A FactKey names what one extractor says of one blob. It never changes its meaning, so
// what is stored under it may be kept for ever.
type FactKey struct {
	Blob     git.OID
	Language string
	Version  uint16 // of the extractor
}

// A Fact is what is stored under a FactKey. Readers do not alter it. Who wants to know what
// the file defines and mentions calls unpacked first.
type Fact struct {
	lang.Facts
	Size int64 // of the blob, in bytes

	packed string // see pack
}

// A FactStore keeps facts between builds. It is used by one goroutine at a time. What
// it does not have costs time, never an answer; what it has must be what Put was given.
type FactStore interface {
	Get(FactKey) (*Fact, bool)
	Put(FactKey, *Fact)
}

// Memory is a FactStore for one process. The zero value is empty and ready.
type Memory struct {
	facts map[FactKey]*Fact
}

// Get finds what Put was given.
func (m *Memory) Get(k FactKey) (*Fact, bool) {
	f, ok := m.facts[k]
	return f, ok
}

// Put keeps f.
func (m *Memory) Put(k FactKey, f *Fact) {
	if m.facts == nil {
		m.facts = make(map[FactKey]*Fact)
	}
	m.facts[k] = f
}
