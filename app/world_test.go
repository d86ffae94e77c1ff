package app_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"custody/app"
	"custody/app/clone"
	"custody/app/hub"
	"custody/app/web"
	"custody/internal/config"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/sign"
	"custody/internal/store"
	"custody/internal/store/storetest"
)

// A world is a GitHub, a repository on it, and an App that is at work there.
type world struct {
	testing.TB
	gh     *githubtest.GitHub
	repo   *githubtest.Repo
	origin *gittest.Repo // what the repository was made from
	base   string        // the tip of main at the beginning

	address  string // of the store
	dir      string // blobs and clones
	key      *sign.Key
	floor    string
	mode     config.Mode
	now      func() time.Time
	ahead    atomic.Int64 // of the time that it is, if now is not set: see pass
	installs func()
	publish  app.Publish
	keys     string        // trusted
	salts    bool          // names can be hashed
	version  string        // of the App; empty: "test"
	maxSweep int           // deliveries that a sweep looks at
	most     int64         // bytes that a change may bring
	look     time.Duration // between looks at who judges; 0: a minute
	lag      time.Duration // GitHub's list of what brought a commit may be behind; 0: it is not
	pace     time.Duration // the third look at a head waits; 0: it does not
	pause    time.Duration // before a review that failed is tried again; 0: less than it is
	slowly   time.Duration // a success may stand while a change is judged anew; 0: as long as that takes

	keeping atomic.Pointer[func(file []byte) error] // runs when a pack is kept: behind the review, before its verdict

	store  *store.Store
	blobs  store.Blobs
	app    *app.App
	url    string
	logged *lockedBuffer
	stop   func()
}

const policy = `version: 1
rules:
  - {id: must-hold, kind: requirements}
`

const approvals = `version: 1
rules:
  - {id: must-hold, kind: requirements}
  - {id: seen, kind: approvals, approvals: {humans: 1}}
`

const requirements = `version: "2.0"
controls:
  - {id: NO-EVAL, name: No eval, requirement: Nothing is evaluated, verification: "! grep -rn 'eval(' --include='*.py'"}
`

var cluster storetest.Cluster

func TestMain(m *testing.M) {
	flag.Parse()
	flag.Set("test.parallel", "6") // they wait for git, the disk and each other most of the time
	code := m.Run()
	cluster.Stop()
	if programs.dir != "" {
		os.RemoveAll(programs.dir)
	}
	os.Exit(code)
}

// onPostgres has the App keep its state in PostgreSQL.
func onPostgres(w *world) { w.address = cluster.Database(w) }

// newWorld makes one whose repository has a policy on main. An option changes it before
// the App starts.
func newWorld(t testing.TB, text string, options ...func(*world)) *world {
	t.Helper()
	w := &world{TB: t, gh: githubtest.New(t), origin: gittest.New(t), dir: t.TempDir(), logged: &lockedBuffer{}}
	w.now = func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	w.address = "sqlite://" + filepath.Join(w.dir, "db", "custody.db")
	w.base = w.origin.Commit("main", "base", gittest.By("Ada <ada@example.com>"), gittest.Write(".custody.yaml", text), gittest.Write("security_requirements.yaml", requirements), gittest.Write("a.py", "x = 1\n"))
	w.gh.User("ada", "ada@example.com")
	w.gh.User("ben", "ben@example.com")
	w.repo = w.gh.Repo("acme/shop", w.origin)
	w.repo.Collaborator("ada", "write")
	w.repo.Collaborator("ben", "write")
	var err error
	if w.key, err = sign.GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	for _, o := range options {
		o(w)
	}
	if w.installs == nil {
		w.installs = func() { w.gh.Install("acme") }
	}
	w.installs()
	w.start()
	return w
}

// start starts an App on the world's store.
func (w *world) start() {
	w.Helper()
	log := logrus.New()
	log.SetOutput(w.logged)
	if testing.Verbose() {
		log.SetOutput(io.MultiWriter(w.logged, os.Stderr))
	}
	log.SetLevel(logrus.DebugLevel)
	h, err := hub.New(hub.Options{URL: w.gh.API, AppID: w.gh.App.ID, PrivateKey: w.gh.App.PEM()})
	if err != nil {
		w.Fatal(err)
	}
	if w.blobs, err = store.OpenBlobs("file://" + filepath.Join(w.dir, "packs")); err != nil {
		w.Fatal(err)
	}
	w.blobs = hookedBlobs{w.blobs, w}
	clones, err := clone.Open(filepath.Join(w.dir, "clones"), clone.Options{Environ: os.Environ(), Program: "test"})
	if err != nil {
		w.Fatal(err)
	}
	links, err := web.NewLinks("http://custody.test", []string{w.gh.App.WebhookSecret}, w.now)
	if err != nil {
		w.Fatal(err)
	}
	parts := app.Parts{Links: links, Hub: h, Blobs: w.blobs, Clones: clones, Signer: w.key, Mode: w.mode, Publish: w.publish, MaxSweep: w.maxSweep, MaxChange: w.most, LookEvery: w.look, RightEvery: 100 * time.Millisecond, Slowly: cmp.Or(w.slowly, time.Hour), Lag: cmp.Or(w.lag, time.Nanosecond), Pace: cmp.Or(w.pace, time.Nanosecond), Version: cmp.Or(w.version, "test"), Log: log, Now: w.now}
	if w.floor != "" {
		parts.Floor = &app.File{Name: "floor.yaml", Text: []byte(w.floor)}
	}
	if w.keys != "" {
		parts.Keys = &app.File{Name: "trusted_keys", Text: []byte(w.keys)}
	}
	if w.salts {
		if parts.Salts, err = app.OpenSalts(filepath.Join(w.dir, "salts"), rand.Reader); err != nil {
			w.Fatal(err)
		}
	}
	if w.app, err = app.New(parts); err != nil {
		w.Fatal(err)
	}
	if w.store, err = store.Open(context.Background(), w.address, store.Options{Now: w.now, ID: fmt.Sprint(time.Now().UnixNano()), Worker: w.app, Pause: cmp.Or(w.pause, 50*time.Millisecond), Log: app.QueueLog(log)}); err != nil {
		w.Fatal(err)
	}
	w.app.Use(w.store)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.Fatal(err)
	}
	w.url = "http://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server := &app.Server{App: w.app, Store: w.store, Secrets: []string{w.gh.App.WebhookSecret}, Log: log}
	go func() { done <- server.Serve(ctx, l) }()
	stopped, opened := false, w.store
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.Errorf("serving: %v", err)
		}
		opened.Close()
	}
	w.Cleanup(w.stop)
	w.gh.DeliverTo(w.url + "/webhook")
	w.until("it is ready", func() bool {
		resp, err := http.Get(w.url + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// until waits for something to be so.
func (w *world) until(what string, is func() bool) {
	w.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for pause := 2 * time.Millisecond; !is(); pause = min(2*pause, 50*time.Millisecond) { // to ask costs the others time
		if time.Now().After(deadline) {
			log := w.logged.String()
			w.Fatalf("waited for three minutes: %s\n%s", what, log[max(0, len(log)-8<<10):])
		}
		time.Sleep(pause)
	}
}

// pass lets time pass.
func (w *world) pass(d time.Duration) { w.ahead.Add(int64(d)) }

// looks has the App look around, as it does every ten minutes, and do what follows from it.
func (w *world) looks() {
	w.Helper()
	if err := w.app.Tick(context.Background(), store.Reconcile); err != nil {
		w.Fatal(err)
	}
	w.settled()
}

// sql changes what an App has in SQLite behind its back.
func (w *world) sql(text string, args ...any) {
	w.Helper()
	w.behind(func(db *sql.DB) error {
		_, err := db.Exec(text, args...)
		return err
	})
}

// sqlRow reads a row of it.
func (w *world) sqlRow(text string, into ...any) {
	w.Helper()
	w.behind(func(db *sql.DB) error { return db.QueryRow(text).Scan(into...) })
}

func (w *world) behind(do func(*sql.DB) error) {
	w.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.address, "sqlite://")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		w.Fatal(err)
	}
	defer db.Close()
	if err := do(db); err != nil {
		w.Fatal(err)
	}
}

// pull opens a pull request of ada's with a commit on top of main.
func (w *world) pull(branch string, edits ...gittest.Edit) *githubtest.PullRequest {
	w.Helper()
	edits = append([]gittest.Edit{gittest.From(w.base), gittest.By("Ada <ada@example.com>")}, edits...)
	w.origin.Commit(branch, "change on "+branch, edits...)
	w.repo.Push("ada", w.origin, branch)
	return w.repo.OpenPullRequest(githubtest.NewPull{Title: "A change", Author: "ada", Head: branch})
}

// concluded waits until our check run on a commit is, and gives it.
func (w *world) concluded(sha string) githubtest.CheckRun {
	w.Helper()
	var run githubtest.CheckRun
	w.until("a check run on "+sha+" is concluded", func() bool {
		for _, r := range w.ours(sha) {
			if r.Status == "completed" {
				run = r
				return true
			}
		}
		return false
	})
	return run
}

// concludedAs waits until it is concluded in a way.
func (w *world) concludedAs(sha, conclusion string) githubtest.CheckRun {
	w.Helper()
	var run githubtest.CheckRun
	w.until("the check run on "+sha+" says "+conclusion, func() bool {
		for _, r := range w.ours(sha) {
			if r.Conclusion == conclusion {
				run = r
				return true
			}
		}
		return false
	})
	return run
}

// failsForMain holds that there is a check of a change to the main branch, and that none passes.
func (w *world) failsForMain(sha string) {
	w.Helper()
	found := false
	for _, run := range w.ours(sha) {
		if run.Name != "custody: main" {
			continue
		}
		if found = true; run.Conclusion != "failure" {
			w.Errorf("%s: %s", run.Name, run.Conclusion)
		}
	}
	if !found {
		w.Errorf("no check is about the main branch: %+v", w.ours(sha))
	}
}

// redeliverComments has GitHub deliver again what was said of comments.
func (w *world) redeliverComments() {
	for _, d := range w.gh.Deliveries() {
		if d.Event == "issue_comment" {
			w.gh.Redeliver(d.GUID)
		}
	}
}

func (w *world) ours(sha string) []githubtest.CheckRun {
	var all []githubtest.CheckRun
	for _, r := range w.repo.CheckRuns(sha) {
		if r.App == w.gh.App {
			all = append(all, r)
		}
	}
	return all
}

// hookedBlobs call a test when a pack is kept.
type hookedBlobs struct {
	store.Blobs
	w *world
}

func (b hookedBlobs) Put(ctx context.Context, digest string, data []byte) error {
	if fn := b.w.keeping.Load(); fn != nil {
		if err := (*fn)(data); err != nil {
			return err
		}
	}
	return b.Blobs.Put(ctx, digest, data)
}
