package parallel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestTogether(t *testing.T) {
	fine := func(context.Context) error { return nil }
	wrong := errors.New("wrong")
	fails := func(context.Context) error { return wrong }
	waits := func(ctx context.Context) error { // until it is called off
		<-ctx.Done()
		return ctx.Err()
	}
	for _, c := range []struct {
		name        string
		here, there func(context.Context) error
		want        error
	}{
		{"both are fine", fine, fine, nil},
		{"here fails", fails, fine, wrong},
		{"there fails", fine, fails, wrong},
		{"here calls there off", fails, waits, wrong},
		{"there calls here off", waits, fails, wrong},
	} {
		if err := Together(context.Background(), c.here, c.there); err != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	called, call := context.WithCancelCause(context.Background())
	call(wrong)
	if err := Together(called, waits, waits); err != wrong {
		t.Errorf("called off from outside: %v", err)
	}
	panics := func(context.Context) error { panic("oh") }
	for name, sides := range map[string][2]func(context.Context) error{
		"here": {panics, waits}, "there": {waits, panics},
	} {
		func() {
			defer func() {
				if v := recover(); v != "oh" {
					t.Errorf("a panic %s ends as %v", name, v)
				}
			}()
			_ = Together(context.Background(), sides[0], sides[1])
			t.Errorf("a panic %s was lost", name)
		}()
	}
}

func TestTask(t *testing.T) {
	wrong := errors.New("wrong")
	if err := Begin(t.Context(), func(context.Context) error { return wrong }).End(); err != wrong {
		t.Errorf("a task that fails: %v", err)
	}
	over := false
	Begin(t.Context(), func(ctx context.Context) error {
		<-ctx.Done() // until it is called off
		over = true
		panic("nobody is told")
	}).Drop()
	if !over {
		t.Error("Drop came back before the task was over")
	}
	defer func() {
		if v := recover(); v != "oh" {
			t.Errorf("a panic ends as %v", v)
		}
	}()
	_ = Begin(t.Context(), func(context.Context) error { panic("oh") }).End()
	t.Error("a panic was lost")
}

func TestDo(t *testing.T) {
	Do()
	for _, panics := range []int{-1, 0, 1, 2} {
		var done atomic.Int32
		all := make([]func(), 3)
		for i := range all {
			all[i] = func() {
				if i == panics {
					panic("oh")
				}
				done.Add(1)
			}
		}
		func() {
			defer func() {
				if v := recover(); (v != nil) != (panics >= 0) || v != nil && v != "oh" {
					t.Errorf("a panic of number %d ends as %v", panics, v)
				}
			}()
			Do(all...)
		}()
		if want := int32(len(all)); panics < 0 && done.Load() != want || panics >= 0 && done.Load() != want-1 {
			t.Errorf("with a panic of number %d, %d of the others came to their end", panics, done.Load())
		}
	}
}
