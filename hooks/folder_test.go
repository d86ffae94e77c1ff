package hooks

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/review"
)

func listed(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// Packs go away by age and by number, the oldest first, and so do the leftovers of
// processes that were killed. Nobody else's file does.
func TestPrune(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	f, err := OpenFolder(filepath.Join(t.TempDir(), "custody"), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, age time.Duration) {
		t.Helper()
		if err := os.WriteFile(f.Path(name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(f.Path(name), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	const day = 24 * time.Hour
	id := func(n int) string { return fmt.Sprintf("%064x", n) }
	for i := range 5 {
		put("packs/"+id(i)+".zip", time.Duration(i)*day)
		put("spool/"+id(i)+".zip", time.Duration(i)*day)
		put("spool/"+id(10+i)+".json", time.Duration(i)*day)
	}
	put("packs/notes.txt", 900*day)
	put("packs/.tmp-old", 2*time.Hour)
	put("packs/.tmp-new", time.Minute)
	for name, age := range map[string]time.Duration{"custody-git-old": 2 * time.Hour, "custody-git-new": time.Minute, "mine": 2 * time.Hour} {
		os.Mkdir(f.Path("tmp/"+name), 0o700)
		os.Chtimes(f.Path("tmp/"+name), now.Add(-age), now.Add(-age))
	}
	f.Prune(Retention{Age: 4 * day, Count: 3})
	if got, want := listed(t, f.Path("packs")), ".tmp-new "+id(0)+".zip "+id(1)+".zip "+id(2)+".zip notes.txt"; got != want {
		t.Errorf("packs: %s", got)
	}
	if got := strings.Count(listed(t, f.Path("spool")), " ") + 1; got != 6 {
		t.Errorf("the spool has %d files: %s", got, listed(t, f.Path("spool")))
	}
	if got := listed(t, f.Path("tmp")); got != "custody-git-new mine" {
		t.Errorf("tmp: %s", got)
	}
}

// What a pusher makes large goes sooner: the newest stays, within the bytes.
func TestPruneByBytes(t *testing.T) {
	now := time.Now()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "custody"), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		for _, folder := range []string{"packs", "spool"} {
			name := f.Path(fmt.Sprintf("%s/%064x.zip", folder, i))
			if err := os.WriteFile(name, make([]byte, 100), 0o600); err != nil {
				t.Fatal(err)
			}
			os.Chtimes(name, now, now.Add(-time.Duration(i)*time.Minute))
		}
	}
	f.Prune(Retention{Age: time.Hour, Count: 100, Bytes: 350})
	for _, folder := range []string{"packs", "spool"} {
		if got, want := listed(t, f.Path(folder)), fmt.Sprintf("%064x.zip %064x.zip %064x.zip", 0, 1, 2); got != want {
			t.Errorf("%s: %s", folder, got)
		}
	}
}

// What is spooled is the pack itself, and word of everything that was judged or refused.
func TestSpool(t *testing.T) {
	f, err := OpenFolder(filepath.Join(t.TempDir(), "custody"), func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 5, time.UTC) })
	if err != nil {
		t.Fatal(err)
	}
	kept, err := f.keep([]byte("a pack"))
	if err != nil || kept.Digest != pack.Digest([]byte("a pack")) {
		t.Fatal(kept, err)
	}
	id, _ := git.ParseOID(one)
	plan := func(ref string) Plan { return Plan{Update: Update{ref, id, id}} }
	a := &Answer{Mode: config.Enforce, Server: Server{Name: "gitea", Via: "a\x1bb", Pusher: Pusher{Name: "ada\n", ID: "7"}}, Results: []Result{
		{Plan: plan("refs/heads/a%\n"), Verdict: &review.Verdict{}, Decision: review.Pass, Accepted: true, Kept: kept},
		{Plan: plan("refs/heads/gone").refuse(CodeDeletion, "why", "next")},
		{Plan: plan("refs/heads/nothing").accept(CodeNothingNew, "why"), Accepted: true},
	}}
	for range 2 { // the same word twice is one
		if err := f.Spool(a, "pre-receive"); err != nil {
			t.Fatal(err)
		}
	}
	var events []Event
	packs := 0
	for name := range strings.FieldsSeq(listed(t, f.Path("spool"))) {
		text, err := os.ReadFile(f.Path("spool/" + name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".zip") {
			if packs++; string(text) != "a pack" || name != packName(kept.Digest) {
				t.Errorf("%s holds %q", name, text)
			}
			continue
		}
		var e Event
		if err := json.Unmarshal(text, &struct {
			*Event
			Decision string `json:"decision"`
		}{Event: &e}); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if packs != 1 || len(events) != 2 {
		t.Fatalf("%d packs, %d events", packs, len(events))
	}
	for _, e := range events {
		if e.Schema != EventSchema || e.At != "2026-11-23T12:00:00.000000005Z" || e.Via != "a?b" || e.Pusher.Login != "ada " {
			t.Errorf("%+v", e)
		}
		if e.Pack == kept.Digest != (e.Ref == "refs/heads/a%25%0A" && e.Accepted) || e.Code == CodeDeletion && e.Accepted {
			t.Errorf("%+v", e)
		}
	}
}

// A push of thousands of refs that nobody judged is answered without writing a file for
// each, after the deadline. Where they are accepted, there is word of each.
func TestSpoolOfThousands(t *testing.T) {
	id, _ := git.ParseOID(one)
	for mode, want := range map[config.Mode]int{config.Enforce: maxUnjudged + 1, config.Report: 1001} {
		f, err := OpenFolder(filepath.Join(t.TempDir(), "custody"), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		a := &Answer{Mode: mode, Accepted: mode == config.Report}
		for i := range 1000 {
			plan := Plan{Update: Update{fmt.Sprintf("refs/heads/b%d", i), id, id}}
			a.Results = append(a.Results, Result{Plan: plan.refuse(CodeDeadline, "why", "next")})
		}
		a.Results = append(a.Results, Result{Plan: Plan{Update: Update{"refs/heads/last", id, id}}, Verdict: &review.Verdict{}})
		if err := f.Spool(a, "pre-receive"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(listed(t, f.Path("spool")), ".json"); got != want {
			t.Errorf("%s: %d documents, want %d", mode, got, want)
		}
	}
}
