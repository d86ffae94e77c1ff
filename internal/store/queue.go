package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// A Worker does what jobs stand for. A job that fails runs again later, with longer and
// longer breaks in between; so everything it does must bear to be done again.
type Worker interface {
	// Decide says what follows from a delivery. last says that there will be no other try.
	Decide(ctx context.Context, guid string, last bool) error
	// Review works on a subject. A turn that is no longer its newest has nothing to do.
	// tries counts from 1; last says that there will be no other.
	Review(ctx context.Context, t Task) error
	// Tick is called every now and then, by one process of all.
	Tick(ctx context.Context, what Tick) error
}

// A Task is one turn of a subject.
type Task struct {
	Repo    int64
	Subject string
	Turn    int64
	Try     int
	Last    bool
}

// A Tick is work that comes round.
type Tick string

const (
	Sweep     Tick = "sweep"     // look for deliveries that never came
	Reconcile Tick = "reconcile" // hold what we know against what the forge says
	Prune     Tick = "prune"     // remove what is too old
)

// every says how often, where Options do not.
var every = map[Tick]time.Duration{Sweep: 5 * time.Minute, Reconcile: 10 * time.Minute, Prune: time.Hour}

// ErrBusy is what Review returns when another one works on the subject: it comes again
// soon, and that does not count as a try.
var ErrBusy = errors.New("another review of this is under way")

// A LaterError is what a Worker returns when there is nothing to do before some time has
// passed, such as that of a rate limit. It does not count as a try.
type LaterError struct {
	After time.Duration
	Why   error
}

func (e *LaterError) Error() string {
	return fmt.Sprintf("not before %s: %v", e.After.Round(time.Second), e.Why)
}

func (e *LaterError) Unwrap() error { return e.Why }

// snooze makes what River understands of errors that are no failures.
func snooze(err error) error {
	var later *LaterError
	switch {
	case errors.Is(err, ErrBusy):
		return river.JobSnooze(busyWait)
	case errors.As(err, &later):
		return river.JobSnooze(max(later.After, busyWait))
	}
	return err
}

// A queue starts and stops.
type queue interface {
	start(ctx context.Context) error
	stop(ctx context.Context) error
}

// Names of the queues. Decisions are quick; that reviews take their time must not make
// them wait.
const (
	deliveryQueue = "deliveries"
	reviewQueue   = "reviews"
	tickQueue     = "ticks"
	sweepQueue    = "sweeps" // a look around may take a quarter of an hour, and deliveries are missed meanwhile
)

const (
	deliveryTries = 8
	reviewTries   = 10
)

// A job is an argument of River's.
type job interface {
	river.JobArgs
	options() *river.InsertOpts
}

type deliveryJob struct {
	GUID string `json:"guid"`
}

func (deliveryJob) Kind() string { return "delivery" }
func (deliveryJob) options() *river.InsertOpts {
	return &river.InsertOpts{Queue: deliveryQueue, MaxAttempts: deliveryTries}
}

type reviewJob struct {
	Repo    int64  `json:"repo"`
	Subject string `json:"subject"`
	Turn    int64  `json:"turn"`

	last bool // behind all others that wait
}

func (reviewJob) Kind() string { return "review" }
func (r reviewJob) options() *river.InsertOpts {
	priority := river.PriorityDefault
	if r.last {
		priority++
	}
	return &river.InsertOpts{Queue: reviewQueue, MaxAttempts: reviewTries, Priority: priority}
}

// Of each kind one waits or runs at most, however long it takes: else they add up. What a
// process left running with which it ended is given up before the next one starts.
type tickJob struct {
	What Tick `json:"what"`
}

func (tickJob) Kind() string { return "tick" }
func (t tickJob) options() *river.InsertOpts {
	queue := tickQueue
	if t.What == Sweep {
		queue = sweepQueue
	}
	return &river.InsertOpts{Queue: queue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished}}
}

// unfinished are the states of a job that waits or runs.
var unfinished = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

type deliveryWorker struct {
	river.WorkerDefaults[deliveryJob]
	w     Worker
	pause time.Duration
}

func (d *deliveryWorker) Work(ctx context.Context, j *river.Job[deliveryJob]) error {
	return snooze(d.w.Decide(ctx, j.Args.GUID, j.Attempt >= j.MaxAttempts))
}

type reviewWorker struct {
	river.WorkerDefaults[reviewJob]
	w     Worker
	pause time.Duration
}

func (r *reviewWorker) Work(ctx context.Context, j *river.Job[reviewJob]) error {
	return snooze(r.w.Review(ctx, Task{
		Repo: j.Args.Repo, Subject: j.Args.Subject, Turn: j.Args.Turn,
		Try: j.Attempt, Last: j.Attempt >= j.MaxAttempts,
	}))
}

// NextRetry waits 1, 4, 9 ... breaks, and at most ten minutes.
func (w *reviewWorker) NextRetry(j *river.Job[reviewJob]) time.Time {
	return retryAt(w.pause, j.Attempt)
}

// NextRetry is that of reviews.
func (w *deliveryWorker) NextRetry(j *river.Job[deliveryJob]) time.Time {
	return retryAt(w.pause, j.Attempt)
}

func retryAt(pause time.Duration, attempt int) time.Time {
	return time.Now().Add(min(time.Duration(attempt*attempt)*pause, 10*time.Minute))
}

// busyWait is how long a review waits for another one of its subject to stop.
const busyWait = 500 * time.Millisecond

type tickWorker struct {
	river.WorkerDefaults[tickJob]
	w Worker
}

func (t *tickWorker) Work(ctx context.Context, j *river.Job[tickJob]) error {
	return t.w.Tick(ctx, j.Args.What)
}

// panics says which job panicked, and where; not with what, which may hold anything. Errors are the
// worker's to say.
type panics struct{ log *slog.Logger }

func (p panics) HandleError(context.Context, *rivertype.JobRow, error) *river.ErrorHandlerResult {
	return nil
}

func (p panics) HandlePanic(ctx context.Context, job *rivertype.JobRow, v any, trace string) *river.ErrorHandlerResult {
	p.log.ErrorContext(ctx, "a job panicked", "kind", job.Kind, "job", job.ID, "panic", fmt.Sprintf("%T", v), "trace", trace)
	return nil
}

// jobTimeout ends a review that nothing else ended.
const jobTimeout = 15 * time.Minute

// A riverQueue is River on one of the databases.
type riverQueue[T any] struct {
	client *river.Client[T]
	driver riverdriver.Driver[T]
}

func newQueue[T any](driver riverdriver.Driver[T], o Options) (*riverQueue[T], error) {
	config := &river.Config{Logger: o.Log}
	if o.Worker != nil {
		workers := river.NewWorkers()
		pause := cmp.Or(o.Pause, time.Second)
		river.AddWorker(workers, &deliveryWorker{w: o.Worker, pause: pause})
		river.AddWorker(workers, &reviewWorker{w: o.Worker, pause: pause})
		river.AddWorker(workers, &tickWorker{w: o.Worker})
		config.ID = o.ID
		config.ErrorHandler = panics{o.Log}
		config.Workers = workers
		config.JobTimeout = jobTimeout
		config.RescueStuckJobsAfter = jobTimeout + 5*time.Minute // those of dead processes come earlier, see rescue
		config.FetchCooldown = 20 * time.Millisecond
		config.FetchPollInterval = time.Second
		config.Queues = map[string]river.QueueConfig{
			deliveryQueue: {MaxWorkers: orDefault(o.Limits.Deliveries, 16)},
			reviewQueue:   {MaxWorkers: orDefault(o.Limits.Reviews, 2)},
			tickQueue:     {MaxWorkers: 1},
			sweepQueue:    {MaxWorkers: 1},
		}
		for what, period := range every {
			if o.Every != 0 {
				period = o.Every
			}
			config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(period),
				func() (river.JobArgs, *river.InsertOpts) { j := tickJob{what}; return j, j.options() }, &river.PeriodicJobOpts{RunOnStart: true}))
		}
	}
	client, err := river.NewClient(driver, config)
	if err != nil {
		return nil, fmt.Errorf("the queue: %w", err)
	}
	return &riverQueue[T]{client, driver}, nil
}

func orDefault(n, or int) int {
	if n > 0 {
		return n
	}
	return or
}

// start does not hand its context on: jobs end by stop, not with whoever started them.
func (q *riverQueue[T]) start(ctx context.Context) error {
	return q.client.Start(context.WithoutCancel(ctx))
}

func (q *riverQueue[T]) stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if ctx.Err() != nil { // the time is over
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = q.client.StopAndCancel(last)
	}
	return err
}

func (q *riverQueue[T]) add(ctx context.Context, t T, jobs ...job) error {
	if len(jobs) == 0 {
		return nil
	}
	var all []river.InsertManyParams
	for _, j := range jobs {
		all = append(all, river.InsertManyParams{Args: j, InsertOpts: j.options()})
	}
	if _, err := q.client.InsertManyFastTx(ctx, t, all); err != nil {
		return fmt.Errorf("adding jobs: %w", err)
	}
	return nil
}

// silent is a logger for who gave none.
func silent(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
