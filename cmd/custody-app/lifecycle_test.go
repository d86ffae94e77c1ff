package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// TestNoPermission takes single rights away: what GitHub does not tell is a missing fact,
// the check run says so, and nothing is let through by it.
func TestNoPermission(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "workers: 4\n")
	w.start(t)
	for name, op := range map[string]string{
		"reviews":     "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
		"permissions": "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := w.place(t, "acme/"+name, wholeApprovals)
			w.gh.Fail(githubtest.Fault{On: op, Repo: p.FullName(), Times: -1, With: githubtest.Forbidden})
			p.commit("topic", good)
			var pull *githubtest.PullRequest
			w.gh.Hold()
			p.Push("ada", p.src, "topic")
			pull = p.OpenPullRequest(githubtest.NewPull{Author: "ada", Head: "topic"})
			pull.Review("ben", "APPROVED", "")
			w.gh.Release()
			run := p.concluded(pull.HeadSHA)
			if run.Conclusion != "failure" && run.Conclusion != "action_required" {
				t.Errorf("concluded as %s", run.Conclusion)
			}
			if text := run.Title + run.Summary + run.Text; !strings.Contains(text, "not assessed") && !strings.Contains(text, "not be assessed") {
				t.Errorf("it does not say what is missing:\n%s", text)
			}
		})
	}
}

// TestSuspended suspends the installation in the middle of a review.
func TestSuspended(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	p := w.place(t, "acme/shop", wholePolicy)
	w.start(t)
	w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: w.inst.Suspend})
	pull := p.pull("topic", good)
	w.hears(t, "waits until the repository is ours again")
	w.inst.Unsuspend()
	p.wants(pull.HeadSHA, "success")
}

// TestTransferred gives the repository to somebody who installs the App later.
func TestTransferred(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	p := w.place(t, "acme/shop", wholePolicy)
	w.start(t)
	w.gh.Fail(githubtest.Fault{On: "git fetch", Repo: p.FullName(), Then: func() { p.Transfer("globex") }})
	pull := p.pull("topic", bad)
	w.hears(t, "not for us any more")
	w.gh.Install("globex")
	p.wants(pull.HeadSHA, "failure")

	// The old installation's last words come after the first of the new one.
	w.gh.Fail(githubtest.Fault{On: "git fetch", Then: func() { p.Transfer("initech"); w.gh.Install("initech") }})
	p.wants(p.pull("next", good).HeadSHA, "success")
}

// TestUnheard opens pull requests of which the App hears nothing: GitHub never sent the
// delivery, or the process was away.
func TestUnheard(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	p := w.place(t, "acme/shop", wholePolicy)
	w.start(t)
	p.wants(p.pull("heard", good).HeadSHA, "success")

	w.gh.Hold()
	never := p.pull("never-sent", bad)
	if w.gh.Lose() == 0 {
		t.Fatal("nothing was lost")
	}
	w.gh.Release()
	w.stop(t)
	away := p.pull("sent-to-nobody", good)
	w.gh.Settle()
	w.start(t)
	p.wants(never.HeadSHA, "failure")
	p.wants(away.HeadSHA, "success")
}

// TestDisorder sends deliveries in any order, and twice.
func TestDisorder(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "workers: 4\n")
	p := w.place(t, "acme/shop", wholePolicy)
	w.gh.Senders(4)
	w.start(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w.gh.Hold()
	var pulls []*githubtest.PullRequest
	for i := range 4 {
		branch := fmt.Sprintf("topic-%d", i)
		pull := p.pull(branch, bad)
		for n := range 3 {
			p.src.Commit(branch, "More", gittest.Write("a.py", fmt.Sprintf("x = %d + %d\n", i, n)))
			p.Push("ada", p.src, branch)
			pull.Label("ada", fmt.Sprintf("label-%d", n))
		}
		pulls = append(pulls, pull)
	}
	w.gh.Shuffle(random.Shuffle)
	w.gh.Release()
	w.gh.Settle()
	for _, d := range w.gh.Deliveries() {
		w.gh.Redeliver(d.GUID)
	}
	w.gh.Settle()
	for _, pull := range pulls {
		p.becomes(pull.HeadSHA, "success")
		// Who pushed is a fact that only a delivery tells: with each of the pushes that comes
		// late there is another pack, and its link is said.
		if run := p.ours(pull.HeadSHA)[0]; len(run.Concluded) > 4 || slices.Contains(run.Concluded, "failure") {
			t.Errorf("concluded as %v", run.Concluded)
		}
	}
}

// TestStopped tells the process to stop while it works.
func TestStopped(t *testing.T) {
	t.Parallel()
	w := newWhole(t, "")
	p := w.place(t, "acme/shop", wholePolicy)
	w.start(t)
	reached := make(chan struct{})
	w.gh.Fail(githubtest.Fault{On: "POST /repos/{owner}/{repo}/check-runs", Then: func() { close(reached) }})
	pull := p.pull("topic", good)
	<-reached
	w.stop(t)
	w.start(t)
	p.wants(pull.HeadSHA, "success")
}
