package app_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"custody/app"
	"custody/internal/git/gittest"
	"custody/internal/githubtest"
	"custody/internal/pack/verify"
	"custody/internal/sign"
)

func publishing(w *world) { w.publish = app.Publish{Refs: true, Comment: true, Attestations: true} }

// packRef gives the packs that are attached for a head and a name, the newest first.
func (w *world) packRef(head, name string) []string {
	w.Helper()
	ref := "refs/custody/packs/" + head + "/" + name
	if w.repo.Refs()[ref] == "" {
		return nil
	}
	return strings.Fields(w.repo.Git("rev-list", ref))
}

// attached is the pack in a commit.
func (w *world) attached(commit string) []byte {
	w.Helper()
	file, err := exec.Command("git", "-C", w.repo.Dir, "cat-file", "blob", commit+":pack.zip").Output()
	if err != nil {
		w.Fatal(err)
	}
	return file
}

// What was concluded is published once for each verdict: as commits of the repository
// that hold the very pack, as one comment that is edited, as attestations.
func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t, approvals, publishing)
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	p.Comment("ben", "<!-- custody: pull 1 -->\nnot yours") // somebody plays our comment
	w.concluded(p.HeadSHA)
	w.settled()
	look := func(verdicts int, says string) {
		t.Helper()
		packs := w.packRef(p.HeadSHA, "pull-1")
		if len(packs) != verdicts {
			t.Fatalf("%d packs are attached, want %d", len(packs), verdicts)
		}
		r, _ := w.record("pull/1")
		file := w.attached(packs[0])
		if verify.Digest(file) != r.Pack && verdicts == 1 {
			t.Error("another pack is attached")
		}
		if v := verify.Verify(file, sign.TrustedKeys{{Key: w.key.Public(), Name: "app"}}); !v.Good() || v.Says == nil || v.Says.VerdictDigest != r.Verdict {
			t.Errorf("what is attached does not verify, or is about another verdict: %+v", v)
		}
		if got := w.repo.Attestations(); len(got) != verdicts || len(got[0].Subjects) == 0 {
			t.Errorf("attestations: %d, want %d", len(got), verdicts)
		}
		comments := p.Comments()
		if len(comments) != 2 || comments[0].Body != "<!-- custody: pull 1 -->\nnot yours" {
			t.Fatalf("%+v", comments)
		}
		ours := comments[1]
		if ours.By.Login != w.gh.App.Slug+"[bot]" || !strings.Contains(ours.Body, says) || !strings.Contains(ours.Body, r.Verdict) || strings.Contains(ours.Body, "key=") {
			t.Errorf("the comment of %s says:\n%s", ours.By.Login, ours.Body)
		}
	}
	look(1, "may not land")
	p.Review("ben", "APPROVED", "")
	w.concludedAs(p.HeadSHA, "success")
	w.settled()
	look(2, "may land")

	// Another review, with another verdict or the same; the number of our comment was lost.
	if err := w.store.Begin(context.Background(), fmt.Sprintf("commented/%d/1", w.repo.ID), ""); err != nil {
		t.Fatal(err)
	}
	w.repo.Rerequest("ada", w.ours(p.HeadSHA)[0].ID)
	w.settled()
	look(len(w.packRef(p.HeadSHA, "pull-1")), "may land")

	// A newer head has a ref of its own, and the same comment.
	w.origin.Commit("topic", "more", gittest.By("Ada <ada@example.com>"), gittest.Write("b.py", "eval(1)\n"))
	w.repo.Push("ada", w.origin, "topic")
	w.concluded(w.origin.ID("topic"))
	w.settled()
	if len(p.Comments()) != 2 || !strings.Contains(p.Comments()[1].Body, p.HeadSHA) || len(w.packRef(p.HeadSHA, "pull-1")) != 1 {
		t.Errorf("%+v", p.Comments())
	}
}

// One commit may be the head of two pull requests: they do not get into each other's way.
func TestPublishSameHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, publishing)
	w.repo.Quietly(func() {
		w.origin.Commit("release", "release", gittest.From(w.base))
		w.repo.Push("ada", w.origin, "release")
	})
	one := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	two := w.repo.OpenPullRequest(githubtest.NewPull{Title: "The same", Author: "ada", Head: "topic", Base: "release"})
	w.settled()
	for _, name := range []string{"pull-1", "pull-2"} {
		if len(w.packRef(one.HeadSHA, name)) != 1 {
			t.Errorf("%s: %v", name, w.repo.Refs())
		}
	}
	for _, p := range []*githubtest.PullRequest{one, two} {
		if len(p.Comments()) != 1 {
			t.Errorf("%+v", p.Comments())
		}
	}
}

// What may not be published, or only later, leaves the check run as it is.
func TestPublishSoftly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, publishing, func(w *world) {
		for _, p := range []string{"contents", "issues", "pull_requests", "attestations"} {
			w.gh.App.Permissions[p] = "read"
		}
	})
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" || len(run.Concluded) != 1 {
		t.Errorf("%+v", run)
	}
	if len(p.Comments())+len(w.repo.Attestations())+len(w.packRef(p.HeadSHA, "pull-1")) != 0 {
		t.Error("written without permission")
	}
	resp, err := http.Get(w.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"comment", "ref", "attestation"} {
		if !slices.Contains(strings.Split(string(text), "\n"), `custody_published_total{outcome="failed",what="`+what+`"} 1`) {
			t.Errorf("nobody sees that the %s failed", what)
		}
	}
}

// An answer that never came is asked for again, and nothing is there twice.
func TestPublishAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, publishing)
	for _, on := range []string{"POST /repos/{owner}/{repo}/issues/{issue_number}/comments", "POST /repos/{owner}/{repo}/git/refs", "POST /repos/{owner}/{repo}/attestations"} {
		w.gh.Fail(githubtest.Fault{On: on, With: githubtest.Lost})
	}
	p := w.pull("topic", gittest.Write("a.py", "x = 2\n"))
	w.settled()
	if run := w.concluded(p.HeadSHA); run.Conclusion != "success" || len(run.Concluded) != 1 {
		t.Errorf("%+v", run)
	}
	if c, a, r := len(p.Comments()), len(w.repo.Attestations()), len(w.packRef(p.HeadSHA, "pull-1")); c != 1 || a != 1 || r != 1 {
		t.Errorf("%d comments, %d attestations, %d packs", c, a, r)
	}
}
