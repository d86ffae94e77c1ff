package githubtest

import (
	"slices"
	"sync"
	"time"
)

// busy is when requests, to the API or of git, were inside the server.
type busy struct {
	mu    sync.Mutex
	spans []span
}

type span struct{ from, to time.Time }

func (b *busy) enter() (leave func()) {
	from := time.Now()
	return func() {
		to := time.Now()
		b.mu.Lock()
		defer b.mu.Unlock()
		b.spans = append(b.spans, span{from, to})
	}
}

// Busy is how long, of a stretch of time, at least one request was inside this server: what
// a client could not have been quicker than. Requests at the same time count once.
func (gh *GitHub) Busy(from, to time.Time) time.Duration {
	gh.busy.mu.Lock()
	spans := slices.Clone(gh.busy.spans)
	gh.busy.mu.Unlock()
	slices.SortFunc(spans, func(a, b span) int { return a.from.Compare(b.from) })
	total := time.Duration(0)
	for _, s := range spans {
		if s.from.Before(from) {
			s.from = from
		}
		if s.to.After(to) {
			s.to = to
		}
		if s.to.After(s.from) {
			total += s.to.Sub(s.from)
			from = s.to
		}
	}
	return total
}
