package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"custody/internal/store"
)

// Pushes are found by the commit, whichever ref they moved, in the order in which they were told
// of, however many commits are asked about; and those of one ref by the ref.
func TestPushes(t *testing.T) {
	eachStore(t, func(t *testing.T, address string) {
		ctx := context.Background()
		at := time.UnixMilli(1000)
		s, err := store.Open(ctx, address, store.Options{Now: func() time.Time { return at }, ID: "one"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		tell := func(p store.Push) {
			t.Helper()
			at = at.Add(time.Second)
			p.Repo, p.Type = max(p.Repo, 7), "User"
			guid := at.String()
			if _, err := s.Accept(ctx, store.Delivery{GUID: guid, Event: "push"}); err != nil {
				t.Fatal(err)
			}
			if err := s.Decide(ctx, guid, store.Decision{State: store.Done, Pushes: []store.Push{p}}); err != nil {
				t.Fatal(err)
			}
		}
		tell(store.Push{Ref: "refs/heads/tmp", After: "c999", Login: "ben", ID: "2"})
		tell(store.Push{Ref: "refs/heads/a", Before: "b", After: "c1", Login: "ada", ID: "1"})
		tell(store.Push{Ref: "refs/heads/a", After: "c999", Login: "ada", ID: "1"})
		tell(store.Push{Ref: "refs/heads/tmp", After: "c999", Login: "eve", ID: "3"}) // as ben did before
		tell(store.Push{Ref: "refs/heads/tmp", After: "other", Login: "eve", ID: "3"})
		tell(store.Push{Repo: 8, Ref: "refs/heads/tmp", After: "c1", Login: "eve", ID: "3"})
		tell(store.Push{Ref: "refs/heads/far", After: "tip", Login: "dan", ID: "4", Brought: []string{"c2", "c3", "none"}})
		tell(store.Push{Ref: "refs/heads/far", After: "tip2", Login: "dan", ID: "4", Brought: []string{"c2"}})
		var commits []string
		for i := range 1200 {
			commits = append(commits, fmt.Sprint("c", i))
		}
		got, err := s.PushesOf(ctx, 7, commits)
		if err != nil {
			t.Fatal(err)
		}
		want := []store.Push{
			{Repo: 7, Ref: "refs/heads/tmp", After: "c999", Login: "ben", ID: "2", Type: "User", At: 2000},
			{Repo: 7, Ref: "refs/heads/a", Before: "b", After: "c1", Login: "ada", ID: "1", Type: "User", At: 3000},
			{Repo: 7, Ref: "refs/heads/a", After: "c999", Login: "ada", ID: "1", Type: "User", At: 4000},
			{Repo: 7, Ref: "refs/heads/tmp", After: "c999", Login: "eve", ID: "3", Type: "User", At: 5000},
			{Repo: 7, Ref: "refs/heads/far", After: "c2", Login: "dan", ID: "4", Type: "User", At: 8000},
			{Repo: 7, Ref: "refs/heads/far", After: "c3", Login: "dan", ID: "4", Type: "User", At: 8000},
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v", got)
		}
		if got, err := s.PushesOf(ctx, 7, nil); err != nil || len(got) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := s.PushesTo(ctx, 7, "refs/heads/a", "c999"); err != nil || fmt.Sprint(got) != fmt.Sprint(want[2:3]) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
