package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
	"custody/internal/githubtest"
)

// TestKilled kills the process between the acceptance of a delivery and the conclusion
// of its check, at a random call or a random instant, and starts it again: every last
// head is concluded once, and rightly; and once is written what is published besides.
func TestKilled(t *testing.T) {
	t.Parallel()
	rounds := 6
	if os.Getenv("CUSTODY_SLOW") == "1" {
		rounds = 50
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newWhole(t, "publish: {refs: true, comment: true, attestations: true}\n")
	p := w.place(t, "acme/killed", wholePolicy)
	w.start(t)
	for round := range rounds {
		conclusion, edit := "success", gittest.Write("a.py", fmt.Sprintf("x = %d\n", round))
		if random.IntN(2) == 0 {
			conclusion, edit = "failure", gittest.Write("a.py", fmt.Sprintf("x = eval('%d')\n", round))
		}
		var how string
		killed := make(chan struct{})
		switch kind := random.IntN(3); kind {
		case 0, 1: // before a call is answered: undone, or done
			skip, with := random.IntN(16), githubtest.Timeout
			if kind == 1 {
				with = githubtest.Lost
			}
			how = fmt.Sprintf("at call %d, failure %d", skip, with)
			w.gh.Fail(githubtest.Fault{Repo: p.FullName(), Skip: skip, With: with, Then: func() { w.kill(); close(killed) }})
		case 2:
			after := time.Duration(random.IntN(300)) * time.Millisecond
			how = fmt.Sprintf("after %s", after)
			time.AfterFunc(after, func() { w.kill(); close(killed) })
		}
		branch := fmt.Sprintf("topic-%d", round)
		pull := p.pull(branch, edit)
		again := random.IntN(2) == 0
		if again { // a second head, which it may or may not hear of before it dies
			edit = gittest.Write("b.py", fmt.Sprintf("y = %d\n", round))
			p.src.Commit(branch, "More", edit)
			p.Push("ada", p.src, branch)
		}
		<-killed
		w.gh.Settle()
		w.start(t)
		for _, d := range w.gh.Deliveries() {
			if !d.OK() && !d.Redelivery { // what did not arrive is for another test
				w.gh.Redeliver(d.GUID)
			}
		}
		w.gh.Heal()
		p.concluded(pull.HeadSHA)
		w.gh.Settle()
		if runs := p.ours(pull.HeadSHA); len(runs) != 1 || len(runs[0].Concluded) != 1 || runs[0].Conclusion != conclusion {
			t.Fatalf("round %d, killed %s: %d check runs, %+v, want %s once", round, how, len(runs), runs, conclusion)
		}
		if twice := p.publishedOnce(pull); twice != "" {
			t.Fatalf("round %d, killed %s: %s", round, how, twice)
		}
	}
}

// publishedOnce waits until everything about a pull request is published, and says what
// was more than once.
func (p *place) publishedOnce(pull *githubtest.PullRequest) string {
	p.t.Helper()
	ref := fmt.Sprintf("refs/custody/packs/%s/pull-%d", pull.HeadSHA, pull.Number)
	for late := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		p.w.gh.Settle()
		if idle(p.t, filepath.Join(p.w.dir, "custody.db")) && len(pull.Comments()) > 0 && p.Refs()[ref] != "" {
			break
		}
		if time.Now().After(late) {
			return "for a minute not all was published"
		}
	}
	if n := len(pull.Comments()); n != 1 {
		return fmt.Sprintf("%d comments", n)
	}
	trees := strings.Fields(p.Git("log", "--format=%T", ref))
	if slices.Sort(trees); len(slices.Compact(trees)) != len(strings.Fields(p.Git("log", "--format=%T", ref))) {
		return "a pack is attached twice"
	}
	subjects := map[string]bool{}
	for _, a := range p.Attestations() {
		key := fmt.Sprint(a.Subjects)
		if subjects[key] {
			return "an attestation is there twice"
		}
		subjects[key] = true
	}
	if len(subjects) == 0 {
		return "no attestation"
	}
	return ""
}
