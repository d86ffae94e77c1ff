package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/sirupsen/logrus"

	"custody/app/checkrun"
	"custody/app/effect"
	"custody/app/hub"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/store"
)

// patience is how many tries wait for an answer of GitHub before it becomes a missing
// fact, and for a review that fails before the check run says that it can not be made.
const patience = 4

// A job is one review on its way.
type job struct {
	*App
	task    store.Task
	held    *store.Lock // of the subject
	subject store.Subject
	name    string // of the repository, as far as it is known
	client  *hub.Client
	repo    *hub.Repository
	log     *logrus.Entry

	pr *github.PullRequest // nil for other kinds
	at time.Time           // when GitHub said what pr, or queued, is
	// Of a merge group: the pull request that it adds, or why that is not known; and the
	// group that it stands on, nil where that is the branch, whose tip is tip.
	queued    *github.PullRequest
	notQueued string
	ahead     *store.Subject
	tip       git.OID
	landed    bool // it is in the branch

	ref     string // that the change is for
	head    git.OID
	base    git.OID
	hasBase bool // base is given, and not the tip of ref
	// Of what landed: it is gone from the repository by now; or what a push was made on is, whose
	// id this is, and base is nothing.
	gone bool
	lost git.OID
	made bool // a push made the ref

	check      *effect.Check
	shows      bool       // what comes out is shown as a check run
	concluding func()     // the verdict is there, see takeBack; nil: nothing is taken back
	telling    sync.Mutex // held by who writes to the run while the review goes on
	// unanswered says that GitHub did not answer, and another time may.
	unanswered bool

	commits []*git.Commit // of the change
	notes   *notes        // that are read with it; nil: none were looked for yet
	noted   string        // what they say of the commits

	activity activity
	asks     []ask
	more     time.Duration // commands were left, for after that
}

// Review implements store.Worker.
func (a *App) Review(ctx context.Context, t store.Task) (err error) {
	s, err := a.store.Subject(ctx, t.Repo, t.Subject) // it is there before its job is
	if err != nil {
		return err
	}
	if t.Turn < s.Turn || s.Closed {
		return nil // the job of a newer turn is there; or nobody waits
	}
	if err := a.judges(ctx); err != nil {
		return err
	}
	at, ok, err := a.store.Repository(ctx, t.Repo)
	if err != nil {
		return err
	}
	if ok && at.State != store.Active { // reconcile comes back to it
		a.Log.WithFields(logrus.Fields{"repo": t.Repo, "subject": s.Name, "state": at.State}).Info("the review waits until the repository is ours again, and not archived")
		return nil
	}
	until := ctx
	ctx, held, leave, ok, err := a.enter(ctx, &s)
	if err != nil {
		return err
	}
	if !ok {
		return store.ErrBusy
	}
	defer leave()
	// What was read before may be of before another turn that ran meanwhile: who works on it now
	// must not begin what an older one was about to say.
	if s, err = a.store.Subject(ctx, t.Repo, t.Subject); err != nil || t.Turn < s.Turn || s.Closed {
		return err
	}
	if ok && at.Installation != 0 { // a repository that changed hands is another installation's, whoever asked last
		s.Installation = at.Installation
	}
	began := a.Now()
	j := &job{App: a, task: t, held: held, subject: s, name: at.FullName, log: a.Log.WithFields(logrus.Fields{"delivery": s.Delivery, "repo": t.Repo, "subject": s.Name, "pr": s.Number})}
	decision, err := j.caught(ctx)
	if s.Kind == notesKind && (err == nil || t.Last) { // whoever asks next must not take it for one that waits
		err = errors.Join(err, a.store.SetMark(until, begunMark(t.Repo), strconv.FormatInt(t.Turn, 10)))
	}
	if errors.Is(context.Cause(ctx), errOvertaken) {
		j.log.Info("stopped: a newer head came")
		// Deliveries come in any order, and who decided on an older one may be late to say so: what
		// was stopped may be of the newest head.
		if s, err = a.store.Subject(until, t.Repo, t.Subject); err == nil && s.Turn == t.Turn && !s.Closed {
			err = store.ErrBusy
		}
		return err
	}
	if err != nil && lost(ctx, err) {
		leave()
		j.log.WithError(err).Warn("somebody else had the subject meanwhile: the review is given up")
		a.metrics.reviewed("error", a.Now().Sub(began))
		return err
	}
	if err == nil {
		if decision != "" {
			a.metrics.reviewed(decision, a.Now().Sub(began))
		}
		return j.askNotes(ctx)
	}
	if unpublished := (*unpublishedError)(nil); errors.As(err, &unpublished) {
		return err
	}
	if waits := (*store.LaterError)(nil); errors.As(err, &waits) { // it knows what it waits for
		j.log.WithError(err).Info("the review waits")
		return err
	}
	a.metrics.reviewed(ended(ctx, err), a.Now().Sub(began))
	return j.failed(ctx, err)
}

// lost says whether a review had its subject no more to itself.
func lost(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return errors.Is(context.Cause(ctx), store.ErrLost)
	}
	return errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrLate) || errors.Is(err, effect.ErrOverwritten)
}

// ended is what a review that came to no decision is counted as.
func ended(ctx context.Context, err error) string {
	if class, _ := hub.Classify(err); class == hub.Later {
		return "later"
	}
	if errors.Is(context.Cause(ctx), context.Canceled) { // the server stops
		return "stopped"
	}
	return "error"
}

// caught runs the review. What brings it down is an error like any other, which names the place
// and not the value: that may be of the change.
func (j *job) caught(ctx context.Context) (decision string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a fault of the program: a panic with a %T at %s", p, panickedAt())
		}
	}()
	return j.run(ctx)
}

// panickedAt is where the program was when it panicked. Only a deferred function can ask.
func panickedAt() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		if runtimes := strings.HasPrefix(f.Function, "runtime."); panicking && !runtimes && !strings.Contains(f.Function, "/parallel.") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		} else if f.Function == "runtime.gopanic" {
			panicking = true
		}
		if !more {
			return "a place that is not known"
		}
	}
}

// sayTime is how long it may take to say that the time was over.
const sayTime = 30 * time.Second

// failed says what becomes of a review that could not be made.
func (j *job) failed(ctx context.Context, err error) error {
	late := errors.Is(context.Cause(ctx), context.DeadlineExceeded)
	if late {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), sayTime)
		defer cancel()
	}
	moved := errors.Is(err, errMoved)
	class, after := hub.Classify(err)
	switch {
	case moved: // git and the API both answered
	case class == hub.Later:
		j.log.WithField("after", after).Warn("GitHub's rate limit: later")
		return &store.LaterError{After: after, Why: errors.New("rate limit of GitHub")}
	case class == hub.Expired, class == hub.Other: // git does not tell whether it was for the token
		j.Hub.Forget(j.subject.Installation)
	case class == hub.Gone, class == hub.Forbidden:
		if j.repo == nil {
			j.log.WithError(err).Info("the repository is not for us any more")
			return j.store.Unreachable(ctx, j.task.Repo, j.subject.Installation)
		}
	}
	j.log.WithError(err).WithField("try", j.task.Try).Warn("a review could not be made")
	if (j.task.Try >= patience || late) && j.check != nil && j.shows && ctx.Err() == nil {
		if s, serr := j.store.Subject(ctx, j.task.Repo, j.task.Subject); serr != nil || s.DoneTurn >= j.task.Turn {
			return err // there is a verdict, which could not be written yet
		}
		mark, why := "undecided", "The review did not end: who runs Custody finds the reason in its log, by the delivery "+j.subject.Delivery+"."
		switch {
		case late:
			mark, why = "late", "The review took longer than one may, and was stopped: who runs Custody finds it in its log, by the delivery "+j.subject.Delivery+"."
		case moved:
			mark, why = "moved", "GitHub tells of two heads: its API says that it is "+j.head.String()+", and what git fetches is another one. So it is for a while when a head was just pushed, and for longer when GitHub has an incident."
		}
		o := checkrun.Undecided(j.Mode, "This change could not be judged.", why, "Wait, it is tried again; or press Review again.")
		if serr := j.unable(ctx, mark+" "+j.head.String(), o); serr != nil {
			j.log.WithError(serr).Warn("the check run could not be concluded")
		}
	}
	return err
}

func (j *job) run(ctx context.Context) (string, error) {
	if wait := j.notesWait(&j.subject); j.subject.Kind == notesKind && wait > 0 {
		return "", &store.LaterError{After: wait, Why: errors.New("notes may be on their way")}
	}
	j.client = j.Hub.Installation(j.subject.Installation)
	if goes, err := j.pace(ctx); err != nil || !goes {
		return "", err
	}
	if err := j.findRepo(ctx); err != nil {
		return "", err
	}
	j.log = j.log.WithField("repo", j.repo.FullName())
	if err := j.store.Installed(ctx, store.Installed{Repo: j.repo.ID, Installation: j.subject.Installation, FullName: j.repo.FullName()}); err != nil { // that it is found does not say that it is ours: anybody finds a public one
		return "", err
	}
	if j.repo.Archived { // nobody can be told anything there, and nothing merges
		j.log.Info("the repository is archived: the review waits until it is not")
		return "", j.store.Installed(ctx, store.Installed{Repo: j.repo.ID, Installation: j.subject.Installation, FullName: j.repo.FullName(), State: store.Archived})
	}
	if lacks, err := j.lacks(ctx); err != nil {
		return "", err
	} else if len(lacks) > 0 {
		return "", j.unpermitted(ctx, lacks)
	}
	if j.subject.Kind == notesKind {
		return "", j.lookAtNotes(ctx)
	}
	looks := 3
	if j.task.Try > 1 { // it moved often already: the breaks between tries grow
		looks = 1
	}
	for range looks {
		wanted, err := j.locate(ctx)
		if err != nil || !wanted {
			return "", err
		}
		j.log = j.log.WithField("head", j.head.String())
		decision, err := j.judge(ctx)
		if errors.Is(err, errMoved) {
			continue
		}
		return decision, err
	}
	return "", errMoved
}

// errMoved says that what GitHub said and what git fetched are not about the same head.
var errMoved = errors.New("the head moves")

// locate asks GitHub what the subject is now. wanted is false when nothing is to be done.
func (j *job) locate(ctx context.Context) (wanted bool, err error) {
	s := &j.subject
	switch s.Kind {
	case "pull_request":
		return j.locatePull(ctx)
	case "merge_group":
		j.ref, j.shows = s.Ref, true
		if j.head, err = git.ParseOID(s.Head); err == nil {
			err = j.queuedPull(ctx)
		}
	case "push":
		if j.head, err = git.ParseOID(s.Head); err != nil {
			return false, err
		}
		j.ref, j.hasBase = s.Ref, true
		if j.base, err = git.ParseOID(s.Base); err != nil {
			return false, err
		}
	default:
		return false, fmt.Errorf("a subject of kind %q", s.Kind)
	}
	j.newCheck()
	return err == nil, err
}

func (j *job) locatePull(ctx context.Context) (bool, error) {
	pr, resp, err := j.client.PullRequests.Get(ctx, j.repo.Owner, j.repo.Name, int(j.subject.Number))
	if class, _ := hub.Classify(err); err != nil && class == hub.Gone && j.task.Try >= patience && j.subject.Stage != "record" {
		return false, j.closed(ctx, effect.Closes) // a look around brings it back
	}
	if err != nil { // GitHub deletes no pull request: one that landed is not gone
		return false, fmt.Errorf("reading the pull request: %w", err)
	}
	j.pr, j.at, j.ref = pr, j.saidAt(resp), "refs/heads/"+pr.GetBase().GetRef()
	if j.subject.Stage == "record" {
		return j.locateRecord()
	}
	if pr.GetState() != "open" {
		if err := j.lastWords(ctx); err != nil {
			return false, err
		}
		// One that nobody reviewed here landed before the App was there, as far as this tells.
		if pr.GetMerged() && j.subject.DoneTurn > 0 {
			if err := j.recorded(ctx, pr); err != nil {
				return false, err
			}
		}
		if pr.GetMerged() {
			return false, j.closed(ctx, effect.Lands)
		}
		return false, j.closed(ctx, effect.Closes)
	}
	if j.head, err = git.ParseOID(pr.GetHead().GetSHA()); err != nil {
		return false, fmt.Errorf("the head of the pull request: %w", err)
	}
	j.shows = true
	j.newCheck()
	return true, j.check.Leave(ctx, effect.Moves)
}

// closed is what there is to do about a pull request that is not open any more.
func (j *job) closed(ctx context.Context, why effect.Departure) error {
	j.newCheck()
	if err := j.check.Leave(ctx, why); err != nil {
		return err
	}
	return j.store.CloseSubject(ctx, j.task.Repo, j.subject.Name, j.task.Turn)
}

// saidAt is when GitHub answered, by its own clock if it says.
func (j *job) saidAt(resp *github.Response) time.Time {
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		return at
	}
	return j.Now()
}

// locateRecord is about what landed: the commit that GitHub says the merge made, against
// what the branch was before it.
func (j *job) locateRecord() (bool, error) {
	if !j.pr.GetMerged() {
		return false, nil
	}
	var err error
	if j.head, err = git.ParseOID(j.pr.GetMergeCommitSHA()); err != nil {
		return false, fmt.Errorf("the commit of the merge: %w", err)
	}
	return true, nil
}

// findRepo asks GitHub for the repository, once.
func (j *job) findRepo(ctx context.Context) (err error) {
	if j.repo == nil {
		j.repo, err = j.client.Repository(ctx, j.task.Repo, j.name)
	}
	return err
}

func (j *job) newCheck() {
	j.check = j.checkOf(j.client, j.repo, j.head.String(), j.ref)
	j.check.Subject, j.check.Group, j.check.Held = j.subject.Name, j.subject.Kind == "merge_group", j.held.Check
}

// checkOf is the check run on a head, for a ref.
func (a *App) checkOf(client *hub.Client, repo *hub.Repository, head, ref string) *effect.Check {
	return &effect.Check{Log: a.store, Client: client, Repo: repo, AppID: a.Hub.AppID(), Now: a.Now, Head: head, Ref: ref, Name: CheckName(ref), Enforces: a.Mode == config.Enforce}
}

// CheckName is the name of the check run on changes for a ref. It holds the branch, since
// one commit may be the head of two pull requests, for two branches.
func CheckName(ref string) string { return "custody: " + strings.TrimPrefix(ref, "refs/heads/") }
