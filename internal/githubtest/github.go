// Package githubtest is a GitHub to test against: a server in the test's process that
// holds real bare repositories, users, teams, pull requests, reviews, checks and
// comments, and answers as GitHub does.
//
// It is strict. Every request and every answer is held against GitHub's own OpenAPI
// description, and the rules that the description leaves out are kept, too: who may
// do what by which permission, limits of check runs, unknown fields, rate limits,
// conditional requests, pagination. A request that a correct client would never send
// fails the test; what a correct client must live with (a fork that is gone, a
// repository that moved, a bad gateway in the middle) the test asks for, see Fault.
//
// State changes are methods named after what people do: Push, OpenPullRequest,
// Review, Merge. Each one does to the repository what GitHub does, by git itself, and
// sends the signed deliveries that GitHub would send.
//
// Nothing but tests imports it.
package githubtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A GitHub is one server with its state. Its methods may be called from the test's
// goroutine while clients talk to it.
type GitHub struct {
	URL string // of the web pages and of git, http://127.0.0.1:PORT
	API string // of the REST API: URL, or URL/api/v3 with GHES
	App *App   // the App under test

	tb      testing.TB
	server  *httptest.Server
	storage *httptest.Server // another host, for downloads
	dir     string           // of the bare repositories
	ghes    bool
	now     func() time.Time

	mu            sync.Mutex
	id            int64 // the last one given
	accounts      map[string]*Account
	apps          map[string]*App
	teams         []*Team
	repos         []*Repo
	moved         map[string]*Repo // by the full name that it had
	installations []*Installation
	tokens        map[string]*token
	manifests     map[string]*App
	calls         []Call
	faults        []*Fault
	quota         quota
	hooks         hooks
	busy          busy
	stirred       chan struct{} // closed by the next call
}

// An App is a GitHub App.
type App struct {
	ID            int64
	Slug, Name    string
	ClientID      string
	Owner         *Account
	Permissions   map[string]string
	Events        []string
	Key           *rsa.PrivateKey
	WebhookSecret string
}

// PEM is the App's private key as GitHub hands it out.
func (a *App) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.Key)})
}

// Permissions that an App which reviews changes asks for, and what it subscribes to.
// A test that wants less sets App.Permissions before Install.
var (
	defaultPermissions = map[string]string{
		"metadata": "read", "contents": "write", "checks": "write", "pull_requests": "write", "issues": "write",
		"statuses": "read", "members": "read", "administration": "read", "security_events": "read",
		"actions": "read", "deployments": "read", "attestations": "write", "merge_queues": "read",
	}
	defaultEvents = []string{
		"check_run", "check_suite", "create", "delete", "issue_comment", "merge_group", "pull_request",
		"pull_request_review", "push", "repository", "branch_protection_rule",
	}
)

// An Option of New.
type Option func(*GitHub)

// GHES serves the API under /api/v3, as GitHub Enterprise Server does.
func GHES() Option { return func(gh *GitHub) { gh.ghes = true } }

// Clock makes now the time of everything that happens.
func Clock(now func() time.Time) Option { return func(gh *GitHub) { gh.now = now } }

// key is one for all Apps of a test binary: making one takes a while.
var key = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

// New starts a GitHub that stops when the test ends. It has one App, "custody", of
// the organization "acme", installed nowhere, and no webhook until DeliverTo.
func New(tb testing.TB, options ...Option) *GitHub {
	tb.Helper()
	if _, err := description(); err != nil {
		tb.Fatal(err)
	}
	gh := &GitHub{
		tb: tb, dir: tb.TempDir(), now: time.Now, id: 1000,
		accounts: map[string]*Account{}, apps: map[string]*App{}, moved: map[string]*Repo{},
		tokens: map[string]*token{}, manifests: map[string]*App{}, quota: newQuota(), stirred: make(chan struct{}),
	}
	for _, o := range options {
		o(gh)
	}
	gh.server = httptest.NewUnstartedServer(gh)
	gh.hooks.start(gh)
	gh.server.Start()
	gh.storage = httptest.NewServer(http.HandlerFunc(gh.serveStorage))
	gh.URL = gh.server.URL
	gh.API = gh.URL
	if gh.ghes {
		gh.API += "/api/v3"
	}
	tb.Cleanup(gh.close)
	gh.App = &App{
		ID: gh.nextID(), Slug: "custody", Name: "Custody", ClientID: "Iv1.0123456789abcdef", Owner: gh.Org("acme"),
		Permissions: maps.Clone(defaultPermissions), Events: defaultEvents, Key: key(), WebhookSecret: "a secret between the two of us",
	}
	gh.apps["custody"] = gh.App
	return gh
}

func (gh *GitHub) close() {
	gh.hooks.stop()
	gh.server.Close()
	gh.storage.Close()
	gh.checkFaults()
}

// nextID gives an id that nothing else has. The caller holds the lock, or is New.
func (gh *GitHub) nextID() int64 {
	gh.id++
	return gh.id
}

func (gh *GitHub) stamp() string { return gh.now().UTC().Format(time.RFC3339) }

// lock takes the state for a change by the test.
func (gh *GitHub) lock() func() {
	gh.mu.Lock()
	return gh.mu.Unlock
}

// Quietly runs f, whose changes to this repository send no deliveries: what was there before the
// App. Others have theirs.
func (r *Repo) Quietly(f func()) {
	quiet := func(is bool) {
		defer r.gh.lock()()
		r.quiet = is
	}
	quiet(true)
	f()
	quiet(false)
}

// OtherApp is an App that is not under test, such as "github-actions".
func (gh *GitHub) OtherApp(slug string) *App {
	defer gh.lock()()
	return gh.otherApp(slug)
}

func (gh *GitHub) otherApp(slug string) *App {
	if a := gh.apps[slug]; a != nil {
		return a
	}
	a := &App{ID: gh.nextID(), Slug: slug, Name: slug, Owner: gh.account(slug+"-owner", "Organization"), Permissions: map[string]string{"metadata": "read", "checks": "write"}}
	gh.apps[slug] = a
	return a
}

// An Account is a user, a bot or an organization.
type Account struct {
	ID          int64
	Login, Type string
	Emails      []string
}

// User makes a user, or gives the one that is there. Commits by one of the addresses
// are the user's.
func (gh *GitHub) User(login string, emails ...string) *Account {
	defer gh.lock()()
	a := gh.account(login, "User")
	a.Emails = append(a.Emails, emails...)
	return a
}

// Bot makes the account of an App or a machine, such as "dependabot[bot]".
func (gh *GitHub) Bot(login string) *Account {
	defer gh.lock()()
	return gh.account(login, "Bot")
}

// Org makes an organization.
func (gh *GitHub) Org(login string) *Account {
	defer gh.lock()()
	return gh.account(login, "Organization")
}

// RenameUser gives an account another login. Whoever wants may take the old one.
func (gh *GitHub) RenameUser(login, to string) {
	defer gh.lock()()
	from, k := strings.ToLower(login), strings.ToLower(to)
	a := gh.accounts[from]
	if a == nil || gh.accounts[k] != nil {
		gh.tb.Fatalf("githubtest: %s can not be renamed to %s", login, to)
	}
	delete(gh.accounts, from)
	a.Login, gh.accounts[k] = to, a
	for _, r := range gh.repos {
		if p, has := r.collaborators[from]; has {
			delete(r.collaborators, from)
			r.collaborators[k] = p
		}
	}
}

func (gh *GitHub) account(login, kind string) *Account {
	k := strings.ToLower(login)
	if gh.accounts[k] == nil {
		gh.accounts[k] = &Account{ID: gh.nextID(), Login: login, Type: kind}
	}
	return gh.accounts[k]
}

// person is the account of somebody who does something; whoever is new is a user.
func (gh *GitHub) person(login string) *Account {
	if strings.HasSuffix(login, "[bot]") {
		return gh.account(login, "Bot")
	}
	return gh.account(login, "User")
}

// byEmail is whom GitHub takes an address for. Its own belong to whom they name: those
// that it gives to everybody, and the one of what is made in the browser.
func (gh *GitHub) byEmail(email string) *Account {
	if strings.EqualFold(email, "noreply@github.com") {
		return gh.account("web-flow", "User")
	}
	if name, ok := strings.CutSuffix(strings.ToLower(email), "@users.noreply.github.com"); ok {
		if _, login, numbered := strings.Cut(name, "+"); numbered {
			name = login
		}
		return gh.accounts[name]
	}
	for _, a := range gh.accounts {
		for _, e := range a.Emails {
			if strings.EqualFold(e, email) {
				return a
			}
		}
	}
	return nil
}

// A Team is a team of an organization.
type Team struct {
	ID      int64
	Org     *Account
	Slug    string
	Members []*Account
}

// Team makes a team "org/slug" with these members.
func (gh *GitHub) Team(name string, members ...string) *Team {
	defer gh.lock()()
	org, slug, ok := strings.Cut(name, "/")
	if !ok {
		gh.tb.Fatalf("a team is ORG/SLUG, not %q", name)
	}
	t := &Team{ID: gh.nextID(), Org: gh.account(org, "Organization"), Slug: slug}
	for _, m := range members {
		t.Members = append(t.Members, gh.person(m))
	}
	gh.teams = append(gh.teams, t)
	return t
}

// A Call is one request to the API that the server answered.
type Call struct {
	Operation string // "GET /repos/{owner}/{repo}"
	Path      string // with its query
	Status    int
	Token     string // who asked: "app", "installation 12", "" nobody
	Body      []byte // what it sent
	At        time.Time
}

func (c Call) String() string {
	return fmt.Sprintf("%d %s %s", c.Status, strings.Fields(c.Operation)[0], c.Path)
}

// Calls lists the requests to the API so far.
func (gh *GitHub) Calls() []Call {
	defer gh.lock()()
	return append([]Call(nil), gh.calls...)
}

// patience is how long Until waits for something to happen at all.
const patience = 3 * time.Minute

// Until waits until something is so, and looks again after each call. It gives up, and
// the test with it, when there is no call for so long.
func (gh *GitHub) Until(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	for {
		gh.mu.Lock()
		stirred := gh.stirred
		gh.mu.Unlock()
		if is() {
			return
		}
		select {
		case <-stirred:
		case <-time.After(patience):
			tb.Fatalf("githubtest: nobody called for %s, and still it is not so that %s\n%s", patience, what, gh.recent())
		}
	}
}

// recent tells who gave up waiting what happened last: deliveries that nobody took, and calls.
func (gh *GitHub) recent() string {
	var b strings.Builder
	for _, d := range gh.Deliveries() {
		if !d.OK() {
			fmt.Fprintf(&b, "not taken: %s %s at %s: %d after %s\n", d.Event, d.GUID, d.At.Format(time.TimeOnly), d.StatusCode, d.Took)
		}
	}
	calls := gh.Calls()
	for _, c := range calls[max(0, len(calls)-20):] {
		fmt.Fprintf(&b, "%s %s\n", c.At.Format(time.TimeOnly), c)
	}
	return b.String()
}

// stir wakes those who wait. The caller holds the lock.
func (gh *GitHub) stir() {
	close(gh.stirred)
	gh.stirred = make(chan struct{})
}

// ResetCalls forgets them.
func (gh *GitHub) ResetCalls() {
	defer gh.lock()()
	gh.calls = nil
}

var _ http.Handler = (*GitHub)(nil)
