package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// A Request asks for a review of a subject: the newest wins.
type Request struct {
	Repo         int64
	Name         string // tells subjects of a repository apart: "pull/7", "queue/SHA", "push/refs/heads/main/SHA"
	Installation int64
	Kind         string // "pull_request", "merge_group", "push", "notes"
	Stage        string // "merge" or "record"
	Number       int64  // of the pull request
	Head         string // as far as it is known
	Base         string // the commit that a push was made on; else empty
	Ref          string // that the change is for, as far as it is known
	Landed       string // the commit as which a pull request landed, of its record; else empty
	Delivery     string // the GUID of what asked
	Again        bool   // judge anew, even if nothing has changed since the last verdict
	Closed       bool   // the pull request is closed: nobody waits for a verdict at merge
	Fork         bool   // the pull request is from another repository, as far as it is known
	Pace                // of who asks
}

// A Subject is what was asked last and what was concluded last.
type Subject struct {
	Request
	Turn     int64 // counts requests
	DoneTurn int64 // the newest turn that was concluded
	DoneHead string
	Decision string // of it
	Verdict  string // digest
	Inputs   string // tells what the verdict was reached from
	Wants    string // what of the forge's facts it needs, besides those that always count: words of the App's
	Pack     string // digest
	Holds    string // the last day (2026-01-31) on which the verdict holds; empty: no day ends it
	Asked    int64  // when it was asked for last, in Unix milliseconds
	Came     int64  // when somebody told first that it has its head, in Unix milliseconds; 0: that is not known
	// Vain counts how often it was asked for since anybody but us did, because nothing came of it.
	Vain int64
	Paced
}

// request asks for a review in a transaction.
func (s *Store) request(ctx context.Context, t tx, r Request) error {
	there, err := subjects(ctx, t, `repo = $1 AND name = $2`, r.Repo, r.Name)
	if err != nil {
		return fmt.Errorf("asking for a review of %s: %w", r.Name, err)
	}
	var p Paced
	if len(there) > 0 && (r.Head == "" || r.Head == there[0].Head) { // what was made of another head says nothing of this one
		p = there[0].asks(r.Pace, s.ms())
	}
	var turn int64
	err = t.row(ctx, `INSERT INTO subjects (repo, name, installation, kind, stage, number, head, base, ref, delivery, is_open, turn, asked, landed, fork, came)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $14, $19, $12)
ON CONFLICT (repo, name) DO UPDATE SET
	installation = excluded.installation, kind = excluded.kind, stage = excluded.stage, number = excluded.number,
	head = CASE WHEN excluded.head = '' THEN subjects.head ELSE excluded.head END,
	base = excluded.base,
	ref = CASE WHEN excluded.ref = '' THEN subjects.ref ELSE excluded.ref END,
	landed = CASE WHEN excluded.landed = '' THEN subjects.landed ELSE excluded.landed END,
	fork = subjects.fork OR excluded.fork,
	came = CASE WHEN excluded.head IN ('', subjects.head) THEN subjects.came ELSE excluded.came END,
	delivery = excluded.delivery, is_open = excluded.is_open, asked = excluded.asked, turn = subjects.turn + 1, vain = 0,
	inputs = CASE WHEN $13 THEN '' ELSE subjects.inputs END,
	waits = $15, askers = $16, looks = $17, weighs = $18,
	put_off = CASE WHEN excluded.head NOT IN ('', subjects.head) OR excluded.ref NOT IN ('', subjects.ref) THEN 0 ELSE subjects.put_off END
RETURNING turn`,
		[]any{r.Repo, r.Name, r.Installation, r.Kind, r.Stage, r.Number, r.Head, r.Base, r.Ref, r.Delivery, !r.Closed, s.ms(), r.Again, r.Landed, p.Waits, p.askers(), p.looks(), int64(p.Weighs), r.Fork}, &turn)
	if err != nil {
		return fmt.Errorf("asking for a review of %s: %w", r.Name, err)
	}
	if r.Closed {
		return nil
	}
	return t.add(ctx, reviewJob{Repo: r.Repo, Subject: r.Name, Turn: turn})
}

// Ask asks for a review that no delivery asked for.
func (s *Store) Ask(ctx context.Context, r Request) error {
	return s.inRepos(ctx, []int64{r.Repo}, func(t tx) error { return s.request(ctx, t, r) })
}

// A Wake asks again for reviews of what is open for a ref of a repository, or any (""), as it is
// when the transaction comes to it: what somebody read before may be closed by then, or of
// another head. What comes behind that finds what the transaction says.
type Wake struct {
	Repo         int64
	Name         string              // of one; empty: all
	Kind, Ref    string              // of all; they say nothing of one
	Stage        string              // of all; empty: any, of which there may be many: what landed stays open
	Which        func(*Subject) bool // nil: all
	Delivery     string              // that asks; empty: as before
	Installation int64               // that leads there now; 0: as before
	Over         bool                // its verdict holds no more, and that is asked for once
	Vain         bool                // nothing came of it before, and nobody asks but we
	Anew         bool                // judge anew, even if nothing has changed since the last verdict
	Last         bool                // behind all other reviews that wait
	Pace                             // of who asks
}

// Wake asks again.
func (s *Store) Wake(ctx context.Context, w Wake) error {
	return s.inRepos(ctx, []int64{w.Repo}, func(t tx) error { return s.wake(ctx, t, w) })
}

// Again asks again for a review of a subject, if it is open.
func (s *Store) Again(ctx context.Context, of *Subject) error {
	return s.Wake(ctx, Wake{Repo: of.Repo, Name: of.Name})
}

// SayAgain asks again for a review of a subject, if it is open, since the forge does not show what it
// said, which is the effect of a key: that is forgotten. Who is about to say something is not asked:
// it is intended, or a review is under way, which finds it forgotten. Nor is who was asked in vain,
// and is Waiting.
func (s *Store) SayAgain(ctx context.Context, of *Subject, key string) error {
	return s.inRepos(ctx, []int64{of.Repo}, func(t tx) error {
		var left int64
		if err := t.row(ctx, `SELECT count(*) FROM effects WHERE key = $1 AND state <> 'done'`, []any{key}, &left); err != nil || left > 0 {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM effects WHERE key = $1`, key); err != nil {
			return err
		}
		if err := t.row(ctx, `SELECT count(*) FROM subjects WHERE repo = $1 AND name = $2 AND done_turn < turn AND (vain > 0
OR (repo, name, turn) IN (`+reviewing+`))`, []any{of.Repo, of.Name}, &left); err != nil || left > 0 {
			return err
		}
		return s.wake(ctx, t, Wake{Repo: of.Repo, Name: of.Name, Vain: true})
	})
}

func (s *Store) wake(ctx context.Context, t tx, w Wake) error {
	where, args := openOf(w.Repo, w.Kind, w.Stage, w.Ref)
	if w.Name != "" {
		where, args = `repo = $1 AND name = $2 AND is_open`, []any{w.Repo, w.Name}
	}
	open, err := subjects(ctx, t, where, args...)
	if err != nil {
		return err
	}
	for i := range open {
		o := &open[i]
		if w.Which != nil && !w.Which(o) {
			continue
		}
		p := o.asks(w.Pace, s.ms())
		if err := t.row(ctx, `UPDATE subjects SET turn = turn + 1, waits = $9, askers = $10, weighs = $11, looks = $12, asked = $3, delivery = CASE WHEN $4 = '' THEN delivery ELSE $4 END, installation = CASE WHEN CAST($5 AS BIGINT) = 0 THEN installation ELSE $5 END, inputs = CASE WHEN $6 THEN '' ELSE inputs END, holds = CASE WHEN $7 THEN '' ELSE holds END, vain = CASE WHEN $8 THEN vain + 1 ELSE 0 END
WHERE repo = $1 AND name = $2 RETURNING turn`, []any{o.Repo, o.Name, s.ms(), w.Delivery, w.Installation, w.Anew, w.Over, w.Vain, p.Waits, p.askers(), int64(p.Weighs), p.looks()}, &o.Turn); err != nil {
			return fmt.Errorf("asking again for a review of %s: %w", o.Name, err)
		}
		if err := t.add(ctx, reviewJob{Repo: o.Repo, Subject: o.Name, Turn: o.Turn, last: w.Last}); err != nil {
			return err
		}
	}
	return nil
}

// inRepos is a transaction that writes to what is known of repositories, and the only one that
// does: so what it reads of them stays so, and no two wait for each other.
func (s *Store) inRepos(ctx context.Context, repos []int64, fn func(tx) error) error {
	return inRepos(ctx, s.db.inTx, repos, fn)
}

func inRepos(ctx context.Context, inTx func(context.Context, func(tx) error) error, repos []int64, fn func(tx) error) error {
	return inTx(ctx, func(t tx) error {
		for _, repo := range slices.Compact(slices.Sorted(slices.Values(repos))) {
			if err := t.alone(ctx, fmt.Sprint("repository ", repo)); err != nil {
				return err
			}
		}
		return fn(t)
	})
}

const subjectColumns = `repo, name, installation, kind, stage, number, head, base, ref, delivery, is_open, turn, done_turn, done_head, decision, verdict, inputs, wants, pack, holds, asked, vain, landed, waits, weighs, askers, looked, looks, put_off, fork, came`

func scanSubject(scan func(...any) error) (s Subject, err error) {
	var open bool
	var askers, looks string
	err = scan(&s.Repo, &s.Name, &s.Installation, &s.Kind, &s.Stage, &s.Number, &s.Head, &s.Base, &s.Ref, &s.Delivery, &open, &s.Turn, &s.DoneTurn, &s.DoneHead, &s.Decision, &s.Verdict, &s.Inputs, &s.Wants, &s.Pack, &s.Holds, &s.Asked, &s.Vain, &s.Landed, &s.Waits, &s.Weighs, &askers, &s.Looked, &looks, &s.PutOff, &s.Fork, &s.Came)
	s.Closed = !open
	s.read(askers, looks)
	return s, err
}

func (s *Store) subjects(ctx context.Context, where string, args ...any) ([]Subject, error) {
	return subjects(ctx, s.db, where, args...)
}

func subjects(ctx context.Context, q querier, where string, args ...any) ([]Subject, error) {
	var all []Subject
	err := q.rows(ctx, `SELECT `+subjectColumns+` FROM subjects WHERE `+where, args, func(scan func(...any) error) error {
		one, err := scanSubject(scan)
		all = append(all, one)
		return err
	})
	return all, err
}

// Subject finds one.
func (s *Store) Subject(ctx context.Context, repo int64, name string) (Subject, error) {
	all, err := s.subjects(ctx, `repo = $1 AND name = $2`, repo, name)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Subject{}, fmt.Errorf("reading %s: %w", name, err)
	}
	return all[0], nil
}

// What nothing came of so often is asked for more and more seldom: the wait doubles from then on,
// four times.
const (
	vainAtFirst = 8
	vainDoubles = 4
)

// Due says whether it was asked for before an instant, in Unix milliseconds, by as much as it
// waits: patience, in milliseconds, and longer when that was often in vain.
func (o *Subject) Due(now, patience int64) bool {
	return o.Asked+patience<<min(max(o.Vain-vainAtFirst, 0), vainDoubles) < now
}

// reviewing are the turns for which there is a job.
const reviewing = `SELECT CAST(args ->> 'repo' AS BIGINT), args ->> 'subject', CAST(args ->> 'turn' AS BIGINT) FROM river_job WHERE kind = 'review' AND state IN ` + live

// Waiting are subjects whose newest turn is Due, is not concluded, and has no job (any more): at
// most max, the oldest first. One whose job is there has its place in the line, which it would
// lose.
func (s *Store) Waiting(ctx context.Context, now, patience int64, max int) ([]Subject, error) {
	due := fmt.Sprintf(`asked + CAST($3 AS BIGINT) * (1 << CAST(CASE WHEN vain < %d THEN 0 WHEN vain > %d THEN %d ELSE vain - %d END AS INTEGER)) < $1`,
		vainAtFirst, vainAtFirst+vainDoubles, vainDoubles, vainAtFirst)
	return s.subjects(ctx, `done_turn < turn AND is_open AND `+due+`
AND (repo, name, turn) NOT IN (`+reviewing+`)
ORDER BY asked LIMIT $2`, now, max, patience)
}

// WaitingIn are the subjects of a repository whose newest turn is not concluded: at most
// max, the oldest first.
func (s *Store) WaitingIn(ctx context.Context, repo int64, max int) ([]Subject, error) {
	return s.subjects(ctx, `repo = $1 AND done_turn < turn AND is_open ORDER BY asked LIMIT $2`, repo, max)
}

// Open are the subjects of a repository that may be let through, for one ref or all ("").
func (s *Store) Open(ctx context.Context, repo int64, kind, ref string) ([]Subject, error) {
	where, args := openOf(repo, kind, "merge", ref)
	return s.subjects(ctx, where, args...)
}

// openOf asks for what is not closed. Databases take an index of some of the rows for a statement
// that says itself which it is about, and not by an argument.
func openOf(repo int64, kind, stage, ref string) (where string, args []any) {
	where, args = `repo = $1 AND kind = $2 AND is_open`, []any{repo, kind}
	switch stage {
	case "":
	case "merge":
		where += ` AND stage = 'merge'`
	default:
		args = append(args, stage)
		where += fmt.Sprintf(` AND stage = $%d`, len(args))
	}
	if ref != "" {
		args = append(args, ref)
		where += fmt.Sprintf(` AND ref = $%d`, len(args))
	}
	return where + ` ORDER BY name`, args
}

const (
	queuedBefore = `kind = 'merge_group' AND stage = 'merge' AND is_open AND asked < $1 ORDER BY repo, name`
	openAtMerge  = `stage = 'merge' AND is_open ORDER BY repo, name`
	openToMerge  = `repo = $1 AND stage = 'merge' AND is_open ORDER BY name`
	aRecord      = `repo = $1 AND ref = $2 AND kind = 'pull_request' AND stage = 'record' AND is_open`
)

var recorded = []string{aRecord + ` AND done_turn < turn AND done_head <> $3`, aRecord + ` AND done_head = $3`}

// Recorded are the records of a repository of what landed on a ref that a push may be about: those
// that are not made yet, and those of the commit that it brought.
func (s *Store) Recorded(ctx context.Context, repo int64, ref, commit string) (all []Subject, err error) {
	for _, which := range recorded {
		some, err := s.subjects(ctx, which, repo, ref, commit)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// Queued are the open merge groups of all repositories about which nobody asked since an instant,
// in Unix milliseconds.
func (s *Store) Queued(ctx context.Context, before int64) ([]Subject, error) {
	return s.subjects(ctx, queuedBefore, before)
}

// OpenAtMerge are those of all repositories that may be let through.
func (s *Store) OpenAtMerge(ctx context.Context) ([]Subject, error) {
	return s.subjects(ctx, openAtMerge)
}

// OpenToMerge are those of a repository that may be let through.
func (s *Store) OpenToMerge(ctx context.Context, repo int64) ([]Subject, error) {
	return s.subjects(ctx, openToMerge, repo)
}

// Ended are those whose verdict holds no more by a day, whatever their stage.
func (s *Store) Ended(ctx context.Context, day string) ([]Subject, error) {
	return s.subjects(ctx, `is_open AND holds <> '' AND holds < $1 ORDER BY repo, name`, day)
}

// Refs are those for which there are, or were, subjects of a repository.
func (s *Store) Refs(ctx context.Context, repo int64) (refs []string, err error) {
	err = s.db.rows(ctx, `SELECT DISTINCT ref FROM subjects WHERE repo = $1 AND ref <> '' ORDER BY ref`, []any{repo}, func(scan func(...any) error) error {
		var ref string
		err := scan(&ref)
		refs = append(refs, ref)
		return err
	})
	return refs, err
}

// LandedAs are the records of pull requests of which somebody told that they landed as a commit.
func (s *Store) LandedAs(ctx context.Context, repo int64, commit string) ([]Subject, error) {
	return s.subjects(ctx, `repo = $1 AND landed <> '' AND landed = $2 ORDER BY name`, repo, commit)
}

// AtHead are open subjects of a repository that are about a head.
func (s *Store) AtHead(ctx context.Context, repo int64, head string) ([]Subject, error) {
	return s.subjects(ctx, `repo = $1 AND is_open AND head = $2 ORDER BY name`, repo, head)
}

// CloseSubject says that nobody waits for a subject any more, as a turn of it found, and asks again
// for others that this may be about. A newer turn may find that it was opened again.
func (s *Store) CloseSubject(ctx context.Context, repo int64, name string, turn int64, wakes ...Wake) error {
	return s.inRepos(ctx, []int64{repo}, func(t tx) error {
		if _, err := t.exec(ctx, `UPDATE subjects SET is_open = $3 WHERE repo = $1 AND name = $2 AND turn <= $4`, repo, name, false, turn); err != nil {
			return err
		}
		return s.wakeAll(ctx, t, wakes)
	})
}

func (s *Store) wakeAll(ctx context.Context, t tx, wakes []Wake) error {
	for _, w := range wakes {
		if err := s.wake(ctx, t, w); err != nil {
			return err
		}
	}
	return nil
}

// A Review is a verdict that was reached.
type Review struct {
	Repo     int64
	Subject  string
	Verdict  string // digest; empty: nothing could be judged
	Inputs   string // see Subject
	Wants    string // see Subject
	Pack     string // digest
	Head     string
	Base     string
	Ref      string
	Stage    string
	Decision string
	Holds    string // see Subject
	At       int64  // Unix milliseconds
	// Unsettled says that the turn is not over with it: it is asked for again, see Waiting.
	Unsettled bool
}

// Follows is what follows from a verdict: it is kept together with it, or not at all.
type Follows struct {
	Effects map[string]string // keys and intents of what is to be written to the forge
	Marks   map[string]string // names and values
	Wakes   []Wake            // reviews of what it may change
}

// ErrLate says that a newer turn of a subject was concluded: nothing is kept of this one.
var ErrLate = errors.New("a newer turn was concluded")

// Conclude keeps a verdict as that of a turn of the subject that the lock is of, and what follows
// from it, if the lock is held and no newer turn was concluded: else nothing. The head of a pull
// request is from then on what was judged: what asked for it may have been late, and have named an
// older one.
func (l *Lock) Conclude(ctx context.Context, turn int64, r Review, f Follows) error {
	if r.Unsettled {
		turn--
	}
	s := l.store
	err := inRepos(ctx, l.inTx, []int64{r.Repo}, func(t tx) error {
		n, err := t.exec(ctx, `UPDATE subjects SET done_turn = $3, done_head = $4, decision = $5, verdict = $6, pack = $7, ref = $8, inputs = $9, wants = $10, holds = $11,
	head = CASE WHEN turn = $3 AND kind = 'pull_request' AND stage = 'merge' AND $4 <> '' THEN $4 ELSE head END,
	came = CASE WHEN turn = $3 AND kind = 'pull_request' AND stage = 'merge' AND $4 NOT IN ('', head) THEN $12 ELSE came END WHERE repo = $1 AND name = $2 AND done_turn <= $3`,
			r.Repo, r.Subject, turn, r.Head, r.Decision, r.Verdict, r.Pack, r.Ref, r.Inputs, r.Wants, r.Holds, s.ms())
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLate
		}
		if err := s.wakeAll(ctx, t, f.Wakes); err != nil {
			return err
		}
		for key, intent := range f.Effects {
			if err := s.begin(ctx, t, key, intent, s.ms()); err != nil {
				return err
			}
		}
		for name, value := range f.Marks {
			if err := setMark(ctx, t, name, value); err != nil {
				return err
			}
		}
		if r.Verdict == "" {
			return nil
		}
		_, err = t.exec(ctx, `INSERT INTO reviews (repo, subject, verdict, pack, head, base, stage, decision, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (repo, subject, verdict, pack) DO NOTHING`,
			r.Repo, r.Subject, r.Verdict, r.Pack, r.Head, r.Base, r.Stage, r.Decision, s.ms())
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping the verdict on %s: %w", r.Subject, err)
	}
	return nil
}

// Reviews are the verdicts on a subject, the newest first, at most max.
func (s *Store) Reviews(ctx context.Context, repo int64, subject string, max int) ([]Review, error) {
	return s.reviews(ctx, `repo = $1 AND subject = $2 ORDER BY at DESC, pack LIMIT $3`, repo, subject, max)
}

// ReviewOfPack finds where a pack belongs.
func (s *Store) ReviewOfPack(ctx context.Context, digest string) (Review, error) {
	all, err := s.reviews(ctx, `pack = $1 ORDER BY at DESC LIMIT 1`, digest)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Review{}, err
	}
	return all[0], nil
}

func (s *Store) reviews(ctx context.Context, where string, args ...any) ([]Review, error) {
	var all []Review
	err := s.db.rows(ctx, `SELECT repo, subject, verdict, pack, head, base, stage, decision, at FROM reviews WHERE `+where, args, func(scan func(...any) error) error {
		var r Review
		err := scan(&r.Repo, &r.Subject, &r.Verdict, &r.Pack, &r.Head, &r.Base, &r.Stage, &r.Decision, &r.At)
		all = append(all, r)
		return err
	})
	return all, err
}

// IsNotFound says whether an error means that there is no such row.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

// Running counts jobs that are under way, in whichever process.
func (s *Store) Running(ctx context.Context) (n int64, err error) {
	err = s.db.row(ctx, `SELECT count(*) FROM river_job WHERE kind IN ('delivery', 'review') AND state = 'running'`, nil, &n)
	return n, err
}

// Jobs counts deliveries and reviews that wait or are under way.
func (s *Store) Jobs(ctx context.Context) (n int64, err error) {
	err = s.db.row(ctx, `SELECT count(*) FROM river_job WHERE kind IN ('delivery', 'review') AND state IN `+live, nil, &n)
	return n, err
}
