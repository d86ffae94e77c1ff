package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progressAfter is how long work may take before a terminal shows that it goes on.
const progressAfter = time.Second

// progress shows on a terminal that work which takes over a second goes on. The caller
// stops it before it prints anything else.
func progress(p *process, what string) (stop func()) {
	if !p.terminal {
		return func() {}
	}
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		select {
		case <-done:
			return
		case <-time.After(progressAfter):
		}
		bar := progressbar.NewOptions(-1,
			progressbar.OptionSetWriter(p.err),
			progressbar.OptionSetDescription(what),
			progressbar.OptionSpinnerType(14),
			progressbar.OptionSetElapsedTime(true),
			progressbar.OptionClearOnFinish(),
		)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				_ = bar.Finish()
				return
			case <-tick.C:
				_ = bar.Add(1)
			}
		}
	})
	return func() {
		close(done)
		wait.Wait()
	}
}
