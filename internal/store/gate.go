package store

import "sync"

// A gate lets through together what waits together: a transaction that is on the disk
// costs the same for one row and for many.
type gate[T any] struct {
	mu      sync.Mutex
	waiting []T
	open    bool // somebody is letting them through
}

// maxTogether bounds one transaction.
const maxTogether = 64

// join has something written with what else waits; tell is called for each when that is
// done. It does not wait.
func (g *gate[T]) join(a T, write func([]T), tell func(T)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, a)
	if g.open {
		return
	}
	g.open = true
	go func() {
		for {
			g.mu.Lock()
			if len(g.waiting) == 0 {
				g.open = false
				g.mu.Unlock()
				return
			}
			n := min(len(g.waiting), maxTogether)
			now := g.waiting[:n:n]
			g.waiting = g.waiting[n:]
			g.mu.Unlock()
			write(now)
			for _, a := range now {
				tell(a)
			}
		}
	}()
}
