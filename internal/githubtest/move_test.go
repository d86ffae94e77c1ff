package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// TestMoved renames, transfers and deletes repositories under a client's feet.
func TestMoved(t *testing.T) {
	w := newWorld(t)
	c := asInstallation(t, w.gh, w.inst)
	w.repo.Rename("store")
	r := c.want(301, "GET", "/repos/acme/shop/pulls/1", nil)
	to := r.header.Get("Location")
	if want := fmt.Sprintf("%s/repositories/%d/pulls/1", w.gh.API, w.repo.ID); to != want {
		t.Errorf("moved to %s, want %s", to, want)
	}
	c.want(200, "GET", to, nil)
	c.want(200, "GET", "/repos/acme/store/pulls/1", nil)
	r = c.want(307, "POST", "/repos/acme/shop/issues/1/comments", object{"body": "x"})
	c.want(201, "POST", r.header.Get("Location"), object{"body": "x"})
	if out, err := git(t, c.token, t.TempDir(), "ls-remote", w.gh.URL+"/acme/shop.git", "refs/pull/1/head"); err != nil || !strings.Contains(out, w.pull.HeadSHA) {
		t.Errorf("git does not follow: %s", out)
	}

	w.repo.Transfer("globex")
	c.want(404, "GET", "/repos/acme/shop", nil) // it belongs to an organization that did not install the App
	c.want(404, "GET", "/repos/globex/store", nil)
	there := asInstallation(t, w.gh, w.gh.Install("globex"))
	there.want(200, "GET", "/repos/globex/store", nil)
	there.want(301, "GET", "/repos/acme/shop", nil)
	there.want(301, "GET", "/repos/acme/store", nil)
	w.gh.Repo("acme/shop", w.src) // who takes the name takes the place
	c.want(404, "GET", "/repos/acme/shop/pulls/1", nil)

	w.repo.Delete()
	there.want(404, "GET", "/repos/globex/store", nil)
}

// TestFork opens a pull request from a fork, which then goes away.
func TestFork(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	c := asInstallation(t, w.gh, w.inst)
	fork := w.repo.Fork("eve")
	w.src.Git("branch", "evil", "main")
	w.src.Commit("evil", "Fix a typo", gittest.Write("README.md", "# Shop!\n"))
	fork.Push("eve", w.src, "evil")
	want(t, v.events(w.gh)) // nobody hears of a fork
	p := w.repo.OpenPullRequest(NewPull{Author: "eve", Head: "evil", From: fork})
	want(t, v.events(w.gh), "pull_request opened")

	pull := fmt.Sprintf("/repos/acme/shop/pulls/%d", p.Number)
	r := c.want(200, "GET", pull, nil)
	if r.body["author_association"] != "NONE" || r.body["head"].(map[string]any)["repo"] == nil {
		t.Errorf("from a fork: %s", r.text)
	}
	run := c.want(201, "POST", "/repos/acme/shop/check-runs", object{"name": "custody", "head_sha": p.HeadSHA})
	if list := run.body["pull_requests"].([]any); len(list) != 0 {
		t.Errorf("a check run knows the pull request of a fork: %v", list)
	}
	v.events(w.gh)
	w.src.Git("branch", "--force", "evil", "main")
	w.src.Commit("evil", "Fix it better", gittest.Write("README.md", "# Shop?\n"))
	fork.ForcePush("eve", w.src, "evil")
	want(t, v.events(w.gh), "pull_request synchronize")

	fork.Delete()
	r = c.want(200, "GET", pull, nil)
	if repo, there := r.body["head"].(map[string]any)["repo"]; repo != nil || !there {
		t.Errorf("the fork is gone, but head.repo is %v", repo)
	}
	if got := w.repo.Git("rev-parse", fmt.Sprintf("refs/pull/%d/head", p.Number)); got != p.HeadSHA {
		t.Errorf("refs/pull/%d/head went with the fork: %s", p.Number, got)
	}
}

// TestMerges compares what the three ways to merge leave, and the queue.
func TestMerges(t *testing.T) {
	for method, want := range map[string]struct {
		parents int
		commits string // since the old main
	}{"merge": {2, "3"}, "squash": {1, "1"}, "rebase": {1, "2"}} {
		t.Run(method, func(t *testing.T) {
			w := newWorld(t)
			w.src.Commit("feature", "Second", gittest.Write("shop/second.go", "package shop\n"), gittest.By("Eve <eve@example.com>"))
			w.repo.Push("ada", w.src, "feature")
			was := w.repo.Commit("bob", "main", "Meanwhile", gittest.Write("other.txt", "x"))
			id := w.pull.Merge("bob", method)
			if got := strings.Fields(w.repo.Git("rev-list", "--parents", "-1", id)); len(got) != want.parents+1 {
				t.Errorf("parents %v", got[1:])
			}
			if got := w.repo.Git("rev-list", "--count", was+".."+id); got != want.commits {
				t.Errorf("%s commits since, want %s", got, want.commits)
			}
			if got := w.repo.Git("ls-tree", "-r", "--name-only", id); got != "README.md\nother.txt\nshop/cart.go\nshop/price.go\nshop/second.go" {
				t.Errorf("files %q", got)
			}
			r := asInstallation(t, w.gh, w.inst).want(200, "GET", "/repos/acme/shop/pulls/1", nil)
			if r.body["merged"] != true || r.body["merge_commit_sha"] != id || r.body["state"] != "closed" {
				t.Errorf("merged: %s", r.text)
			}
		})
	}
}

func TestMergeGroup(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	g := w.repo.MergeGroup(w.pull)
	want(t, v.events(w.gh), "create", "push", "check_suite requested", "merge_group checks_requested")
	if got := w.repo.Refs()[g.Ref]; got != g.HeadSHA {
		t.Errorf("%s is at %s, want %s", g.Ref, got, g.HeadSHA)
	}
	g.Destroy("invalidated")
	want(t, v.events(w.gh), "merge_group destroyed", "delete", "push")
	g = w.repo.MergeGroup(w.pull)
	g.Merge()
	// Made in the same second it is the same commit, of which GitHub asked for checks already.
	events := slices.DeleteFunc(v.events(w.gh), func(e string) bool { return e == "check_suite requested" })
	want(t, events, "create", "push", "merge_group checks_requested", "pull_request closed", "merge_group destroyed", "delete", "push", "push")
	if w.pull.MergeSHA != g.HeadSHA || w.repo.Refs()["refs/heads/main"] != g.HeadSHA {
		t.Error("the group has not landed")
	}
}

func TestBaseDeleted(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	w.repo.Git("branch", "release", "main")
	w.pull.Retarget("ada", "release")
	want(t, v.events(w.gh), "pull_request edited")
	w.repo.DeleteBranch("bob", "release")
	want(t, v.events(w.gh), "delete", "push", "pull_request closed")
	asInstallation(t, w.gh, w.inst).want(404, "GET", "/repos/acme/shop/branches/release", nil)
}

// TestButtons presses what a check run shows, and asks for it to be run again.
func TestButtons(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	c := asInstallation(t, w.gh, w.inst)
	r := c.want(201, "POST", "/repos/acme/shop/check-runs", object{
		"name": "custody", "head_sha": w.pull.HeadSHA, "conclusion": "failure",
		"actions": []any{object{"label": "Explain", "description": "Say why", "identifier": "explain"}},
	})
	id := int64(r.body["id"].(float64))
	w.repo.Press("bob", id, "explain")
	w.repo.Rerequest("bob", id)
	w.repo.RerequestSuite("bob", w.pull.HeadSHA)
	want(t, v.events(w.gh), "check_run created", "check_run completed", "check_run requested_action", "check_run rerequested", "check_suite rerequested")
	if run := w.repo.CheckRuns(w.pull.HeadSHA)[0]; run.Conclusion != "failure" || len(run.Concluded) != 1 || run.Writes != 1 {
		t.Errorf("%+v", run)
	}
}

// TestPages follows the links of a long list.
func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.pull.Comment("bob", fmt.Sprint(i))
	}
	c := asInstallation(t, w.gh, w.inst)
	next, seen := w.gh.API+"/repos/acme/shop/issues/1/comments?per_page=3", ""
	for pages := 0; next != ""; pages++ {
		r := c.want(200, "GET", next, nil)
		for _, m := range r.list {
			seen += m.(map[string]any)["body"].(string)
		}
		next = ""
		for _, link := range strings.Split(r.header.Get("Link"), ", ") {
			if url, isNext := strings.CutSuffix(link, `>; rel="next"`); isNext {
				next = strings.TrimPrefix(url, "<")
			}
		}
		if pages > 3 {
			t.Fatal("it never ends")
		}
	}
	if seen != "0123456" {
		t.Errorf("seen %s", seen)
	}
}

// TestUnchanged asks again with the tag of the answer.
func TestUnchanged(t *testing.T) {
	w := newWorld(t)
	c := asInstallation(t, w.gh, w.inst)
	r := c.want(200, "GET", "/repos/acme/shop/issues/1/labels", nil)
	left := r.header.Get("X-RateLimit-Remaining")
	r = c.want(304, "GET", "/repos/acme/shop/issues/1/labels", nil, "If-None-Match", r.header.Get("ETag"))
	if r.text != "" || r.header.Get("X-RateLimit-Remaining") != left {
		t.Errorf("what is unchanged costs: %s after %s", r.header.Get("X-RateLimit-Remaining"), left)
	}
	tag := r.header.Get("ETag")
	w.pull.Label("ada", "new")
	c.want(200, "GET", "/repos/acme/shop/issues/1/labels", nil, "If-None-Match", tag)
}

// TestLimits runs into both, and waits them out by the clock.
func TestLimits(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Clock(func() time.Time { return now }))
	c := asInstallation(t, w.gh, w.inst)
	w.gh.RateLimit(2, time.Minute)
	c.want(200, "GET", "/repos/acme/shop", nil)
	c.want(200, "GET", "/repos/acme/shop", nil)
	r := c.want(403, "GET", "/repos/acme/shop", nil)
	if r.header.Get("X-RateLimit-Remaining") != "0" || r.header.Get("X-RateLimit-Reset") != fmt.Sprint(now.Add(time.Minute).Unix()) {
		t.Errorf("headers %v", r.header)
	}
	now = now.Add(time.Minute)
	c.want(200, "GET", "/repos/acme/shop", nil)

	w.gh.RateLimit(5000, time.Hour)
	w.gh.SecondaryLimits()
	c = asInstallation(t, w.gh, w.inst)
	for range 80 {
		c.want(201, "POST", "/repos/acme/shop/issues/1/comments", object{"body": "x"})
	}
	if r := c.want(403, "POST", "/repos/acme/shop/issues/1/comments", object{"body": "x"}); r.header.Get("Retry-After") != "60" {
		t.Errorf("headers %v", r.header)
	}
	c.want(200, "GET", "/repos/acme/shop", nil)
	now = now.Add(time.Minute)
	c.want(201, "POST", "/repos/acme/shop/issues/1/comments", object{"body": "x"})
}

// TestFaults asks for each failure once.
func TestFaults(t *testing.T) {
	w := newWorld(t)
	c := asInstallation(t, w.gh, w.inst)
	const get, post = "GET /repos/{owner}/{repo}", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments"
	for with, status := range map[Failure]int{
		BadGateway: 502, Unavailable: 503, Truncated: 200, PrimaryLimit: 403, SecondaryLimit: 403, TooMany: 429, Forbidden: 403, Missing: 404,
	} {
		w.gh.Fail(Fault{On: get, Skip: 1, With: with, In: 2 * time.Second})
		c.want(200, "GET", "/repos/acme/shop", nil)
		r := c.want(status, "GET", "/repos/acme/shop", nil)
		if limited := with == SecondaryLimit || with == TooMany; limited != (r.header.Get("Retry-After") == "2") {
			t.Errorf("failure %d: Retry-After %q", with, r.header.Get("Retry-After"))
		}
		if with == Truncated && (r.body != nil || r.text == "") {
			t.Errorf("this is not half of a document: %s", r.text)
		}
		c.want(200, "GET", "/repos/acme/shop", nil)
	}

	w.gh.Fail(Fault{On: post, With: Lost})
	if r := c.do("POST", "/repos/acme/shop/issues/1/comments", object{"body": "lost"}); r.status != -1 {
		t.Errorf("it was answered: %s", r.text)
	}
	if said := w.pull.Comments(); len(said) != 1 || said[0].Body != "lost" {
		t.Errorf("it was not done: %v", said)
	}

	w.gh.Fail(Fault{On: post, With: Timeout})
	slow := &http.Client{Timeout: 50 * time.Millisecond}
	r, err := http.NewRequest("POST", w.gh.API+"/repos/acme/shop/issues/1/comments", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Do(r); err == nil {
		t.Error("it was answered")
	}

	happened := false
	w.gh.Fail(Fault{On: get, Then: func() { w.pull.Label("ada", "in the middle"); happened = true }})
	c.want(200, "GET", "/repos/acme/shop", nil)
	if !happened {
		t.Error("nothing happened in the middle")
	}

	w.gh.Fail(Fault{On: get, Repo: "acme/other", With: BadGateway})
	c.want(200, "GET", "/repos/acme/shop", nil)
	w.gh.Repo("acme/other", nil)
	c.want(502, "GET", "/repos/acme/other", nil)

	w.gh.Fail(Fault{On: "git fetch", Repo: "acme/shop", With: BadGateway})
	if out, err := git(t, c.token, t.TempDir(), "ls-remote", w.gh.URL+"/acme/shop.git"); err == nil || !strings.Contains(out, "502") {
		t.Errorf("git: %s", out)
	}

	w.gh.Fail(Fault{On: get, With: BadGateway})
	w.gh.Heal()
	if said := w.tb.said(); len(said) != 1 || !strings.Contains(said[0], "never happened") {
		t.Errorf("a fault that never happened: %v", said)
	}
}

// TestRedelivery loses deliveries in three ways and gets them back in the way that
// each leaves.
func TestRedelivery(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	app := asApp(t, w.gh)
	v.status = 500
	w.pull.Label("ada", "one")
	v.events(w.gh)
	v.status = 202
	w.pull.Label("ada", "two")
	v.events(w.gh)
	r := app.want(200, "GET", "/app/hook/deliveries?status=failure", nil)
	if len(r.list) != 1 {
		t.Fatalf("failed: %s", r.text)
	}
	failed := r.list[0].(map[string]any)
	app.want(202, "POST", fmt.Sprintf("/app/hook/deliveries/%.0f/attempts", failed["id"]), nil)
	want(t, v.events(w.gh), "pull_request labeled")
	tries := w.gh.Deliveries()
	if last := tries[len(tries)-1]; last.GUID != failed["guid"] || !last.Redelivery || !last.OK() {
		t.Errorf("redelivered as %+v", last)
	}
	page := app.want(200, "GET", "/app/hook/deliveries?per_page=2", nil)
	if len(page.list) != 2 || !strings.Contains(page.header.Get("Link"), `rel="next"`) {
		t.Errorf("page: %s", page.text)
	}
	next, _, _ := strings.Cut(strings.TrimPrefix(page.header.Get("Link"), "<"), ">")
	if rest := app.want(200, "GET", next, nil); len(rest.list) != 1 || rest.header.Get("Link") != "" {
		t.Errorf("last page: %s", rest.text)
	}

	w.gh.Hold()
	w.pull.Label("ada", "three")
	w.pull.Label("ada", "four")
	w.gh.Shuffle(func(n int, swap func(i, j int)) { swap(0, n-1) })
	w.gh.Release()
	v.events(w.gh)
	if got := string(v.bodies[len(v.bodies)-1]); !strings.Contains(got, `"name":"three"`) {
		t.Errorf("nothing was shuffled: %s", got)
	}
	w.gh.Hold()
	w.pull.Label("ada", "five")
	if n := w.gh.Lose(); n != 1 {
		t.Errorf("%d lost", n)
	}
	w.gh.Release()
	want(t, v.events(w.gh))
}

// TestUntil waits for a call.
func TestUntil(t *testing.T) {
	w := newWorld(t)
	c := asInstallation(t, w.gh, w.inst)
	go c.do("POST", "/repos/acme/shop/issues/1/comments", object{"body": "x"})
	w.gh.Until(t, "somebody says something", func() bool { return len(w.pull.Comments()) == 1 })
}

// TestInstallation hears of the App's own life.
func TestInstallation(t *testing.T) {
	w := newWorld(t)
	v := newReceiver(t, w.gh)
	one := w.gh.Repo("globex/one", w.src)
	two := w.gh.Repo("globex/two", nil)
	i := w.gh.Install("globex", "globex/one")
	i.Add(two)
	i.Remove(one)
	i.Grant(map[string]string{"checks": "write"})
	i.Suspend()
	i.Unsuspend()
	i.Delete()
	want(t, v.events(w.gh), "installation created", "installation_repositories added", "installation_repositories removed",
		"installation new_permissions_accepted", "installation suspend", "installation unsuspend", "installation deleted")
	asApp(t, w.gh).want(404, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", i.ID), nil)
}
