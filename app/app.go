// Package app is the door of the GitHub App: a webhook in, a check run and a pack out.
//
//	POST /webhook -> hookin -> store (delivery + job, one transaction) -> 202
//	job "delivery" -> event: what does it ask for? -> store (subjects + jobs)
//	job "review"   -> hub: what does GitHub say now? -> clone -> gather -> review.Run
//	               -> pack into the blobs -> store (verdict + what is to be said)
//	               -> effect: the check run says it
//
// It promises that a delivery which was answered with 202 is worked on whatever happens to
// the process; that of one pull request the newest head is judged, and only that; that a
// check run is concluded with success for nothing but a verdict pass (or in mode report), by
// who has its subject alone; and that what GitHub would not tell is a missing fact. A pull
// request decides nothing but what is judged: the judge is read at the base that GitHub names.
package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"custody/app/checkrun"
	"custody/app/clone"
	"custody/app/effect"
	"custody/app/event"
	"custody/app/hub"
	"custody/app/web"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/review"
	"custody/internal/sign"
	"custody/internal/store"
)

// A File is one that the operator named.
type File struct {
	Name string
	Text []byte
}

// Parts are what an App is made from.
type Parts struct {
	Hub     *hub.Hub
	Blobs   store.Blobs
	Clones  *clone.Clones
	Signer  sign.Signer
	Keys    *File  // trusted keys; nil without
	Salts   *Salts // of the names in packs; nil: there are none
	Floor   *File  // nil without
	Mode    config.Mode
	Links   *web.Links // nil: check runs have no link to their pack
	Publish Publish
	// MaxChange bounds the bytes that come at a time of what a pull request brings; 0: it does not.
	MaxChange int64
	// MaxSweep is how many deliveries one sweep looks at; 0: 5,000.
	MaxSweep int
	// LookEvery is how often each process looks whether others judge otherwise; 0: a minute.
	LookEvery time.Duration
	// RightEvery is how often each process looks at check runs that may have been written late; 0: five
	// seconds.
	RightEvery time.Duration
	// Slowly is how long a success may stand while a change is judged anew; 0: ten seconds.
	Slowly time.Duration
	// Pace is how long the third look within an hour at a head waits that anybody may ask for; each
	// further one twice as long as the one before; 0: thirty seconds.
	Pace time.Duration
	// Lag is how long it is not believed that no pull request brought a push, and notes may be on
	// their way; 0: twenty seconds.
	Lag     time.Duration
	Version string
	Log     *logrus.Logger
	Now     func() time.Time
}

// An App works on what its store says. It is a store.Worker.
type App struct {
	Parts
	store   *store.Store // set by Use
	floor   *config.Policy
	self    event.Self
	metrics *Metrics

	listed lists // of open pull requests
	noted  lists // of the refs of notes
	say    says  // who has one

	mu      sync.Mutex
	running map[string]*running

	by        string      // a digest of what the operator judges by
	overtaken atomic.Bool // reviews are left to processes that judge by something else
}

// A running review can be told to stop when a newer head comes.
type running struct {
	head string
	stop context.CancelCauseFunc
}

// New makes an App. Its store opens with the App as its worker, and is handed over by Use.
func New(p Parts) (*App, error) {
	if p.LookEvery == 0 {
		p.LookEvery = lookEvery
	}
	if p.RightEvery == 0 {
		p.RightEvery = rightEvery
	}
	if p.Slowly == 0 {
		p.Slowly = slowly
	}
	if p.Lag == 0 {
		p.Lag = lag
	}
	if p.Pace == 0 {
		p.Pace = firstWait
	}
	a := &App{Parts: p, running: map[string]*running{}, metrics: newMetrics()}
	if p.Floor != nil {
		var err error
		if a.floor, err = config.ParseFloor(p.Floor.Name, p.Floor.Text); err != nil {
			return nil, fmt.Errorf("the floor: %w", err)
		}
	}
	if a.Mode == "" && a.floor != nil {
		a.Mode = a.floor.Mode
	}
	if a.Mode == "" {
		a.Mode = config.Enforce
	}
	if p.Keys != nil {
		if _, err := sign.ParseTrustedKeys(p.Keys.Text); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Keys.Name, err)
		}
	}
	a.by = a.judgedBy()
	a.self = event.Self{AppID: p.Hub.AppID(), Protects: a.protects, Answers: checkrun.Answers}
	return a, nil
}

// Use hands the store over.
func (a *App) Use(s *store.Store) {
	a.store = s
	a.metrics.waiting(s)
	a.metrics.leaving(&a.overtaken)
}

// protects says whether pushes to a ref are reviewed: the floor's refs, or the default
// branch.
func (a *App) protects(ref, defaultBranch string) bool {
	if a.floor != nil && len(a.floor.ProtectedRefs) > 0 {
		for _, g := range a.floor.ProtectedRefs {
			if g.Match(change.Path(ref)) {
				return true
			}
		}
		return false
	}
	return defaultBranch != "" && ref == "refs/heads/"+defaultBranch
}

// Decide implements store.Worker: it says what follows from a delivery. What can not be
// read is kept, and no error: to try it again would change nothing.
func (a *App) Decide(ctx context.Context, guid string, last bool) error {
	err := a.decide(ctx, guid)
	if err == nil {
		return nil
	}
	if !last {
		if ctx.Err() == nil {
			a.Log.WithError(err).WithField("delivery", guid).Warn("a delivery was not decided on: it is tried again")
		}
		return err
	}
	a.Log.WithError(err).WithField("delivery", guid).Error("nobody could decide on a delivery: it is kept")
	return a.store.Decide(ctx, guid, store.Decision{State: store.Failed, Note: "nobody could decide on it"})
}

func (a *App) decide(ctx context.Context, guid string) error {
	d, err := a.store.Delivery(ctx, guid) // it is there before its job is
	if err != nil || d.State != store.Accepted {
		return err
	}
	if d.Event == "push" { // which refs are protected the floor says
		if err := a.judges(ctx); err != nil {
			return err
		}
	}
	log := a.Log.WithFields(logrus.Fields{"delivery": guid, "event": d.Event})
	o, err := event.Read(a.self, guid, d.Event, d.Body)
	if err != nil {
		log.Warn("a delivery can not be read, and is kept")
		a.metrics.decided(store.Unreadable)
		return a.store.Decide(ctx, guid, store.Decision{State: store.Unreadable, Note: change.Printable(err.Error())})
	}
	var about []store.Request
	for _, h := range o.Heads {
		subjects, err := a.store.AtHead(ctx, h.Repo, h.SHA)
		if err != nil {
			return err
		}
		for _, s := range subjects {
			if stays(&s) {
				continue
			}
			// One of which there is no verdict yet may want anything.
			if h.Ended != nil && s.DoneTurn == s.Turn && !wanted(s.Wants, h.Ended) {
				continue
			}
			r := s.Request
			r.Again = h.Again
			about = append(about, r)
			o.Wakes = append(o.Wakes, store.Wake{Repo: s.Repo, Name: s.Name, Delivery: guid, Anew: h.Again, Pace: h.Pace, Which: func(o *store.Subject) bool { return o.Head == s.Head }})
		}
	}
	o.Wakes = append(o.Wakes, behindThem(o.Requests)...)
	about = onePerSubject(append(about, o.Requests...)) // by what is at a head, if it is: the others may not know it
	for _, r := range about {
		if p := o.Press; p != nil && r.Kind == "pull_request" && p.External == event.External(r.Repo, r.Name) {
			o.Commands = append(o.Commands, store.Command{Repo: r.Repo, Name: "button/" + guid, Pull: r.Number, Asks: p.Identifier})
		}
	}
	for _, r := range about {
		if r.Again { // what it says is said again, be it the same
			if err := effect.Press(ctx, a.store, r.Repo, r.Name, r.Head); err != nil {
				return err
			}
		}
	}
	if o.Reconcile != 0 { // before it is decided on, so that whoever comes next knows
		if err := a.miss(ctx, o.Reconcile, a.Now().UnixMilli(), o.MissedAll, o.Missed); err != nil {
			return err
		}
	}
	if err := a.store.Decide(ctx, guid, o.Decision); err != nil {
		return err
	}
	a.metrics.decided(o.State)
	for _, r := range about {
		a.overtake(subjectKey(r.Repo, r.Name), r.Head, r.Closed)
		log.WithFields(logrus.Fields{"repo": r.Repo, "subject": r.Name, "head": r.Head}).Info("review asked for")
	}
	if o.Reconcile != 0 {
		// The delivery is decided on; what goes wrong here the next look around repeats.
		if err := a.reconcileMissed(ctx, o.Reconcile, true); err != nil {
			log.WithError(err).Warn("not everything could be looked at")
		}
	}
	return nil
}

// stays says of a record that it waits for nothing: what somebody does later to the commit that was
// proposed, such as running its checks again, does not change what was so when it landed.
func stays(s *store.Subject) bool {
	return s.Stage == "record" && s.DoneTurn == s.Turn && s.Holds == "" && s.Decision != review.Incomplete.String()
}

// onePerSubject keeps the first request for each subject.
func onePerSubject(all []store.Request) []store.Request {
	seen := map[string]bool{}
	var out []store.Request
	for _, r := range all {
		if key := subjectKey(r.Repo, r.Name); !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out
}

func subjectKey(repo int64, name string) string { return fmt.Sprintf("subject %d %s", repo, name) }

// errOvertaken ends a review of a head that is no longer the newest.
var errOvertaken = errors.New("a newer head came")

// overtake stops a review of another head.
func (a *App) overtake(key, head string, closed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.running[key]; r != nil && (closed || head != "" && r.head != head) {
		r.stop(errOvertaken)
	}
}

// enter takes a subject for a review. ok is false while another one has it.
func (a *App) enter(ctx context.Context, s *store.Subject) (_ context.Context, _ *store.Lock, leave func(), ok bool, err error) {
	key := subjectKey(s.Repo, s.Name)
	lock, ok, err := a.store.Lock(ctx, key)
	if err != nil || !ok {
		a.overtake(key, s.Head, false)
		return ctx, nil, nil, ok, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-lock.Lost():
			stop(store.ErrLost)
		case <-ctx.Done():
		}
	}()
	a.mu.Lock()
	this := &running{s.Head, stop}
	a.running[key] = this
	a.mu.Unlock()
	return ctx, lock, func() {
		a.mu.Lock()
		if a.running[key] == this { // else the lock was lost, and somebody else has it
			delete(a.running, key)
		}
		a.mu.Unlock()
		stop(nil)
		lock.Unlock()
	}, true, nil
}

// Tick implements store.Worker. What fails is done again with the next one of its kind, and who
// runs the App is told: nothing else shows it.
func (a *App) Tick(ctx context.Context, what store.Tick) error {
	err := a.tick(ctx, what)
	if err == nil {
		a.metrics.ticked(what, a.Now())
	} else if ctx.Err() == nil {
		a.Log.WithError(err).WithField("what", string(what)).Warn("a regular look failed: it is tried again")
	}
	return err
}

func (a *App) tick(ctx context.Context, what store.Tick) error {
	// What a dead process left running is given up by each of them: while its tick of a kind seems
	// to run, there is no other of that kind.
	if err := a.store.Rescue(ctx); err != nil {
		return err
	}
	switch what {
	case store.Sweep:
		_, err := a.sweep(ctx)
		return err
	case store.Reconcile:
		if err := a.retry(ctx); err != nil {
			return err
		}
		return a.reconcile(ctx)
	case store.Prune:
		a.tidy(ctx)
		return a.store.PruneDeliveries(ctx, a.Now().Add(-keepDeliveries).UnixMilli())
	}
	return nil
}

// versionMark is the mark of the version of this program that worked on the store last.
const versionMark = "version"

// retry has deliveries decided on that nobody could decide on, and such that another version
// of this program could not read.
func (a *App) retry(ctx context.Context) error {
	since := a.Now().Add(-told).UnixMilli() // what is older says nothing of today
	again, failed, err := a.store.Retry(ctx, since)
	if err != nil {
		return err
	}
	if again > 0 {
		a.Log.WithField("deliveries", again).Warn("nobody could decide on deliveries: they are tried again")
	}
	if failed > 0 {
		a.Log.WithField("deliveries", failed).Error("nobody could decide on deliveries: they are kept")
	}
	if was, err := a.store.Mark(ctx, versionMark); err != nil || was == a.Version {
		return err
	}
	if n, err := a.store.Reread(ctx, since); err != nil {
		return err
	} else if n > 0 {
		a.Log.WithField("deliveries", n).Info("another version could not read deliveries: they are read again")
	}
	return a.store.SetMark(ctx, versionMark, a.Version)
}

// tidy has the copies of repositories take no more room than they may. It is called after
// each review, too: each process has copies of its own, and only one of them ticks.
func (a *App) tidy(ctx context.Context) {
	gone, err := a.Clones.Tidy(ctx, func(id int64) bool {
		at, known, err := a.store.Repository(ctx, id)
		return err != nil || !known || at.State != store.Removed
	})
	if len(gone) > 0 {
		a.Log.WithField("repos", gone).Info("removed copies of repositories: they are no longer ours to see, or were not used for long and room was needed")
	}
	if err != nil && ctx.Err() == nil {
		a.Log.WithError(err).Warn("the copies of repositories could not be tidied up")
	}
}

// keepDeliveries is how long a decided delivery stays known: longer than the week in which
// a GitHub Enterprise Server delivers it again.
const keepDeliveries = 14 * 24 * time.Hour
