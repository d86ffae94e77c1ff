package app_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/store"
)

// An installation that grants too little: where the App may, its check says what is
// missing; where it may not, it says nothing. The review follows when it is granted.
func TestNotPermitted(t *testing.T) {
	t.Parallel()
	for _, lacks := range []string{"contents", "checks"} {
		t.Run(lacks, func(t *testing.T) {
			t.Parallel()
			var inst *githubtest.Installation
			w := newWorld(t, policy, func(w *world) {
				w.installs = func() { inst = w.gh.Install("acme") }
			})
			w.concluded(w.pull("before", gittest.Write("a.py", "x = 2\n")).HeadSHA) // with a token that may
			w.settled()
			whole := maps.Clone(inst.Permissions)
			less := maps.Clone(whole)
			delete(less, lacks)
			inst.Grant(less)
			w.gh.ExpireTokens()
			w.settled()
			p := w.pull("topic", gittest.Write("a.py", "x = 3\n"))
			if lacks == "checks" {
				w.settled()
				if runs := w.ours(p.HeadSHA); len(runs) != 0 {
					t.Errorf("%+v", runs)
				}
			} else if run := w.concludedAs(p.HeadSHA, "action_required"); !strings.Contains(run.Summary, "contents: read") || !strings.Contains(run.Summary, "acme") {
				t.Errorf("it does not say what is missing, and of whom:\n%s", run.Summary)
			}
			w.settled()
			inst.Grant(whole)
			w.concludedAs(p.HeadSHA, "success")
		})
	}
}

// The token that git gets opens one repository, for reading.
func TestNarrowToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy)
	w.concluded(w.pull("topic", gittest.Write("a.py", "x = 2\n")).HeadSHA)
	asked := ""
	for _, c := range w.gh.Calls() {
		if strings.HasSuffix(c.Operation, "/access_tokens") {
			asked += string(c.Body)
		}
		if strings.HasPrefix(c.Operation, "git ") && !strings.Contains(c.Token, "contents:read") {
			t.Errorf("git fetched as %q", c.Token)
		}
	}
	if !strings.Contains(asked, `"permissions":{"contents":"read"}`) || !strings.Contains(asked, `"repository_ids":[`) {
		t.Errorf("it asked for tokens by %s", asked)
	}
}

// Anybody finds a public repository: that a review found it does not make it the App's again.
func TestRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w := newWorld(t, policy, func(w *world) { w.repo.Public() })
	w.lookedAround()
	w.concluded(w.pull("topic", gittest.Write("a.py", "x = 2\n")).HeadSHA)
	w.settled()
	was, _, err := w.store.Repository(ctx, w.repo.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.gh.Fail(githubtest.Fault{On: "GET /repos/{owner}/{repo}", Then: func() {
		if err := w.store.Installed(ctx, store.Installed{Repo: w.repo.ID, Installation: was.Installation, State: store.Removed}); err != nil {
			t.Error(err)
		}
	}})
	if err := w.store.Wake(ctx, store.Wake{Repo: w.repo.ID, Name: "pull/1"}); err != nil {
		t.Fatal(err)
	}
	w.settled()
	if now, _, err := w.store.Repository(ctx, w.repo.ID); err != nil || now.State != store.Removed {
		t.Errorf("%+v, %v", now, err)
	}
}
