//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"custody/impact/cache"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

func isSlow() bool { return os.Getenv("CUSTODY_SLOW") != "" }

// Pushes of any size are seen whole in the quarantine, as loose objects and as a pack, and
// what is bad in them is found wherever it is.
func TestPushSizes(t *testing.T) {
	sizes := []int{1, 100, 3000}
	if isSlow() {
		sizes = append(sizes, 30_000)
	}
	for _, limit := range []string{"1", "100"} {
		s := newGitServer(t, limit)
		for _, n := range sizes {
			c := s.client()
			edits := make([]gittest.Edit, n)
			for i := range edits {
				edits[i] = gittest.Write(fmt.Sprintf("src/n%d/m%d.py", i%50, i), fmt.Sprintf("x = %d  # %s %d\n", i, limit, n))
			}
			c.Commit("bad", "bad", append(edits, gittest.From("main"), gittest.Write("src/n0/last.py", "eval(1)\n"))...)
			if p := s.push(c, nil, "bad:main"); p.accepted || !strings.Contains(p.said, "first:  src/n0/last.py:1: Nothing is evaluated") {
				t.Errorf("%d objects, limit %s: a bad one among them: %+v", n, limit, p)
			}
			good := c.Commit("good", "good", append(edits, gittest.From("main"))...)
			p := s.push(c, nil, "good:main")
			if got := s.verdicts(good); !p.accepted || s.tip("main") != good || got["merge"] != "pass" || got["record"] != "pass" {
				t.Errorf("%d objects, limit %s: %+v, verdicts %v", n, limit, p, got)
			}
		}
	}
}

// Repositories of other kinds: ids of 64 digits, objects that another repository holds,
// and refs that are packed.
func TestPushKinds(t *testing.T) {
	shared := func() *gitServer {
		origin := gittest.New(t)
		origin.Commit("old", "old", gittest.Write("old.py", "y = 1\n"))
		dir := filepath.Join(t.TempDir(), "shared")
		origin.Git("clone", "--quiet", "--bare", "--shared", "--template=", origin.Dir, dir)
		r := gittest.At(t, dir)
		r.Git("symbolic-ref", "HEAD", "refs/heads/main")
		return serve(t, r, "1")
	}
	for name, s := range map[string]*gitServer{"sha256": newGitServer(t, "1", gittest.SHA256()), "sha256, unpacked": newGitServer(t, "100", gittest.SHA256()), "alternates": shared()} {
		s.Git("pack-refs", "--all")
		c := s.client()
		bad := c.Commit("bad", "bad", gittest.From("main"), gittest.Write("z.py", "eval(1)\n"))
		if p := s.push(c, nil, "bad:main"); p.accepted || s.verdicts(bad)["merge"] != "fail" {
			t.Errorf("%s: a bad push: %+v", name, p)
		}
		good := c.Commit("good", "good", gittest.From("main"), gittest.Write("z.py", "import a\n"))
		if p := s.push(c, nil, "good:main", "good:refs/heads/side"); !p.accepted || s.verdicts(good)["merge"] != "pass" {
			t.Errorf("%s: a good push: %+v, %v", name, p, s.verdicts(good))
		}
		if p := s.push(c, nil, ":refs/heads/side"); !p.accepted || s.tip("side") != "" {
			t.Errorf("%s: a deletion: %+v", name, p)
		}
		if p := s.push(c, nil, ":refs/heads/main"); p.accepted {
			t.Errorf("%s: the deletion of main: %+v", name, p)
		}
	}
}

// Many push at the same time, while git collects garbage and the cache is written: every
// ref that moved has a verdict, and cache and packs are whole.
func TestConcurrentPushes(t *testing.T) {
	s := newGitServer(t, "1")
	var clients []*gittest.Repo
	var heads []string
	for i := range 10 {
		c := s.client()
		clients = append(clients, c)
		heads = append(heads, c.Commit("work", "work", gittest.From("main"), gittest.Write(fmt.Sprintf("w%d.py", i), fmt.Sprintf("import a\ny = %d\n", i))))
	}
	done := make(chan struct{})
	var around sync.WaitGroup
	around.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				s.Try("gc", "--quiet", "--prune=1.hour.ago") // "now" would take away the objects of pushes under way
			}
		}
	})
	around.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				os.Remove(filepath.Join(s.Dir, "custody", "cache", cache.FileName)) // so that it is written again
				os.Remove(filepath.Join(s.Dir, "custody", "cache", cache.GraphFileName))
				s.run(nil, "", "post-receive")
			}
		}
	})
	answers := make([]pushed, len(clients))
	var pushes sync.WaitGroup
	for i, c := range clients {
		pushes.Go(func() {
			target := fmt.Sprintf("work:refs/heads/w%d", i)
			if i%2 == 0 {
				target = "work:main" // one of them lands, the others are behind then
			}
			answers[i] = s.push(c, nil, target)
		})
	}
	pushes.Wait()
	close(done)
	around.Wait()
	landed := 0
	for i, a := range answers {
		got := s.verdicts(heads[i])
		switch {
		case i%2 == 0 && a.accepted:
			landed++
			if got["merge"] != "pass" || s.tip("main") != heads[i] {
				t.Errorf("main: %+v, verdicts %v", a, got)
			}
		case i%2 == 1 && (!a.accepted || got["push"] != "pass" || s.tip(fmt.Sprintf("w%d", i)) != heads[i]):
			t.Errorf("w%d: %+v, verdicts %v", i, a, got)
		}
	}
	if landed != 1 {
		t.Errorf("main took %d of the pushes: %+v", landed, answers)
	}
	s.wholeCache()
	if out, err := s.Try("fsck", "--full"); err != nil {
		t.Errorf("%s: %v", out, err)
	}
}

// wholeCache fails when the file of facts is damaged.
func (s *gitServer) wholeCache() {
	s.t.Helper()
	if err := cache.Open(filepath.Join(s.Dir, "custody", "cache", cache.FileName)).Refused(); err != nil {
		s.t.Error(err)
	}
	g := cache.OpenGraphs(filepath.Join(s.Dir, "custody", "cache", cache.GraphFileName), "any")
	if g.Graph(git.OID{}); g.Refused() != nil {
		s.t.Error(g.Refused())
	}
}

// A hook that is killed at any moment accepts nothing, and leaves nothing half.
func TestKilledHook(t *testing.T) {
	kills := 3
	if isSlow() {
		kills = 50
	}
	s := newGitServer(t, "1")
	c := s.client()
	random := rand.New(rand.NewPCG(1, 2))
	pidFile := filepath.Join(t.TempDir(), "pid")
	for _, hook := range []string{"pre-receive", "post-receive"} {
		s.hook(hook, "echo $$ >"+pidFile+".new; mv "+pidFile+".new "+pidFile+"; exec custody hook "+hook)
	}
	took := 300 * time.Millisecond
	accepted, killed, times := 0, 0, 0
	for ; killed < kills && times < 20*kills; times++ {
		os.Remove(pidFile)
		before := s.tip("main")
		head := c.Commit("work", "work", gittest.From(before), gittest.Write("w.py", fmt.Sprintf("import a\ny = %d\n", times)))
		start := time.Now()
		answer := make(chan pushed)
		go func() { answer <- s.push(c, nil, "work:main") }()
		kill := time.Duration(random.Int64N(int64(took)))
		for time.Since(start) < kill {
			time.Sleep(time.Millisecond)
		}
		if pid, err := os.ReadFile(pidFile); err == nil {
			var n int
			fmt.Sscan(string(pid), &n)
			if n > 1 && syscall.Kill(n, syscall.SIGKILL) == nil {
				killed++
			}
		}
		a := <-answer
		if spent := time.Since(start); a.accepted && spent > took {
			took = min(spent, 3*time.Second) // a slow machine: kill over all of the time
		}
		got := s.verdicts(head)
		switch tip := s.tip("main"); {
		case tip == head && got["merge"] != "pass":
			t.Fatalf("main moved without a verdict: %+v, %v", a, got)
		case tip == head:
			accepted++
		case tip != before:
			t.Fatalf("main is at %s", tip)
		}
	}
	t.Logf("%d pushes, %d of them met a kill, %d were accepted", times, killed, accepted)
	if killed < kills {
		t.Errorf("only %d of %d hooks were killed: the test proves less than it says", killed, kills)
	}
	s.wholeCache()
	s.hook("pre-receive", "exec custody hook pre-receive --deadline 60s")
	head := c.Commit("work", "work", gittest.From(s.tip("main")), gittest.Write("w.py", "import a\nend = 1\n"))
	if a := s.push(c, nil, "work:main"); !a.accepted || s.tip("main") != head {
		t.Errorf("after all of that: %+v", a)
	}
	s.wholeCache()
	if out, err := exec.Command("git", "-C", s.Dir, "fsck", "--full").CombinedOutput(); err != nil {
		t.Errorf("%s: %v", out, err)
	}
}
