package app_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// A stranger's fork that brings more than a change may is not judged, its check says so, and it
// is fetched once: not with each thing that happens to it, but when it is another change.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy, func(w *world) { w.most = 1 << 20 })
	w.concluded(w.pull("first", gittest.Write("b.py", "y = 1\n")).HeadSHA)
	noise := make([]byte, 3<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	fork := w.repo.Fork("eve")
	w.origin.Commit("theirs", "Eve's", gittest.From(w.base), gittest.Write("a.bin", string(noise)))
	fork.Push("eve", w.origin, "theirs")
	p := w.repo.OpenPullRequest(githubtest.NewPull{Title: "Mine", Author: "eve", Head: "theirs", From: fork})
	run := w.concluded(p.HeadSHA)
	if run.Conclusion != "action_required" || !strings.Contains(run.Summary, "more than 1 MB") {
		t.Errorf("%s: %s\n%s", run.Conclusion, run.Title, run.Summary)
	}
	w.settled()
	w.gh.ResetCalls()
	p.Label("ada", "later")
	w.settled()
	for _, c := range w.gh.Calls() {
		if strings.HasPrefix(c.Operation, "git ") {
			t.Errorf("it is fetched again: %s", c.Operation)
		}
	}
	packs, _ := filepath.Glob(filepath.Join(w.dir, "clones", "*", "objects", "pack", "*"))
	for _, file := range packs {
		if info, err := os.Stat(file); err != nil || info.Size() > 1<<20 {
			t.Errorf("%s is kept: %v", file, err)
		}
	}
	w.origin.Commit("theirs", "Smaller", gittest.From(w.base), gittest.Write("a.py", "x = 2\n"))
	fork.ForcePush("eve", w.origin, "theirs")
	w.concludedAs(w.origin.ID("theirs"), "success")
}
