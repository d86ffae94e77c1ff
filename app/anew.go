package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"custody/app/effect"
)

// While a change is judged anew, its check still says what came out before. For the part of a
// second that a review takes, that is as good as the delivery being on its way for as much longer;
// but a review that takes long, or has to be made again, must not leave a success standing.
// GitHub does not let a run that was completed be in progress again, so it is cancelled until the
// verdict is there.

// slowly is how long a success may stand while a change is judged anew.
const slowly = 10 * time.Second

// takeBack has no success stand if the review takes long, or was tried before; until concluding is
// called, which says that the verdict is there.
func (j *job) takeBack(ctx context.Context) {
	wait := j.Slowly
	if j.task.Try > 1 {
		wait = 0
	}
	if !j.shows || j.subject.DoneTurn >= j.task.Turn { // the turn has its verdict
		j.concluding = func() {}
		return
	}
	if stale, err := j.check.Stale(ctx, j.subject.DoneHead); err != nil {
		j.log.WithError(err).Warn("it is not known whether a success stands")
	} else if stale {
		wait = 0
	}
	settled, over := make(chan struct{}), make(chan struct{})
	j.concluding = sync.OnceFunc(func() {
		close(settled)
		<-over
	})
	go func() {
		defer close(over)
		if wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case <-settled:
				return
			case <-ctx.Done():
				return
			case <-timer.C:
			}
		}
		j.telling.Lock()
		defer j.telling.Unlock()
		switch is, err := j.check.TakeBack(ctx); {
		case errors.Is(err, effect.ErrOverwritten):
			j.log.WithError(err).Info("somebody else wrote to the check run while a success was taken back: what it shows was looked at")
		case err != nil && ctx.Err() == nil:
			j.log.WithError(err).Warn("a success stands while the change is judged anew")
		case is:
			j.log.Info("the success does not stand while the change is judged anew")
		}
	}()
}
