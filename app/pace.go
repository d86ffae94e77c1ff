package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"custody/app/effect"
	"custody/app/event"
	"custody/app/gather"
	"custody/app/hub"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/store"
)

// A review costs some ten requests of those that GitHub lets an installation make, and what anybody
// may do to a pull request asks for one. So the first two looks at a head within an hour are made
// at once, and each further one, if nothing asks for it but what may wait, only a while after the
// last: thirty seconds, and each time twice as long, up to ten minutes. That are twelve an hour at
// most, however much happens; what happens meanwhile has one look together. What can only matter by
// the say of who asks, and they have none, has no look at all. Where the verdict may be
// stricter by now, nothing that was said before stands: the check says when the next look is due.

// firstWait is how long the third look at a head waits behind the second.
const firstWait = 30 * time.Second

// free is how many looks at a head are made within an hour before one waits.
const free = 2

// wait is how long the next look waits behind so many.
func (a *App) wait(looks int) time.Duration {
	if looks < free {
		return 0
	}
	most := time.Duration(event.MayWait/firstWait) * a.Pace
	return min(a.Pace<<min(looks-free, 10), most)
}

// putOff says until when a look at a subject is put off; zero: it is not.
func (a *App) putOff(s *store.Subject) time.Time {
	looks := s.Lately(a.Now().UnixMilli())
	if s.Kind != "pull_request" || s.Looked == s.Turn || len(looks) == 0 { // one that was begun goes on
		return time.Time{}
	}
	due := time.UnixMilli(s.Looks[len(s.Looks)-1]).Add(min(a.wait(len(looks)), time.Duration(s.Waits)*time.Millisecond))
	if !due.After(a.Now()) || s.Looks[len(s.Looks)-1] > a.Now().UnixMilli() { // the clock was put back since it was asked for
		return time.Time{}
	}
	return due
}

// pace has a look wait if it may, which is an error that says so, and keeps that there is one. goes
// is false where it needs none, or where somebody asked for another meanwhile.
func (j *job) pace(ctx context.Context) (goes bool, err error) {
	if idle, err := j.idle(ctx); err != nil || idle {
		return false, err
	}
	due := j.putOff(&j.subject)
	if !due.IsZero() {
		// What is in a merge queue lands by the verdict of its group, which follows this one.
		groups, err := j.store.Open(ctx, j.task.Repo, "merge_group", j.subject.Ref)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(groups, func(g store.Subject) bool { return g.Number == j.subject.Number }) {
			due = time.Time{}
		}
	}
	if !due.IsZero() {
		if goes, err = j.waits(ctx, due); err != nil || !goes {
			return false, err
		}
	}
	return j.store.Look(ctx, &j.subject)
}

// idle settles a turn for which only people with no say asked, where that can mean nothing: what came
// of the last look stands. Of a crowd, not all are known.
func (j *job) idle(ctx context.Context) (is bool, err error) {
	s := &j.subject
	if s.Kind != "pull_request" || s.Waits == 0 || len(s.Askers) == 0 || s.Crowded() || s.Looked == s.Turn || s.DoneTurn == 0 {
		return false, nil
	}
	if weighs, err := j.weighs(ctx); err != nil || weighs != store.Idle {
		return false, err
	}
	if has, err := j.hasAny(ctx); err != nil || has {
		return false, err
	}
	j.log.Info("somebody with no say asked: it is not looked at for that")
	return true, j.store.Pass(ctx, s)
}

// hasAny says whether somebody who asked has a say.
func (j *job) hasAny(ctx context.Context) (has bool, err error) {
	for _, login := range slices.Backward(j.subject.Askers) {
		if has, err = j.hasSay(ctx, login); err != nil || has {
			return has, err
		}
	}
	return false, nil
}

// waits has a look wait until it is due, unless somebody with a say asked for it.
func (j *job) waits(ctx context.Context, due time.Time) (goes bool, err error) {
	s := &j.subject
	weighs, err := j.weighs(ctx)
	if err != nil {
		return false, err
	}
	if has, err := j.hasAny(ctx); err != nil || has {
		return has, err
	}
	if weighs == store.Stricter && s.Stage == "merge" && s.Head != "" && s.PutOff != due.UnixMilli() {
		if err := j.sayPutOff(ctx, due); err != nil {
			return false, err
		}
	}
	j.metrics.putOff.Inc()
	return false, &store.LaterError{After: due.Sub(j.Now()), Why: errors.New("its head was looked at often of late")}
}

// weighs is what that may mean which waits.
func (j *job) weighs(ctx context.Context) (store.Weight, error) {
	s := &j.subject
	if s.DoneTurn < s.Looked { // the last look came to nothing, and what it was for is not known any more
		return store.Stricter, nil
	}
	if s.Weighs == store.Opinion && slices.Contains(strings.Fields(s.Wants), wantsAnybody) {
		return store.Stricter, nil
	}
	commands, err := j.store.Commands(ctx, s.Repo, s.Number)
	if slices.ContainsFunc(commands, func(c store.Command) bool { return c.Record != "" && c.State == store.Answered && c.Asks == "" }) {
		return store.Stricter, err // a waiver is over
	}
	return s.Weighs, err
}

// sayPutOff takes back what the check says, and says when the next look is due.
func (j *job) sayPutOff(ctx context.Context, due time.Time) (err error) {
	s := &j.subject
	if j.head, err = git.ParseOID(s.Head); err != nil {
		return err
	}
	if err := j.findRepo(ctx); err != nil {
		return err
	}
	j.ref = s.Ref
	j.newCheck()
	if err := j.check.Leave(ctx, effect.Moves); err != nil {
		return err
	}
	why := fmt.Sprintf("Something happened to this pull request, whose newest commit was looked at %d times within an hour. So it is looked at again only at %s, for all that happens until then; what came out before does not hold meanwhile.\n\n**What to do:** wait. Somebody with permission `triage` or more can have it looked at now: by GitHub's **Re-run** on this page, or by `/custody recheck`.", len(s.Lately(j.Now().UnixMilli())), clock(due))
	if err := j.check.PutOff(ctx, "It is judged again at "+clock(due)+".", why); err != nil {
		return err
	}
	return j.store.PutOff(ctx, s, due.UnixMilli())
}

// clock is a time of the day, in whole seconds and not before it.
func clock(t time.Time) string {
	return t.UTC().Truncate(time.Second).Add(time.Second).Format("15:04:05 UTC")
}

// hasSay says whether somebody has a say in the repository: they may at least triage.
func (j *job) hasSay(ctx context.Context, login string) (bool, error) {
	if has, known := j.say.of(j.task.Repo, login, j.Now()); known {
		return has, nil
	}
	if err := j.findRepo(ctx); err != nil {
		return false, err
	}
	_, permission, err := gather.PermissionOf(ctx, j.client, j.repo, login)
	switch class, _ := hub.Classify(err); {
	case err == nil:
	case class == hub.Gone, class == hub.Forbidden, class == hub.Refused: // they have none here, or it does not tell
		return false, nil
	default:
		return false, fmt.Errorf("asking what somebody may do: %w", err)
	}
	has := config.Permission(permission).AtLeast("triage")
	j.say.keep(j.task.Repo, login, has, j.Now())
	return has, nil
}

// says remember who has a say in a repository, so that whoever asks for something again and again
// costs few requests: one an hour where they have one, and one a minute where they have none, since
// they may have got it.
type says struct {
	mu  sync.Mutex
	has map[sayer]said
}

type sayer struct {
	repo  int64
	login string
}

type said struct {
	has bool
	at  time.Time
}

// maxSays is how many are remembered.
const maxSays = 10_000

func (s *says) of(repo int64, login string, now time.Time) (has, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known := s.has[sayer{repo, login}]
	lasts := time.Minute
	if was.has {
		lasts = store.Lately
	}
	return was.has, known && now.Sub(was.at) < lasts
}

func (s *says) keep(repo int64, login string, has bool, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has == nil || len(s.has) >= maxSays {
		s.has = map[sayer]said{}
	}
	s.has[sayer{repo, login}] = said{has, now}
}
