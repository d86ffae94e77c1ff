package clone

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"custody/internal/git"
)

// A copy that fails is made anew: at once where it can be seen that it is damaged, else
// when two reviews in a row failed for which nobody but the copy may be to blame.
const (
	suspicious = 2
	// renewEvery is how often that second kind is made anew at most: if it does not help,
	// it is not the copy.
	renewEvery = time.Hour
)

// Suspect says that a copy may be to blame for a review that failed.
func (c *Clones) Suspect(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed[id]++
}

// Suspect says that this copy may be to blame for a review that failed.
func (c *Clone) Suspect() { c.all.Suspect(c.id) }

// Trust says that a review of this copy ended well.
func (c *Clone) Trust() {
	c.all.mu.Lock()
	defer c.all.mu.Unlock()
	delete(c.all.failed, c.id)
}

// renewDamaged removes a copy that is damaged, for the next fetch to make it anew. The
// caller holds its lock.
func (c *Clones) renewDamaged(id int64) error {
	m, err := git.OpenMirror(c.dir(id), git.WithEnviron(c.environ))
	damaged := err != nil || m.Check() != nil
	c.mu.Lock()
	suspected := c.failed[id] >= suspicious && time.Since(c.renewed[id]) >= renewEvery
	c.mu.Unlock()
	switch {
	case !damaged && !suspected:
		return nil
	case c.inUse(id):
		return errors.New("the copy of the repository is damaged, and in use")
	}
	if err := os.RemoveAll(c.dir(id)); err != nil {
		return fmt.Errorf("removing a damaged copy: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.failed, id)
	if suspected {
		c.renewed[id] = time.Now()
	}
	return nil
}

// noSpace says whether something failed for want of room on the disk: ours, or git's.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) ||
		strings.Contains(err.Error(), "No space left on device") || strings.Contains(err.Error(), "Disk quota exceeded")
}

// makeRoom removes half of what all copies take, those first that were not used for longest;
// one in use stays, and so does that whose lock the caller holds. It says whether anything
// was removed.
func (c *Clones) makeRoom(ctx context.Context) bool {
	all, err := c.copies()
	if err != nil {
		return false
	}
	total := int64(0)
	for _, one := range all {
		total += one.bytes
	}
	gone, _ := c.evict(ctx, func(int64) bool { return true }, max(total/2, 1))
	return len(gone) > 0
}
