package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"custody/internal/store"
	"custody/internal/store/storetest"
)

var cluster storetest.Cluster

func TestMain(m *testing.M) {
	code := m.Run()
	cluster.Stop()
	os.Exit(code)
}

// eachStore runs the conformance tests of both databases.
func eachStore(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite://"+filepath.Join(t.TempDir(), "a %23 folder", "custody.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, cluster.Database(t)) })
}

func open(t *testing.T, address, id string, w store.Worker) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), address, store.Options{Now: time.Now, ID: id, Worker: w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func start(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// conclude concludes a turn of a subject as who works on it does.
func conclude(ctx context.Context, s *store.Store, turn int64, r store.Review, f store.Follows) error {
	l, ok, err := s.Lock(context.WithoutCancel(ctx), fmt.Sprintf("%d %s", r.Repo, r.Subject))
	if err != nil || !ok {
		return fmt.Errorf("somebody else works on it: %w", err)
	}
	defer l.Unlock()
	return l.Conclude(ctx, turn, r, f)
}

func stop(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

// A worker hands what it is asked to do to functions.
type worker struct {
	decide func(ctx context.Context, guid string) error
	review func(ctx context.Context, t store.Task) error
	tick   func(ctx context.Context, what store.Tick)
}

func (w *worker) Decide(ctx context.Context, guid string, _ bool) error { return w.decide(ctx, guid) }
func (w *worker) Review(ctx context.Context, t store.Task) error        { return w.review(ctx, t) }
func (w *worker) Tick(ctx context.Context, what store.Tick) error {
	if w.tick != nil {
		w.tick(ctx, what)
	}
	return nil
}

func TestDeliveries(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		decided := make(chan string, 10)
		var s *store.Store
		w := &worker{decide: func(ctx context.Context, guid string) error {
			d, err := s.Delivery(ctx, guid)
			if err != nil {
				return err
			}
			if string(d.Body) != "body \x00\xff of "+guid || d.Event != "pull_request" || d.State != store.Accepted {
				t.Errorf("%+v", d)
			}
			if err := s.Decide(ctx, guid, store.Decision{State: store.Done, Note: "nothing to do"}); err != nil {
				return err
			}
			decided <- guid
			return nil
		}}
		s = open(t, address, "one", w)
		start(t, s)
		for _, guid := range []string{"a", "b"} {
			known, err := s.Accept(ctx, store.Delivery{GUID: guid, Event: "pull_request", Body: []byte("body \x00\xff of " + guid)})
			if err != nil || known {
				t.Fatal(known, err)
			}
			if got := <-decided; got != guid {
				t.Errorf("%s instead of %s", got, guid)
			}
		}
		known, err := s.Accept(ctx, store.Delivery{GUID: "a", Event: "pull_request", Body: []byte("again")})
		if err != nil || !known {
			t.Errorf("a delivery that is done came again: %v %v", known, err)
		}
		stop(t, s)
		if d, err := s.Delivery(ctx, "a"); err != nil || d.State != store.Done || len(d.Body) != 0 || d.Note != "nothing to do" {
			t.Errorf("%+v, %v", d, err)
		}
		if _, err := s.Delivery(ctx, "c"); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}

		// One that nobody could decide on is taken again when it comes again.
		if _, err := s.Accept(ctx, store.Delivery{GUID: "c", Event: "pull_request", Body: []byte("body")}); err != nil {
			t.Fatal(err)
		}
		if err := s.Decide(ctx, "c", store.Decision{State: store.Failed, Note: "why"}); err != nil {
			t.Fatal(err)
		}
		known, err = s.Accept(ctx, store.Delivery{GUID: "c", Event: "pull_request", Body: []byte("body \x00\xff of c")})
		if err != nil || known {
			t.Errorf("a delivery that failed and came again: %v %v", known, err)
		}
		counts, err := s.CountDeliveries(ctx)
		if err != nil || counts[store.Done] != 2 || counts[store.Accepted] != 1 {
			t.Errorf("%v %v", counts, err)
		}
		if got, err := s.Known(ctx, []string{"a", "c", "x"}); err != nil || !got["a"] || !got["c"] || got["x"] {
			t.Errorf("%v %v", got, err)
		}
	})
}

// A delivery that nobody could decide on is tried again, at longer and longer intervals, and one
// that could not be read when it comes again or another program may read it.
func TestDeliveriesAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		var clock atomic.Int64
		var next atomic.Value
		begin := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		now := func() time.Time { return begin.Add(time.Duration(clock.Load())) }
		var s *store.Store
		w := &worker{decide: func(ctx context.Context, guid string) error {
			clock.Add(int64(time.Minute))
			return s.Decide(ctx, guid, store.Decision{State: next.Load().(store.DeliveryState), Note: "why"})
		}}
		var err error
		if s, err = store.Open(ctx, address, store.Options{Now: now, ID: "one", Worker: w}); err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		start(t, s)
		defer stop(t, s)
		accept := func(guid string, as store.DeliveryState) {
			t.Helper()
			next.Store(as)
			if known, err := s.Accept(ctx, store.Delivery{GUID: guid, Event: "push", Body: []byte("body")}); err != nil || known {
				t.Fatalf("%s is known: %v, %v", guid, known, err)
			}
		}
		becomes := func(guid string, state store.DeliveryState) {
			t.Helper()
			for range 2000 {
				d, err := s.Delivery(ctx, guid)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := s.Jobs(ctx); err == nil && n == 0 && d.State == state {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Fatalf("%s does not become %s", guid, state)
		}
		retry := func(since time.Time, want int64) {
			t.Helper()
			if n, failed, err := s.Retry(ctx, since.UnixMilli()); err != nil || n != want || failed != 0 {
				t.Fatalf("%d are tried again, not %d; %d given up; %v", n, want, failed, err)
			}
		}
		accept("full", store.Failed)
		becomes("full", store.Failed)
		retry(begin, 0) // as much time has to go by again
		clock.Add(int64(time.Minute))
		retry(now(), 0) // too old
		retry(begin, 1)
		becomes("full", store.Failed)
		clock.Add(int64(2 * time.Minute))
		retry(begin, 0)
		next.Store(store.Done)
		clock.Add(int64(time.Minute))
		retry(begin, 1)
		becomes("full", store.Done)
		clock.Add(int64(time.Hour))
		retry(begin, 0)

		accept("odd", store.Unreadable)
		becomes("odd", store.Unreadable)
		retry(begin, 0)
		accept("odd", store.Unreadable) // a redelivery
		becomes("odd", store.Unreadable)
		next.Store(store.Done)
		if n, err := s.Reread(ctx, now().UnixMilli()); err != nil || n != 0 {
			t.Fatal(n, err)
		}
		if n, err := s.Reread(ctx, begin.UnixMilli()); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		becomes("odd", store.Done)
	})
}

// A job whose process died runs again, in whichever process starts next.
func TestJobsOfTheDead(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		began, never := make(chan bool), make(chan bool)
		s := open(t, address, "first", &worker{decide: func(ctx context.Context, guid string) error {
			began <- true
			<-never
			return nil
		}})
		start(t, s)
		if _, err := s.Accept(ctx, store.Delivery{GUID: "a", Event: "push"}); err != nil {
			t.Fatal(err)
		}
		<-began
		s.Close() // as when a process ends: nothing more reaches the database
		defer close(never)

		done := make(chan string)
		next := open(t, address, "second", &worker{decide: func(ctx context.Context, guid string) error {
			done <- guid
			return nil
		}})
		start(t, next)
		defer stop(t, next)
		select {
		case got := <-done:
			if got != "a" {
				t.Error(got)
			}
		case <-time.After(20 * time.Second):
			t.Error("the job of the dead process was not taken over")
		}
	})
}

// A process whose connections were cut lives on, and is not taken for dead.
func TestConnectionsCut(t *testing.T) {
	ctx := context.Background()
	address := cluster.Database(t)
	began, goOn, done := make(chan bool, 10), make(chan bool), make(chan bool, 10)
	s := open(t, address, "first", &worker{decide: func(ctx context.Context, guid string) error {
		began <- true
		<-goOn
		done <- true
		return nil
	}})
	start(t, s)
	defer stop(t, s)
	if _, err := s.Accept(ctx, store.Delivery{GUID: "a", Event: "push"}); err != nil {
		t.Fatal(err)
	}
	<-began
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	if err := s.Rescue(ctx); err != nil {
		t.Fatal(err)
	}
	next := open(t, address, "second", &worker{decide: func(ctx context.Context, guid string) error { began <- true; return nil }})
	if err := next.Rescue(ctx); err != nil {
		t.Fatal(err)
	}
	jobs, err := next.Running(ctx)
	if err != nil || jobs != 1 {
		t.Errorf("%d jobs run, %v", jobs, err)
	}
	close(goOn)
	<-done
}

func TestSubjects(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		turns := make(chan store.Task, 10)
		s := open(t, address, "one", &worker{
			decide: func(context.Context, string) error { return nil },
			review: func(ctx context.Context, task store.Task) error { turns <- task; return nil },
		})
		ask := func(head string, closed bool) {
			t.Helper()
			guid := fmt.Sprint("guid of ", head, closed)
			if _, err := s.Accept(ctx, store.Delivery{GUID: guid, Event: "pull_request", Body: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			err := s.Decide(ctx, guid, store.Decision{State: store.Done, Requests: []store.Request{
				{Repo: 7, Name: "pull/1", Installation: 3, Kind: "pull_request", Stage: "merge", Number: 1, Head: head, Ref: "refs/heads/main", Delivery: guid, Closed: closed}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		ask("h1", false)
		ask("h2", false)
		ask("", false) // an event that does not know the head
		got, err := s.Subject(ctx, 7, "pull/1")
		if err != nil || got.Turn != 3 || got.Head != "h2" || got.DoneTurn != 0 || got.Closed {
			t.Errorf("%+v, %v", got, err)
		}
		if in, err := s.WaitingIn(ctx, 7, 10); err != nil || len(in) != 1 {
			t.Errorf("waiting in it: %v, %v", in, err)
		}
		if in, err := s.WaitingIn(ctx, 99, 10); err != nil || len(in) != 0 {
			t.Errorf("waiting elsewhere: %v, %v", in, err)
		}
		waiting, err := s.Waiting(ctx, time.Now().UnixMilli()+1000, 0, 10)
		if err != nil || len(waiting) != 0 {
			t.Errorf("it would lose its place in the line: %v, %v", waiting, err)
		}
		start(t, s)
		var seen []int64
		for range 3 {
			task := <-turns
			seen = append(seen, task.Turn)
			if task.Repo != 7 || task.Subject != "pull/1" || task.Try != 1 || task.Last {
				t.Errorf("%+v", task)
			}
		}
		if slices.Sort(seen); !slices.Equal(seen, []int64{1, 2, 3}) {
			t.Error(seen)
		}
		stop(t, s)
		if waiting, err := s.Waiting(ctx, time.Now().UnixMilli()+1000, 0, 10); err != nil || len(waiting) != 1 {
			t.Errorf("it has no job any more, and no verdict: %v, %v", waiting, err)
		}

		r := store.Review{Repo: 7, Subject: "pull/1", Verdict: "v2", Pack: "p2", Head: "h2", Base: "b", Ref: "refs/heads/main", Stage: "merge", Decision: "pass"}
		if err := conclude(ctx, s, 3, r, store.Follows{Effects: map[string]string{"e": "intent"}, Marks: map[string]string{"said": "2"}}); err != nil {
			t.Fatal(err)
		}
		r.Verdict, r.Pack, r.Head, r.Decision = "v1", "p1", "h1", "fail"
		late := store.Follows{Effects: map[string]string{"e": "older"}, Marks: map[string]string{"said": "1"}, Wakes: []store.Wake{{Repo: 7, Name: "pull/1"}}}
		if err := conclude(ctx, s, 1, r, late); !errors.Is(err, store.ErrLate) {
			t.Errorf("an older turn was concluded: %v", err)
		}
		if got, err = s.Subject(ctx, 7, "pull/1"); err != nil || got.DoneTurn != 3 || got.Decision != "pass" || got.DoneHead != "h2" {
			t.Errorf("an older turn took the place of a newer: %+v, %v", got, err)
		}
		if e, err := s.Effect(ctx, "e"); err != nil || e.Done || e.Result != "intent" {
			t.Errorf("what an older turn was about to say took the place of a newer: %+v, %v", e, err)
		}
		if v, err := s.Mark(ctx, "said"); err != nil || v != "2" || got.Turn != 3 {
			t.Errorf("something followed from an older turn: %q, turn %d, %v", v, got.Turn, err)
		}
		if at, err := s.AtHead(ctx, 7, "h2"); err != nil || len(at) != 1 {
			t.Errorf("%v, %v", at, err)
		}
		if at, err := s.AtHead(ctx, 7, "h1"); err != nil || len(at) != 0 {
			t.Errorf("%v, %v", at, err)
		}
		if all, err := s.Reviews(ctx, 7, "pull/1", 10); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
		// What it is about is asked for with it, or not at all.
		group := store.Request{Repo: 7, Name: "queue/g2", Installation: 9, Kind: "merge_group", Stage: "merge", Head: "g2", Ref: "refs/heads/main"}
		if err := s.Ask(ctx, group); err != nil {
			t.Fatal(err)
		}
		about := store.Wake{Repo: 7, Kind: "merge_group", Ref: "refs/heads/main", Delivery: "d"}
		cut, cancel := context.WithCancel(ctx)
		cancel()
		if err := conclude(cut, s, 3, r, store.Follows{Wakes: []store.Wake{about}}); err == nil {
			t.Error("nobody noticed that it was given up")
		}
		if got, err := s.Subject(ctx, 7, "queue/g2"); err != nil || got.Turn != 1 {
			t.Errorf("asked for with a conclusion that is none: %+v %v", got, err)
		}
		if err := conclude(ctx, s, 3, r, store.Follows{Wakes: []store.Wake{about}}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "queue/g2"); err != nil || got.Turn != 2 || got.DoneTurn != 0 || got.Delivery != "d" || got.Installation != 9 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.CloseSubject(ctx, 7, "queue/g2", 1); err != nil { // as an older turn found it
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "queue/g2"); err != nil || got.Closed {
			t.Errorf("closed, though it was opened again: %+v, %v", got, err)
		}
		if err := s.CloseSubject(ctx, 7, "queue/g2", 2); err != nil { // after it was found open
			t.Fatal(err)
		}
		if err := conclude(ctx, s, 3, r, store.Follows{Wakes: []store.Wake{about}}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "queue/g2"); err != nil || got.Turn != 2 || !got.Closed {
			t.Errorf("%+v, %v", got, err)
		}
		ask("h2", true)
		if open, err := s.Open(ctx, 7, "pull_request", ""); err != nil || len(open) != 0 {
			t.Errorf("%v, %v", open, err)
		}
		if r, err := s.ReviewOfPack(ctx, "p2"); err != nil || r.Decision != "pass" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestEffectsLocksMarks(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "one", nil)
		if e, err := s.Effect(ctx, "k"); err != nil || e != (store.Effect{}) {
			t.Errorf("%+v, %v", e, err)
		}
		for range 2 {
			if err := s.Begin(ctx, "k", "to do"); err != nil {
				t.Fatal(err)
			}
		}
		if e, err := s.Effect(ctx, "k"); err != nil || e.Key == "" || e.Done || e.Result != "to do" {
			t.Errorf("%+v, %v", e, err)
		}
		if err := s.Finish(ctx, "k", "42"); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Effect(ctx, "k"); err != nil || !e.Done || e.Result != "42" {
			t.Errorf("%+v, %v", e, err)
		}
		if err := s.Begin(ctx, "k", "43"); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Effect(ctx, "k"); err != nil || e.Done || e.Result != "43" {
			t.Errorf("begun anew: %+v, %v", e, err)
		}

		var mu sync.Mutex
		got := 0
		var lock *store.Lock
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				u, ok, err := s.Lock(ctx, "x")
				if err != nil {
					t.Error(err)
				}
				if mu.Lock(); ok {
					got++
					lock = u
				}
				mu.Unlock()
			})
		}
		wg.Wait()
		if got != 1 {
			t.Fatalf("%d have the lock", got)
		}
		lock.Unlock()
		lock.Unlock()
		if u, ok, err := s.Lock(ctx, "x"); err != nil || !ok {
			t.Error("the lock can not be had again", err)
		} else {
			u.Unlock()
		}

		if v, err := s.Mark(ctx, "m"); err != nil || v != "" {
			t.Error(v, err)
		}
		for _, v := range []string{"1", "2"} {
			if err := s.SetMark(ctx, "m", v); err != nil {
				t.Fatal(err)
			}
		}
		if v, err := s.Mark(ctx, "m"); err != nil || v != "2" {
			t.Error(v, err)
		}

		for _, c := range []struct {
			was, value string
			ok         bool
		}{{"", "1", true}, {"", "2", false}, {"2", "3", false}, {"1", "1", true}, {"1", "", true}, {"1", "4", false}, {"", "5", true}} {
			if ok, err := s.SwapMark(ctx, "swapped", c.was, c.value); err != nil || ok != c.ok {
				t.Errorf("from %q to %q: %v %v", c.was, c.value, ok, err)
			}
		}
		if ok, err := s.SwapMark(ctx, "never set", "1", "2"); err != nil || ok {
			t.Error(ok, err)
		}

		for _, v := range []string{"first", "second"} {
			if got, err := s.Remember(ctx, "r", v); err != nil || got != "first" {
				t.Error(got, err)
			}
		}
		for _, i := range []store.Installed{{Repo: 1, Installation: 9, FullName: "a/b", State: store.Active}, {Repo: 2, Installation: 9, FullName: "a/c", State: store.Active},
			{Repo: 1, Installation: 9, State: store.Active}, {Installation: 9, State: store.Suspended}} {
			if err := s.Installed(ctx, i); err != nil {
				t.Fatal(err)
			}
		}
		if i, ok, err := s.Repository(ctx, 1); err != nil || !ok || i.FullName != "a/b" || i.State != store.Suspended {
			t.Errorf("%+v %v %v", i, ok, err)
		}
		// One installation gave way to another: what the old one says of it counts no more.
		if err := s.Installed(ctx, store.Installed{Repo: 3, Installation: 10, FullName: "b/c", State: store.Active}); err != nil {
			t.Fatal(err)
		}
		for installation, want := range map[int64]store.InstallState{9: store.Active, 10: store.Suspended} {
			if err := s.Installed(ctx, store.Installed{Repo: 3, Installation: 10, State: store.Active}); err != nil {
				t.Fatal(err)
			}
			if err := s.Unreachable(ctx, 3, installation); err != nil {
				t.Fatal(err)
			}
			if i, _, err := s.Repository(ctx, 3); err != nil || i.State != want || i.Installation != 10 {
				t.Errorf("by %d: %+v %v", installation, i, err)
			}
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "mysql://x", "sqlite://host/path", "sqlite:relative", "postgres://u:s3cret@%zz/", "postgres://u:s3cret@127.0.0.1:1/x?connect_timeout=1"} {
		if s, err := store.Open(context.Background(), address, store.Options{Now: time.Now}); err == nil {
			s.Close()
			t.Errorf("%q was opened", address)
		} else if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("the error holds the password: %v", err)
		}
	}
	path := filepath.Join(t.TempDir(), "custody.db")
	open(t, "sqlite://"+path, "one", nil)
	if s, err := store.Open(context.Background(), "sqlite://"+path, store.Options{Now: time.Now}); err == nil {
		s.Close()
		t.Error("two processes have one SQLite file")
	}
}

// An older program does not work on a newer one's tables.
func TestOlderProgram(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		open(t, address, "older", nil).Close()
		driver, name := "pgx", address
		if path, ok := strings.CutPrefix(address, "sqlite://"); ok {
			driver, name = "sqlite", "file:"+path
		}
		db, err := sql.Open(driver, name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(context.Background(), address, store.Options{Now: time.Now, ID: "older"})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "newer version of Custody") {
			t.Errorf("it would write to a store of a newer version: %v", err)
		}
	})
}

func TestBlobs(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	b, err := store.OpenBlobs("file://" + dir)
	if err != nil {
		t.Fatal(err)
	}
	const digest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of hello
	for range 2 {
		if err := b.Put(ctx, digest, []byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := b.Get(ctx, digest); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	if err := b.Put(ctx, digest, []byte("other")); err == nil {
		t.Error("bytes of another digest were kept")
	}
	for _, bad := range []string{"", "sha256:../../etc/passwd", digest[:70], "sha256:" + "A" + digest[8:]} {
		if _, err := b.Get(ctx, bad); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "2c", digest[7:]+".zip"), []byte("hellO"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Get(ctx, digest); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a damaged blob was given: %q, %v", got, err)
	}
	if err := b.Put(ctx, digest, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Get(ctx, digest); err != nil || string(got) != "hello" {
		t.Errorf("a damaged blob was not replaced: %q, %v", got, err)
	}
}

// A command is kept once, in the order in which they came, and settled.
func TestCommands(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "a", nil)
		for _, c := range []store.Command{
			{Repo: 7, Name: "comment/2", Pull: 5, Comment: 2, Asks: "digest"},
			{Repo: 7, Name: "comment/2", Pull: 5, Comment: 2, Asks: "another"}, // it was edited: what came first counts
			{Repo: 7, Name: "button/x", Pull: 5, Asks: "explain"},
			{Repo: 7, Name: "comment/3", Pull: 6, Comment: 3},
			{Repo: 8, Name: "comment/2", Pull: 5, Comment: 2},
		} {
			if err := s.Command(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		read := func() []store.Command {
			t.Helper()
			all, err := s.Commands(ctx, 7, 5)
			if err != nil || len(all) != 2 {
				t.Fatalf("%+v, %v", all, err)
			}
			if all[0].Comment == 0 { // of one millisecond
				all[0], all[1] = all[1], all[0]
			}
			return all
		}
		c := read()[0]
		if c.Asks != "digest" || c.State != store.Asked {
			t.Errorf("%+v", c)
		}
		c.State, c.Answer, c.Record = store.Answered, "yes", "{}"
		if err := s.Settle(ctx, c); err != nil {
			t.Fatal(err)
		}
		if got := read(); got[0] != c || got[1].State != store.Asked {
			t.Errorf("%+v", got)
		}
	})
}

// Two that ask about each other, at the same time, both get through.
func TestConcludedAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "", nil)
		names := []string{"queue/a", "queue/b"}
		request := func(name string) store.Request {
			return store.Request{Repo: 7, Name: name, Kind: "merge_group", Stage: "merge"}
		}
		for _, name := range names {
			if err := s.Ask(ctx, request(name)); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		for _, name := range names {
			all.Go(func() {
				for turn := range int64(30) {
					if err := conclude(ctx, s, turn, store.Review{Repo: 7, Subject: name, Decision: "pass"}, store.Follows{Wakes: []store.Wake{{Repo: 7, Kind: "merge_group"}}}); err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

// The folder of a database stays as its owner made it: others may use it, too. The files are
// nobody else's to read.
func TestFolderOfTheStore(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := open(t, "sqlite://"+filepath.Join(dir, "custody.db"), "", nil)
	if err := s.SetMark(context.Background(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v: mode %v", err, info.Mode())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v: mode %v", f, err, info.Mode())
		}
	}
}

// What is asked about in a transaction misses nobody: whoever comes while it looks finds what it
// says, or is asked. And it takes nothing back that was said of them since somebody read it.
func TestWakes(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		s := open(t, address, "", nil)
		group := func(name string) store.Request {
			return store.Request{Repo: 7, Name: name, Kind: "merge_group", Stage: "merge", Head: name, Ref: "refs/heads/main"}
		}
		for _, name := range []string{"gone", "waits"} {
			if err := s.Ask(ctx, group(name)); err != nil {
				t.Fatal(err)
			}
		}
		came := make(chan error, 1)
		looks := sync.OnceFunc(func() {
			go func() {
				err := s.Ask(ctx, group("late"))
				if at, serr := s.Subject(ctx, 7, "gone"); err == nil && (serr != nil || !at.Closed) {
					err = fmt.Errorf("who came late, and nobody asks, finds %+v %v", at, serr)
				}
				came <- err
			}()
			select {
			case err := <-came: // it did not have to wait
				came <- err
			case <-time.After(100 * time.Millisecond):
			}
		})
		err := s.CloseSubject(ctx, 7, "gone", 99, store.Wake{Repo: 7, Kind: "merge_group", Which: func(o *store.Subject) bool {
			looks()
			return true
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := <-came; err != nil {
			t.Error(err)
		}
		if got, err := s.Subject(ctx, 7, "waits"); err != nil || got.Turn != 2 {
			t.Errorf("%+v %v", got, err)
		}

		old, err := s.Subject(ctx, 7, "waits")
		if err != nil {
			t.Fatal(err)
		}
		newer := group("waits")
		newer.Head = "newer"
		if err := s.Ask(ctx, newer); err != nil {
			t.Fatal(err)
		}
		if err := s.Again(ctx, &old); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "waits"); err != nil || got.Turn != 4 || got.Head != "newer" {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := s.Subject(ctx, 7, "late"); err != nil || got.Turn != 1 {
			t.Errorf("another one was asked for: %+v %v", got, err)
		}
		if err := s.Wake(ctx, store.Wake{Repo: 7, Name: "late", Installation: 1 << 40}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "late"); err != nil || got.Turn != 2 || got.Installation != 1<<40 {
			t.Errorf("%+v %v", got, err)
		}
		if err := s.CloseSubject(ctx, 7, "waits", 99); err != nil {
			t.Fatal(err)
		}
		if err := s.Again(ctx, &old); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Subject(ctx, 7, "waits"); err != nil || got.Turn != 4 || !got.Closed {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// Deliveries that ask for much in any order, and conclusions that ask about it, do not end each
// other, whichever process they come from.
func TestDecidedAtOnce(t *testing.T) {
	address := cluster.Database(t)
	ctx := context.Background()
	one, two := open(t, address, "one", nil), open(t, address, "two", nil)
	request := func(name string) store.Request {
		return store.Request{Repo: 7, Name: name, Kind: "merge_group", Stage: "merge", Ref: "refs/heads/main"}
	}
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		if err := one.Ask(ctx, request(name)); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for i, s := range []*store.Store{one, two} {
		all.Go(func() {
			for n := range 40 {
				guid := fmt.Sprint(i, " ", n)
				if _, err := s.Accept(ctx, store.Delivery{GUID: guid, Event: "x"}); err != nil {
					t.Error(err)
				}
				var requests []store.Request
				for k := range names {
					if i == 1 {
						k = len(names) - 1 - k
					}
					requests = append(requests, request(names[k]))
				}
				if err := s.Decide(ctx, guid, store.Decision{State: store.Done, Requests: requests}); err != nil {
					t.Errorf("deciding: %v", err)
				}
			}
		})
		all.Go(func() {
			for turn := range int64(40) {
				if err := conclude(ctx, s, turn, store.Review{Repo: 7, Subject: names[i], Decision: "pass"}, store.Follows{Wakes: []store.Wake{{Repo: 7, Kind: "merge_group"}}}); err != nil {
					t.Errorf("concluding: %v", err)
				}
			}
		})
	}
	all.Wait()
}
