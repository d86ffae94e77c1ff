package clone

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"custody/internal/git"
)

// How copies are kept small, and few.
const (
	// tidyEvery is how often Tidy looks.
	tidyEvery = 10 * time.Minute
	// manyPacks is how many of them are made one: each review brings one or two.
	manyPacks = 50
	// oldTemp is after which time a folder that a killed process left is removed.
	oldTemp = 24 * time.Hour
)

// enter counts a use of a copy; a copy in use is not removed.
func (c *Clones) enter(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.uses[id]++
}

func (c *Clones) leave(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.uses[id]--; c.uses[id] == 0 {
		delete(c.uses, id)
	}
}

func (c *Clones) inUse(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.uses[id] > 0
}

func (c *Clones) dir(id int64) string {
	return filepath.Join(c.folder, strconv.FormatInt(id, 10)+".git")
}

// unused runs fn on a copy that nobody uses, and keeps it from being used meanwhile. It
// does not wait: done is false for one in use.
func (c *Clones) unused(id int64, fn func() error) (done bool, err error) {
	lock := c.lockOf(id)
	select {
	case lock <- struct{}{}:
	default:
		return false, nil
	}
	defer func() { <-lock }()
	if c.inUse(id) {
		return false, nil
	}
	return true, fn()
}

// A copy is one on the disk.
type copyOnDisk struct {
	id    int64
	used  time.Time
	bytes int64
}

// copies are those on the disk, the one first that was not used for longest.
func (c *Clones) copies() ([]copyOnDisk, error) {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return nil, err
	}
	var all []copyOnDisk
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".git")
		id, err := strconv.ParseInt(name, 10, 64)
		if !ok || err != nil || !e.IsDir() {
			continue
		}
		one := copyOnDisk{id: id}
		if info, err := os.Stat(filepath.Join(c.dir(id), usedFile)); err == nil {
			one.used = info.ModTime()
		}
		_ = filepath.WalkDir(c.dir(id), func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				if info, err := d.Info(); err == nil {
					one.bytes += info.Size()
				}
			}
			return nil // what can not be read counts nothing
		})
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b copyOnDisk) int { return a.used.Compare(b.used) })
	return all, nil
}

// usedFile is in each copy; its time is that of the last use.
const usedFile = "used"

func (c *Clones) touch(id int64) {
	file := filepath.Join(c.dir(id), usedFile)
	if now := time.Now(); os.Chtimes(file, now, now) != nil {
		_ = os.WriteFile(file, nil, 0o600)
	}
}

// Tidy makes room, if it did not do so lately: what keep does not want is removed, and then
// those that were not used for longest, until the rest are within the limit; of those that
// were fetched into often, all packs are made one. One in use is left alone. gone are those
// that were removed.
func (c *Clones) Tidy(ctx context.Context, keep func(id int64) bool) (gone []int64, err error) {
	c.mu.Lock()
	due := time.Since(c.tidied) >= tidyEvery
	if due {
		c.tidied = time.Now()
	}
	c.mu.Unlock()
	if !due {
		return nil, nil
	}
	gone, err = c.evict(ctx, keep, c.limit)
	all, cerr := c.copies()
	errs := []error{err, cerr}
	for _, one := range all {
		if ctx.Err() != nil {
			break
		}
		errs = append(errs, c.pack(ctx, one.id)) // one that fails keeps no other from being packed
	}
	return gone, errors.Join(errs...)
}

// evict removes copies that nobody uses: those that keep does not want, and those that were
// not used for longest until the rest are within a limit, 0 for none.
func (c *Clones) evict(ctx context.Context, keep func(id int64) bool, limit int64) (gone []int64, err error) {
	all, err := c.copies()
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for _, one := range all {
		total += one.bytes
	}
	var errs []error
	for _, one := range all {
		if ctx.Err() != nil {
			break
		}
		if (limit <= 0 || total <= limit) && keep(one.id) {
			continue
		}
		done, err := c.unused(one.id, func() error { return os.RemoveAll(c.dir(one.id)) })
		errs = append(errs, err)
		if done && err == nil {
			total -= one.bytes
			gone = append(gone, one.id)
		}
	}
	return gone, errors.Join(errs...)
}

// pack makes one pack of many, and removes what killed processes left.
func (c *Clones) pack(ctx context.Context, id int64) error {
	_, err := c.unused(id, func() error {
		temp := filepath.Join(c.dir(id), "custody", "tmp")
		entries, _ := os.ReadDir(temp) // not there yet
		for _, e := range entries {
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > oldTemp {
				_ = os.RemoveAll(filepath.Join(temp, e.Name()))
			}
		}
		m, err := git.OpenMirror(c.dir(id), git.WithEnviron(c.environ))
		if err != nil {
			return err
		}
		if m.Packs() < c.packs || m.Check() != nil {
			return nil // a damaged one is for its next use
		}
		return m.Repack(ctx)
	})
	return err
}
