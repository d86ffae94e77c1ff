package main

import (
	"fmt"
	"sync"
	"time"
)

// progress shows on a terminal that work which takes over a second goes on, and for how
// long. The caller stops it before it prints anything else.
func progress(p *process, what string) (stop func()) {
	if !p.terminal {
		return func() {}
	}
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for seconds := 1; ; seconds++ {
			select {
			case <-done:
				fmt.Fprint(p.err, "\r\x1b[K") // leave an empty line behind
				return
			case <-tick.C:
				fmt.Fprintf(p.err, "\r%s ... %d s", what, seconds)
			}
		}
	})
	return func() {
		close(done)
		wait.Wait()
	}
}
