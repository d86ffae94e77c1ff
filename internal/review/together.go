package review

import "context"

// together does two things at the same time. When one fails the other is called off, and
// what failed first is the error. A panic of either is the caller's.
func together(ctx context.Context, here, there func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	run := func(do func(context.Context) error) (err error) {
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
	var err, other error
	var panicked any
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { panicked = recover() }()
		other = run(there)
	}()
	func() {
		defer func() { <-ended }() // it uses what is closed after this
		err = run(here)
	}()
	switch {
	case panicked != nil:
		panic(panicked)
	case err == nil && other == nil:
		return nil
	}
	return context.Cause(ctx)
}
