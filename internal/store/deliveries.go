package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Delivery is a webhook delivery as it came.
type Delivery struct {
	GUID     string
	Event    string // of the header: "pull_request"
	Body     []byte
	Received int64 // Unix milliseconds
	State    DeliveryState
	Note     string
}

// A DeliveryState says how far a delivery is.
type DeliveryState string

const (
	Accepted   DeliveryState = "accepted"   // nobody decided on it yet
	Done       DeliveryState = "done"       // what it asks for is asked for
	Ignored    DeliveryState = "ignored"    // it asks for nothing
	Unreadable DeliveryState = "unreadable" // it is not what its event should look like; kept whole; a redelivery is read anew
	Failed     DeliveryState = "failed"     // nobody could decide on it; it is tried again, see Retry, and a redelivery is decided on anew
)

// Accept puts a delivery on the disk, with the job to decide on it. One that was accepted
// before, and not given up, is not accepted again: known is true. Deliveries that come
// while others are being written are written together: a commit costs the same for all.
func (s *Store) Accept(ctx context.Context, d Delivery) (known bool, err error) {
	if d.Body == nil {
		d.Body = []byte{} // NULL is nothing that was delivered
	}
	a := &acceptance{Delivery: d, done: make(chan struct{})}
	s.accept.join(a, s.acceptAll, func(a *acceptance) { close(a.done) })
	select {
	case <-a.done:
	case <-ctx.Done(): // it may well be stored all the same, and then is known when it comes again
		return false, fmt.Errorf("storing a delivery: %w", context.Cause(ctx))
	}
	if a.err != nil {
		return false, fmt.Errorf("storing a delivery: %w", a.err)
	}
	return a.known, nil
}

// An acceptance is a delivery that somebody waits for.
type acceptance struct {
	Delivery
	known bool
	err   error
	done  chan struct{}
}

// acceptTime bounds one transaction of deliveries: GitHub waits for ten seconds.
const acceptTime = 9 * time.Second

// acceptAll writes deliveries in one transaction. If that fails, each is tried by itself,
// so that one that is odd takes no other along.
func (s *Store) acceptAll(all []*acceptance) {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTime)
	defer cancel()
	write := func(some ...*acceptance) error {
		return s.db.inTx(ctx, func(t tx) error {
			var jobs []job
			for _, a := range some {
				n, err := t.exec(ctx, `INSERT INTO deliveries (guid, event, body, received, state) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (guid) DO UPDATE SET event = excluded.event, body = excluded.body, state = excluded.state, note = '' WHERE deliveries.state IN ('failed', 'unreadable')`,
					a.GUID, a.Event, a.Body, s.ms(), string(Accepted))
				if err != nil {
					return err
				}
				if a.known = n == 0; !a.known {
					jobs = append(jobs, deliveryJob{a.GUID})
				}
			}
			return t.add(ctx, jobs...)
		})
	}
	if err := write(all...); err == nil {
		return
	} else if len(all) == 1 {
		all[0].err = err
		return
	}
	for _, a := range all {
		a.err = write(a)
	}
}

// Delivery finds one by its GUID.
func (s *Store) Delivery(ctx context.Context, guid string) (Delivery, error) {
	d := Delivery{GUID: guid}
	var state string
	err := s.db.row(ctx, `SELECT event, body, received, state, note FROM deliveries WHERE guid = $1`, []any{guid}, &d.Event, &d.Body, &d.Received, &state, &d.Note)
	d.State = DeliveryState(state)
	if err != nil {
		return d, fmt.Errorf("reading delivery %.64q: %w", guid, err)
	}
	return d, nil
}

// A Decision is what follows from a delivery.
type Decision struct {
	State    DeliveryState
	Note     string // for who looks at the table
	Requests []Request
	Wakes    []Wake // behind the requests
	Pushes   []Push
	Installs []Installed
	Commands []Command
	Marks    []Mark // kept unless there is one of the name
}

// repos are those of which something is kept.
func (d *Decision) repos() (all []int64) {
	for _, r := range d.Requests {
		all = append(all, r.Repo)
	}
	for _, w := range d.Wakes {
		all = append(all, w.Repo)
	}
	for _, p := range d.Pushes {
		all = append(all, p.Repo)
	}
	for _, c := range d.Commands {
		all = append(all, c.Repo)
	}
	for _, i := range d.Installs {
		all = append(all, i.Repo)
	}
	for _, m := range d.Marks {
		all = append(all, m.Repo)
	}
	return all
}

// Decide keeps what follows from a delivery, all or nothing, with the reviews that it
// asks for. The body of one that is done or ignored is removed: it has served.
func (s *Store) Decide(ctx context.Context, guid string, d Decision) error {
	w := &deciding{guid: guid, Decision: d, done: make(chan struct{})}
	s.decide.join(w, s.decideAll, func(w *deciding) { close(w.done) })
	select {
	case <-w.done:
	case <-ctx.Done(): // it may well be kept all the same: then there is nothing to do the next time
		return fmt.Errorf("deciding on delivery %.64q: %w", guid, context.Cause(ctx))
	}
	if w.err != nil {
		return fmt.Errorf("deciding on delivery %.64q: %w", guid, w.err)
	}
	return nil
}

// A deciding is a decision that somebody waits for.
type deciding struct {
	guid string
	Decision
	err  error
	done chan struct{}
}

// decideAll keeps decisions in one transaction, or each in its own if that fails.
func (s *Store) decideAll(all []*deciding) {
	ctx, cancel := context.WithTimeout(context.Background(), acceptTime)
	defer cancel()
	write := func(some ...*deciding) error {
		var repos []int64
		for _, w := range some {
			repos = append(repos, w.repos()...)
		}
		return s.inRepos(ctx, repos, func(t tx) error {
			for _, w := range some {
				if err := s.decideOne(ctx, t, w.guid, w.Decision); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := write(all...); err == nil {
		return
	} else if len(all) == 1 {
		all[0].err = err
		return
	}
	for _, w := range all {
		w.err = write(w)
	}
}

func (s *Store) decideOne(ctx context.Context, t tx, guid string, d Decision) error {
	var state string
	if err := t.row(ctx, `SELECT state FROM deliveries WHERE guid = $1`, []any{guid}, &state); err != nil {
		return err
	}
	if DeliveryState(state) != Accepted {
		return nil // decided before, by a job that died afterwards
	}
	for _, i := range d.Installs {
		if err := s.installed(ctx, t, i); err != nil {
			return err
		}
	}
	for _, p := range d.Pushes {
		if err := s.push(ctx, t, p); err != nil {
			return err
		}
	}
	for _, c := range d.Commands {
		if err := s.command(ctx, t, c); err != nil {
			return err
		}
	}
	for _, m := range d.Marks {
		if err := remember(ctx, t, m.Name, m.Value); err != nil {
			return err
		}
	}
	for _, r := range d.Requests {
		if err := s.request(ctx, t, r); err != nil {
			return err
		}
	}
	if err := s.wakeAll(ctx, t, d.Wakes); err != nil {
		return err
	}
	keep := ``
	if d.State == Done || d.State == Ignored {
		keep = `, body = ''`
	}
	_, err := t.exec(ctx, `UPDATE deliveries SET state = $2, note = $3, decided = $4`+keep+` WHERE guid = $1`, guid, string(d.State), d.Note, s.ms())
	return err
}

// Known says of those of some deliveries that are here whether they need not come again.
func (s *Store) Known(ctx context.Context, guids []string) (map[string]bool, error) {
	known := map[string]bool{}
	for _, g := range guids {
		var state string
		err := s.db.row(ctx, `SELECT state FROM deliveries WHERE guid = $1`, []any{g}, &state)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, fmt.Errorf("looking for deliveries: %w", err)
		default:
			known[g] = DeliveryState(state) != Failed
		}
	}
	return known, nil
}

// undecided are the deliveries that nobody decided on, and for which there is no job.
const undecided = `state IN ('accepted', 'failed') AND guid NOT IN (SELECT args ->> 'guid' FROM river_job WHERE kind = 'delivery' AND state IN ` + live + `)`

// live are the states of jobs that are going to run, or do.
const live = `('available', 'pending', 'retryable', 'running', 'scheduled')`

// maxRetry bounds how many deliveries are tried again at a time.
const maxRetry = 1000

// Retry gives another job to deliveries that nobody could decide on, because the disk was full
// or the database took nothing for longer than jobs are tried: at first soon, and then whenever
// as much time has gone by again as since they came, so that one which takes its process with
// it does so a few times only. What came before an instant, in Unix milliseconds, is given up.
// Those that are not tried now are in state Failed: a redelivery is decided on anew.
func (s *Store) Retry(ctx context.Context, since int64) (again, failed int64, err error) {
	err = s.db.inTx(ctx, func(t tx) error {
		var jobs []job
		err := t.rows(ctx, `UPDATE deliveries SET state = 'accepted', note = '', decided = $2 WHERE guid IN (
SELECT guid FROM deliveries WHERE `+undecided+` AND received >= $1 AND received + 2 * (CASE WHEN decided > received THEN decided - received ELSE 0 END) <= $2 ORDER BY received LIMIT $3) RETURNING guid`,
			[]any{since, s.ms(), maxRetry}, func(scan func(...any) error) error {
				var guid string
				err := scan(&guid)
				jobs = append(jobs, deliveryJob{guid})
				return err
			})
		if err != nil {
			return err
		}
		again = int64(len(jobs))
		if err := t.add(ctx, jobs...); err != nil {
			return err
		}
		failed, err = t.exec(ctx, `UPDATE deliveries SET state = 'failed', note = 'nobody could decide on it' WHERE state = 'accepted' AND `+undecided)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("trying deliveries again: %w", err)
	}
	return again, failed, nil
}

// Reread gives another job to deliveries that could not be read, and did not come before an
// instant, in Unix milliseconds: another version of the program may read them.
func (s *Store) Reread(ctx context.Context, since int64) (n int64, err error) {
	err = s.db.inTx(ctx, func(t tx) error {
		var jobs []job
		err := t.rows(ctx, `UPDATE deliveries SET state = 'accepted', note = '' WHERE state = 'unreadable' AND received >= $1 RETURNING guid`, []any{since}, func(scan func(...any) error) error {
			var guid string
			err := scan(&guid)
			jobs = append(jobs, deliveryJob{guid})
			return err
		})
		if err != nil {
			return err
		}
		n = int64(len(jobs))
		return t.add(ctx, jobs...)
	})
	if err != nil {
		return 0, fmt.Errorf("reading deliveries again: %w", err)
	}
	return n, nil
}

// CountDeliveries counts them by state.
func (s *Store) CountDeliveries(ctx context.Context) (map[DeliveryState]int64, error) {
	counts := map[DeliveryState]int64{}
	err := s.db.rows(ctx, `SELECT state, count(*) FROM deliveries GROUP BY state`, nil, func(scan func(...any) error) error {
		var state string
		var n int64
		err := scan(&state, &n)
		counts[DeliveryState(state)] = n
		return err
	})
	return counts, err
}

// PruneDeliveries forgets decided deliveries that came before an instant, in Unix
// milliseconds. What can still be delivered again must stay known.
func (s *Store) PruneDeliveries(ctx context.Context, before int64) error {
	_, err := s.db.exec(ctx, `DELETE FROM deliveries WHERE received < $1 AND state IN ('done', 'ignored')`, before)
	return err
}
