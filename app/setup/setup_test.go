package setup_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"custody/app/hub"
	"custody/app/setup"
	"custody/internal/finding"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// look sets a GitHub up, and asks what is missing.
func look(t *testing.T, now time.Time, with func(gh *githubtest.GitHub, r *githubtest.Repo), options ...githubtest.Option) map[string]setup.Point {
	t.Helper()
	gh := githubtest.New(t, options...)
	origin := gittest.New(t)
	origin.Commit("main", "base", gittest.Write("a", "a"))
	gh.User("ada", "ada@example.com")
	r := gh.Repo("acme/shop", origin)
	gh.DeliverTo("https://custody.example/webhook")
	gh.App.Events = setup.Events
	with(gh, r)
	h, err := hub.New(hub.Options{URL: gh.API, AppID: gh.App.ID, PrivateKey: gh.App.PEM()})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]setup.Point{}
	for _, p := range setup.Look(context.Background(), setup.Input{
		Hub: h, PublicURL: "https://custody.example", Now: func() time.Time { return now },
		Check: func(ref string) string { return "custody: " + strings.TrimPrefix(ref, "refs/heads/") },
		Needs: []setup.Permission{setup.For("pull_requests", "write", "to comment")},
	}) {
		all[p.What] = p
	}
	return all
}

// answering has a server answer what is delivered of something that happens.
func answering(gh *githubtest.GitHub, code int, happen func()) {
	there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
	defer there.Close()
	gh.DeliverTo(there.URL)
	happen()
	gh.Settle()
	gh.DeliverTo("https://custody.example/webhook")
}

const required = "acme/shop: the check is required on main"

func TestNothingIsMissing(t *testing.T) {
	for what, p := range look(t, time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
		answering(gh, http.StatusAccepted, func() { gh.Install("acme") })
		r.AddRuleset(githubtest.Ruleset{Name: "main", Branches: []string{"~DEFAULT_BRANCH"}, Checks: []githubtest.RequiredCheck{{Context: "custody: main", App: gh.App.ID}}})
	}) {
		if p.Outcome != finding.Satisfied {
			t.Errorf("%s: %v %s", what, p.Outcome, p.Detail)
		}
	}
}

// GitHub makes an App of a manifest that asks for no more than the App always needs.
func TestManifest(t *testing.T) {
	m := setup.NewManifest("Custody", "https://custody.example", "http://127.0.0.1:1/created", nil)
	if no := githubtest.Unsupported(m.Permissions, m.Events); len(no) > 0 {
		t.Errorf("events without their permissions: %v", no)
	}
}

// TestMissing takes one thing away at a time: it is said, with what to do.
func TestMissing(t *testing.T) {
	pinned := func(gh *githubtest.GitHub, r *githubtest.Repo) {
		r.AddRuleset(githubtest.Ruleset{Name: "main", Branches: []string{"main"}, Checks: []githubtest.RequiredCheck{{Context: "custody: main", App: gh.App.ID}}})
	}
	for name, c := range map[string]struct {
		now  time.Time
		with func(gh *githubtest.GitHub, r *githubtest.Repo)
		what string
		says string
	}{
		"not installed": {time.Now(), pinned, "The App is installed", "nowhere"},
		"a clock":       {time.Now().Add(-time.Hour), func(gh *githubtest.GitHub, r *githubtest.Repo) { gh.Install("acme"); pinned(gh, r) }, "The clock is right", "Set the clock"},
		"a permission": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.App.Permissions["checks"] = "read"
			gh.Install("acme")
		}, "Permission checks: write", "App's settings"},
		"a permission to publish": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.App.Permissions["pull_requests"] = "read"
			gh.Install("acme")
		}, "Permission pull_requests: write", "App's settings"},
		"not accepted": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.App.Permissions["checks"] = "read"
			gh.Install("acme")
			gh.App.Permissions["checks"] = "write"
		}, "Installation on acme: Permission checks: write", "accepts"},
		"an event": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) { gh.App.Events = []string{"push"}; gh.Install("acme") }, "Events are subscribed to", "pull_request_review"},
		"a merge queue": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			delete(gh.App.Permissions, "merge_queues")
			gh.Install("acme")
			r.AddRuleset(githubtest.Ruleset{Name: "queue", Branches: []string{"main"}, MergeQueue: true})
		}, "acme/shop: groups of the merge queue of main are heard of", "throws each out"},
		"no rule": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) { gh.Install("acme") }, required, "without it"},
		"another name": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.Install("acme")
			r.AddRuleset(githubtest.Ruleset{Branches: []string{"main"}, Checks: []githubtest.RequiredCheck{{Context: "custody: dev", App: gh.App.ID}}})
		}, required, "without it"},
		"not pinned": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.Install("acme")
			r.AddRuleset(githubtest.Ruleset{Branches: []string{"main"}, Checks: []githubtest.RequiredCheck{{Context: "custody: main"}}})
		}, required, "others than this App"},
		"only tried": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.Install("acme")
			r.AddRuleset(githubtest.Ruleset{Enforcement: "evaluate", Branches: []string{"main"}, Checks: []githubtest.RequiredCheck{{Context: "custody: main", App: gh.App.ID}}})
		}, required, "without it"},
		"another place": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			gh.Install("acme")
			gh.DeliverTo("https://elsewhere.example/webhook")
		}, "The webhook leads here", "elsewhere"},
		"another secret": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) {
			answering(gh, http.StatusUnauthorized, func() { gh.Install("acme") })
		}, "Deliveries are taken", "another secret"},
		"no secret": {time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) { gh.Install("acme"); gh.App.WebhookSecret = "" }, "The webhook leads here", "no secret"},
	} {
		t.Run(name, func(t *testing.T) {
			p, ok := look(t, c.now, c.with)[c.what]
			if !ok || p.Outcome != finding.NotSatisfied || !strings.Contains(p.Detail+p.ToDo, c.says) || p.ToDo == "" {
				t.Errorf("%s: %v %q %q", c.what, p.Outcome, p.Detail, p.ToDo)
			}
		})
	}
}

// Where the clock is off by so much that GitHub does not take the App's word, that is what is said.
func TestClockFarOff(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		there := func() time.Time { return time.Now().Add(off) }
		points := look(t, time.Now(), func(gh *githubtest.GitHub, r *githubtest.Repo) { gh.Install("acme") }, githubtest.Clock(there))
		if p := points["The clock is right"]; len(points) != 1 || p.Outcome != finding.NotSatisfied || !strings.Contains(p.ToDo, "Set the clock") {
			t.Errorf("%s off: %+v", off, points)
		}
	}
}
