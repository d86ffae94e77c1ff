package store

import (
	"context"
	"errors"
	"time"
)

// A Lock is a name that this process has, and no other. It ends with Unlock, with the process, or
// because the database lost it.
type Lock struct {
	held
	store *Store
	lost  chan struct{}
	stop  func()
}

// ErrLost says that a lock is not held any more, and somebody else may have it: what was done under
// it is to be given up.
var ErrLost = errors.New("the database lost the lock")

// holdEvery is how often it is asked whether a lock is still held, and lostAfter how long that may
// take. A session that is idle for as long may be ended by the server, or by what is before it.
const (
	holdEvery = 5 * time.Second
	lostAfter = 10 * time.Second
)

// Lock takes a name. ok is false while somebody else has it.
func (s *Store) Lock(ctx context.Context, name string) (_ *Lock, ok bool, err error) {
	h, ok, err := s.db.tryLock(ctx, name)
	if err != nil || !ok {
		return nil, false, err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &Lock{h, s, make(chan struct{}), stop}
	go l.watch(watching)
	return l, true, nil
}

// Lost is closed when it is known that the lock is not held any more.
func (l *Lock) Lost() <-chan struct{} { return l.lost }

// Check says ErrLost, or what else went wrong, if it is not known that the lock is held. It asks the
// database.
func (l *Lock) Check(ctx context.Context) error {
	// Not with ctx: to end a question ends the session, and others wait for the connection.
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), lostAfter)
	defer cancel()
	return l.check(asking)
}

// Unlock lets the name go.
func (l *Lock) Unlock() {
	l.stop()
	l.unlock()
}

func (l *Lock) watch(ctx context.Context) {
	tick := time.NewTicker(holdEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := l.Check(ctx)
		if ctx.Err() == nil && err != nil {
			close(l.lost)
			return
		}
	}
}
