// Package clone keeps bare copies of the repositories that are reviewed, one folder each,
// named by the repository's number, which stays when it is renamed.
//
//	<folder>/lock                held by the process that uses the folder
//	<folder>/<id>.git            objects and refs, see git.Mirror
//	<folder>/<id>.git/custody    what files say of themselves, and the last graph
//	<folder>/<id>.git/used       is as old as the last use
//
// A copy is a cache: whoever removes it loses time and nothing else. So one that is damaged,
// or not used for long where room is needed, is removed.
package clone

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"custody/impact/cache"
	"custody/internal/filelock"
	"custody/internal/git"
)

// Clones are all copies of one server.
type Clones struct {
	folder  string
	environ []string
	program string // tells builds apart, see cache.OpenGraphs
	limit   int64  // of bytes for all; 0: none
	packs   int    // as many are made one

	mu      sync.Mutex
	locks   map[int64]chan struct{}
	uses    map[int64]int
	failed  map[int64]int // reviews in a row that a copy may be to blame for
	renewed map[int64]time.Time
	tidied  time.Time
}

// Options are what Open needs besides the folder.
type Options struct {
	Environ []string // of the process, for git: its PATH, and what it says of proxies and certificates
	Program string   // tells builds apart that may read a tree differently
	Bytes   int64    // that all copies may take, see Tidy; 0: any number
}

// Open makes the folder if it is missing. Who uses it holds it.
func Open(folder string, o Options) (*Clones, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("opening the folder of clones: %w", err)
	}
	if err := cache.Private(folder); err != nil {
		return nil, fmt.Errorf("the folder of clones: %w", err)
	}
	return &Clones{
		folder: folder, environ: o.Environ, program: o.Program, limit: o.Bytes, packs: manyPacks,
		locks: map[int64]chan struct{}{}, uses: map[int64]int{}, failed: map[int64]int{}, renewed: map[int64]time.Time{},
	}, nil
}

// Hold keeps other processes from the folder until the file is closed: who removes copies has to
// know which are in use.
func (c *Clones) Hold() (*os.File, error) {
	f, err := filelock.Hold(filepath.Join(c.folder, "lock"))
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil, fmt.Errorf("the folder of clones %s is in use by another process: give each process one of its own", c.folder)
	case err != nil:
		return nil, fmt.Errorf("the folder of clones: %w", err)
	}
	return f, nil
}

// A Clone is a copy that is in use.
type Clone struct {
	*git.Repository
	Facts  *cache.Store
	Graphs *cache.Graphs

	all    *Clones
	id     int64
	mirror *git.Mirror
	from   git.Remote
	lock   chan struct{}
	also   map[[2]git.OID]bool
	leave  sync.Once
}

// NoteRefs are those under which notes on commits are looked for, see attestation.
var NoteRefs = []string{"refs/notes/ai", "refs/notes/agent-trace", "refs/notes/custody"}

// Get brings what is wanted of a repository up to date, with its notes, and opens the copy.
// A ref that is gone is git.ErrNoRemoteRef. One that is damaged is made anew.
func (c *Clones) Get(ctx context.Context, id int64, from git.Remote, want git.Want) (*Clone, error) {
	lock := c.lockOf(id)
	if err := take(ctx, lock); err != nil {
		return nil, err
	}
	defer func() { <-lock }()
	want.Refs = slices.Clone(want.Refs)
	for _, n := range NoteRefs {
		want.Refs = append(want.Refs, n+"*") // a pattern, so that a ref which is not there is no error
	}
	if err := c.renewDamaged(id); err != nil {
		return nil, err
	}
	k, err := c.get(ctx, id, from, want)
	if err != nil && ctx.Err() == nil && noSpace(err) && c.makeRoom(ctx) {
		k, err = c.get(ctx, id, from, want)
	}
	return k, err
}

func (c *Clones) get(ctx context.Context, id int64, from git.Remote, want git.Want) (*Clone, error) {
	dir := c.dir(id)
	m, err := git.OpenMirror(dir, git.WithEnviron(c.environ))
	if err != nil {
		return nil, err
	}
	c.touch(id)
	if err := m.Fetch(ctx, from, want); err != nil {
		if !errors.Is(err, git.ErrNoRemoteRef) && !errors.Is(err, git.ErrTooMuch) && m.Reachable(ctx, from) {
			c.Suspect(id) // it is not GitHub that fails
		}
		return nil, err
	}
	repo, err := git.Open(ctx, dir, git.WithEnviron(c.environ), git.WithTemp(func(string) (string, error) {
		tmp := filepath.Join(dir, "custody", "tmp")
		return tmp, os.MkdirAll(tmp, 0o700)
	}))
	if err != nil {
		if ctx.Err() == nil {
			c.Suspect(id)
		}
		return nil, err
	}
	c.enter(id)
	return &Clone{
		Repository: repo, all: c, id: id, mirror: m, from: from, lock: c.lockOf(id), also: map[[2]git.OID]bool{},
		Facts:  cache.Open(filepath.Join(dir, "custody", cache.FileName)),
		Graphs: cache.OpenGraphs(filepath.Join(dir, "custody", cache.GraphFileName), c.program),
	}, nil
}

// Close ends a use.
func (c *Clone) Close() error {
	c.leave.Do(func() { c.all.leave(c.id) })
	return c.Repository.Close()
}

// Complete fetches the blobs that a review of base..head reads.
func (c *Clone) Complete(ctx context.Context, base, head git.OID) error {
	if err := take(ctx, c.lock); err != nil {
		return err
	}
	defer func() { <-c.lock }()
	return c.complete(ctx, base, head)
}

// Bring fetches a commit by its id, unless it is here. One that the forge has no more is
// git.ErrNoRemoteRef.
func (c *Clone) Bring(ctx context.Context, id git.OID) error {
	if err := take(ctx, c.lock); err != nil {
		return err
	}
	defer func() { <-c.lock }()
	return c.bring(ctx, id)
}

func (c *Clone) bring(ctx context.Context, id git.OID) error {
	if _, err := c.Commit(ctx, id); err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return c.mirror.Fetch(ctx, c.from, git.Want{Commits: []git.OID{id}})
}

// Also fetches another commit by its id, and the blobs of what it changes since base.
func (c *Clone) Also(ctx context.Context, base, id git.OID) error {
	if c.also[[2]git.OID{base, id}] {
		return nil
	}
	if err := take(ctx, c.lock); err != nil {
		return err
	}
	defer func() { <-c.lock }()
	err := c.bring(ctx, id)
	if err == nil {
		err = c.complete(ctx, base, id)
	}
	if c.also[[2]git.OID{base, id}] = err == nil; err == nil || errors.Is(err, git.ErrNoRemoteRef) || errors.Is(err, git.ErrMissing) || errors.Is(err, git.ErrTooMuch) {
		return err
	}
	return &FetchError{id.String(), err}
}

// A FetchError says that a commit, or what it holds, could not be fetched, though the forge may
// have it.
type FetchError struct {
	Commit string
	why    error
}

func (e *FetchError) Error() string { return "fetching commit " + e.Commit + ": " + e.why.Error() }
func (e *FetchError) Unwrap() error { return e.why }

func (c *Clone) complete(ctx context.Context, base, head git.OID) error {
	bases := []git.OID{base}
	var more []git.OID
	var fork error
	var side sync.WaitGroup
	side.Go(func() { // each asks a git of its own
		if !base.IsZero() {
			more, fork = c.MergeBases(ctx, base, head)
		}
	})
	notes, err := c.NoteRefs(ctx, NoteRefs...)
	side.Wait()
	if err = errors.Join(err, fork); err != nil {
		return err
	}
	bases = append(bases, more...)
	err = c.mirror.FetchMissing(ctx, c.from, head, bases, slices.Collect(maps.Values(notes))...)
	if err != nil && ctx.Err() == nil && noSpace(err) && c.all.makeRoom(ctx) {
		err = c.mirror.FetchMissing(ctx, c.from, head, bases, slices.Collect(maps.Values(notes))...)
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, git.ErrTooMuch) && c.mirror.Reachable(ctx, c.from) {
		c.Suspect()
	}
	return err
}

// Save keeps what was learnt for the next review. That it can not be kept costs time.
func (c *Clone) Save() error {
	err := c.Facts.SaveMany()
	if e := c.Graphs.Save(); err == nil {
		err = e
	}
	if errors.Is(err, cache.ErrBusy) {
		return nil
	}
	return err
}

func (c *Clones) lockOf(id int64) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.locks[id] == nil {
		c.locks[id] = make(chan struct{}, 1)
	}
	return c.locks[id]
}

func take(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
