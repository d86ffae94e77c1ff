package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"custody/internal/store"
)

// Records of what landed stay open for good, and there are more and more: who asks for what may be
// let through, in the transaction that writes, reads none of them.
func TestManyRecords(t *testing.T) {
	ctx := context.Background()
	address := "sqlite://" + t.TempDir() + "/custody.db"
	s := open(t, address, "one", nil)
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(address, "sqlite://")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for index, asked := range store.AskedOfOpen() {
		for _, where := range asked {
			var id, parent, unused int
			var plan string
			where = strings.ReplaceAll(where, "$", "?")
			if err := db.QueryRow(`EXPLAIN QUERY PLAN SELECT * FROM subjects WHERE `+where, []any{7, "a", "b"}[:strings.Count(where, "?")]...).Scan(&id, &parent, &unused, &plan); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan+" ", "USING INDEX "+index+" ") {
				t.Errorf("%s\n\t%s", where, plan)
			}
		}
	}
	for _, r := range []store.Request{
		{Name: "pull/1", Stage: "merge"}, {Name: "pull/1/record", Stage: "record"}, {Name: "pull/2/record", Stage: "record"}, {Name: "pull/3/record", Stage: "record"},
		{Name: "pull/4", Stage: "merge", Closed: true}, {Name: "pull/5", Stage: "merge", Ref: "refs/heads/side"}, {Name: "pull/6/record", Stage: "record", Ref: "refs/heads/side"},
	} {
		r.Repo, r.Kind = 7, "pull_request"
		if r.Ref == "" {
			r.Ref = "refs/heads/main"
		}
		if err := s.Ask(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	for name, head := range map[string]string{"pull/1/record": "c1", "pull/2/record": "c2"} {
		if err := conclude(ctx, s, 1, store.Review{Repo: 7, Subject: name, Head: head, Ref: "refs/heads/main", Stage: "record", Decision: "pass", At: time.Now().UnixMilli()}, store.Follows{}); err != nil {
			t.Fatal(err)
		}
	}
	names := func(all []store.Subject, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range all {
			names = append(names, s.Name)
		}
		return strings.Join(names, " ")
	}
	for want, got := range map[string]string{
		"pull/1":                      names(s.Open(ctx, 7, "pull_request", "refs/heads/main")),
		"pull/1 pull/5":               names(s.Open(ctx, 7, "pull_request", "")),
		"pull/3/record pull/2/record": names(s.Recorded(ctx, 7, "refs/heads/main", "c2")),
		"pull/3/record":               names(s.Recorded(ctx, 7, "refs/heads/main", "none")),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if err := s.Wake(ctx, store.Wake{Repo: 7, Kind: "pull_request", Stage: "merge", Ref: "refs/heads/main"}); err != nil {
		t.Fatal(err)
	}
	for name, turn := range map[string]int64{"pull/1": 2, "pull/1/record": 1, "pull/3/record": 1, "pull/4": 1, "pull/5": 1} {
		if got, err := s.Subject(ctx, 7, name); err != nil || got.Turn != turn {
			t.Errorf("%s: %s", name, fmt.Sprint(got.Turn, err))
		}
	}
}
