package main

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"weak"
)

// The heap at which garbage is collected first: of most commands, and of a review, of
// which nearly as much is in use at its end when it is large.
const (
	collectAt       = 64 << 20
	collectReviewAt = 192 << 20
)

// A collection is the first one of garbage, put off until there is something to gain: what
// most commands make in their few milliseconds is gone with the process. From the first
// one on everything is as usual. A limit of memory that somebody set counts all along.
type collection struct {
	percent int                    // of the second one, as it was when the process began
	mark    weak.Pointer[[16]byte] // to garbage, whose end tells of the first one
}

// collectLater puts off the first garbage collection.
func collectLater() *collection {
	c := &collection{percent: debug.SetGCPercent(percentFor(collectAt))}
	c.await()
	return c
}

// percentFor is the percentage with which garbage is first collected at so many bytes.
func percentFor(bytes int) int {
	const usual = 4 << 20 // where it is with 100
	return 100 * (bytes / usual)
}

// await undoes it at the first collection.
func (c *collection) await() {
	percent := c.percent
	mark := new([16]byte)
	runtime.SetFinalizer(mark, func(*[16]byte) { debug.SetGCPercent(percent) })
	c.mark = weak.Make(mark)
}

// The garbage that a command which keeps little of what it reads leaves may be twice what is in
// use, until that is so much.
const (
	seldomPercent = 200
	seldomUntil   = 64 << 20
)

// seldom collects garbage half as often as usual while little is in use, unless somebody chose
// how often.
func (c *collection) seldom() {
	if c == nil || c.percent != 100 {
		return
	}
	mark := c.mark.Value()
	if mark == nil {
		return
	}
	runtime.SetFinalizer(mark, nil)
	c.awaitMore()
}

// awaitMore is called at each collection.
func (c *collection) awaitMore() {
	mark := new([16]byte)
	runtime.SetFinalizer(mark, func(*[16]byte) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		if metrics.Read(live); live[0].Value.Kind() != metrics.KindUint64 || live[0].Value.Uint64() > seldomUntil {
			debug.SetGCPercent(c.percent)
			return
		}
		debug.SetGCPercent(seldomPercent)
		c.awaitMore()
	})
	c.mark = weak.Make(mark)
}

// expect says that so many bytes of heap may be used before it is worth collecting garbage,
// unless it was collected already, and sees to large pages: of a review with hundreds of
// megabytes a fifth of the time goes into small ones, each of which the system maps and
// clears by itself.
func (c *collection) expect(bytes int) {
	if c == nil {
		return
	}
	mark := c.mark.Value()
	if mark == nil {
		return
	}
	runtime.SetFinalizer(mark, nil)
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetGCPercent(-1)         // what is allocated for it is no reason to collect by itself
		useLargePages(bytes + bytes/8) // some is used before garbage is collected and while it is
	}
	debug.SetGCPercent(percentFor(bytes))
	c.await()
}
