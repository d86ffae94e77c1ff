// Package parallel does things at the same time that have nothing to do with each other.
//
// It promises that nothing goes on behind its caller's back: whoever began something gets
// its error and its panic, or has called it off and waited until it was over.
package parallel

import (
	"context"
	"sync"
)

// A Task is something that was begun. Whoever began it calls End or Drop.
type Task struct {
	stop     context.CancelFunc
	ended    chan struct{}
	err      error
	panicked any
}

// Begin does something while the caller goes on.
func Begin(ctx context.Context, do func(context.Context) error) *Task {
	ctx, stop := context.WithCancel(ctx)
	t := &Task{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(t.ended)
		defer func() { t.panicked = recover() }()
		t.err = do(ctx)
	}()
	return t
}

// End waits for the end of it, and gives its error. A panic is the caller's from here on.
func (t *Task) End() error {
	<-t.ended
	t.stop()
	if t.panicked != nil {
		panic(t.panicked)
	}
	return t.err
}

// Drop calls it off and waits until it is over, however it ends.
func (t *Task) Drop() {
	t.stop()
	<-t.ended
}

// Together does two things. When one fails the other is called off, and what failed first
// is the error.
func Together(ctx context.Context, here, there func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := func(do func(context.Context) error) func(context.Context) error {
		return func(context.Context) (err error) {
			failed := true // as long as it has not come back
			defer func() {
				if failed {
					cancel(err)
				}
			}()
			err = do(ctx)
			failed = err != nil
			return err
		}
	}
	task := Begin(ctx, run(there))
	err := func() error {
		defer func() { <-task.ended }() // it uses what is closed after this
		return run(here)(ctx)
	}()
	if other := task.End(); err == nil && other == nil {
		return nil
	}
	return context.Cause(ctx)
}

// Do does all of it and waits for the end of all. A panic is the caller's, whoever else
// still had to come to an end.
func Do(all ...func()) {
	panicked := make([]any, len(all))
	var others sync.WaitGroup
	run := func(i int) {
		defer func() { panicked[i] = recover() }()
		all[i]()
	}
	for i := 1; i < len(all); i++ {
		others.Go(func() { run(i) })
	}
	if len(all) > 0 {
		run(0)
	}
	others.Wait()
	for _, v := range panicked {
		if v != nil {
			panic(v)
		}
	}
}
