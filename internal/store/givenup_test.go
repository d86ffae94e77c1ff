package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"custody/internal/store"
)

// Whoever gives up while something is written leaves no half of it, and takes nothing from those
// who come behind: each turn of a subject has its job.
func TestGivenUp(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		const askers, times = 8, 20
		s := open(t, address, "one", nil)
		var all sync.WaitGroup
		for repo := range int64(askers) {
			rnd := rand.New(rand.NewPCG(7, uint64(repo)))
			all.Go(func() {
				for i := range times {
					ctx, giveUp := context.WithTimeout(context.Background(), time.Duration(rnd.IntN(40000))*time.Microsecond)
					_ = s.Ask(ctx, store.Request{Repo: repo, Name: "pull/1", Kind: "pull_request", Stage: "merge", Head: fmt.Sprint(i)}) // or not
					_ = s.SetMark(ctx, fmt.Sprint("mark/", repo), fmt.Sprint(i))
					giveUp()
				}
			})
		}
		all.Wait()
		ctx := context.Background()
		turns := int64(0)
		for repo := range int64(askers) {
			if err := s.Ask(ctx, store.Request{Repo: repo, Name: "pull/1", Kind: "pull_request", Stage: "merge", Head: "last"}); err != nil {
				t.Fatal(err)
			}
			last, err := s.Subject(ctx, repo, "pull/1")
			if err != nil {
				t.Fatal(err)
			}
			turns += last.Turn
		}
		if jobs, err := s.Jobs(ctx); err != nil || jobs != turns {
			t.Errorf("%d turns have %d jobs, %v", turns, jobs, err)
		}
		t.Logf("%d of %d were asked for", turns, askers*(times+1))
	})
}
