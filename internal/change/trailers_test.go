package change_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"custody/internal/change"
	"custody/internal/git/gittest"
)

// fold writes trailers as git's %(trailers:only,unfold) does.
func fold(trailers []change.Trailer) string {
	var b strings.Builder
	for _, t := range trailers {
		b.WriteString(t.Key + ": " + t.Value + "\n")
	}
	return b.String()
}

// compareTrailers checks every commit of a repository against git.
func compareTrailers(t *testing.T, r *gittest.Repo, revs ...string) (commits, withTrailers int) {
	t.Helper()
	args := append([]string{"-c", "i18n.logOutputEncoding=UTF-8", "log", "-z", "--format=%H%x01%e%x01%(trailers:only,unfold)"}, revs...)
	want := map[string]string{}
	for rec := range strings.SplitSeq(strings.TrimSuffix(string(r.Pipe(nil, args...)), "\x00"), "\x00") {
		f := strings.SplitN(rec, "\x01", 3)
		if f[1] == "" || strings.EqualFold(f[1], "utf-8") { // git prints others translated
			want[f[0]] = f[2]
		}
	}
	var in bytes.Buffer
	for id := range want {
		fmt.Fprintln(&in, id)
	}
	out := r.Pipe(in.Bytes(), "cat-file", "--batch")
	for len(out) > 0 {
		head, rest, _ := bytes.Cut(out, []byte{'\n'})
		var id, kind string
		var size int
		fmt.Sscan(string(head), &id, &kind, &size)
		_, message, _ := bytes.Cut(rest[:size], []byte("\n\n"))
		out = rest[size+1:]
		trailers, _ := change.ParseTrailers(message)
		if got := fold(trailers); got != want[id] {
			t.Errorf("commit %s, message %q:\n%q, git says\n%q", id, message, got, want[id])
		}
		commits++
		if want[id] != "" {
			withTrailers++
		}
	}
	return commits, withTrailers
}

// Messages put together at random from everything that the rules mention.
func TestTrailersAgainstGit(t *testing.T) {
	parts := []string{
		"\n", "\n", "\n", "subject\n", "some text\n", "Signed-off-by: A <a@example.com>\n", "Signed-off-by:B\n", "signed-off-by: c\n", "(cherry picked from commit 123)\n",
		"Key: value\n", "Key: value\n", "Key : value\n", "Key\t \t: value\n", "Key Two: no\n", "Key=value\n", "key-3: \n", "key:\n", ": none\n", "-: dash\n",
		" folded\n", "\tfolded\n", "  \n", "\t\n", "\r\n", "Key: value\r\n", " \r\n", "# comment\n", "#: x\n", "---\n", "--- \n", "diff --git a b\n",
		"Conflicts:\n", "\tpath\n", "# ------------------------ >8 ------------------------\n", "Key: no newline", "\v\n", "\f: x\n", "Ünïcode: x\n", "K\xff: x\n",
		"Co-authored-by: D <d@example.com>\n", "https://example.com\n", "Key: a:b: c  \n", " a: b\n", "Key: \x01\n", "1. item: x\n", "Fixes #1: x\n",
	}
	r := gittest.New(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	var s bytes.Buffer
	for range 4000 {
		var m strings.Builder
		if rnd.IntN(4) > 0 {
			m.WriteString("subject\n\n")
		}
		for range rnd.IntN(14) {
			m.WriteString(parts[rnd.IntN(len(parts))])
		}
		fmt.Fprintf(&s, "commit refs/heads/main\ncommitter A <a> 1 +0000\ndata %d\n%s\n", m.Len(), m.String())
	}
	r.FastImport(s.Bytes())
	commits, with := compareTrailers(t, r, "main")
	if commits < 3900 || with < 500 {
		t.Errorf("%d commits, %d with trailers", commits, with)
	}
}

func TestTrailersOfRealHistory(t *testing.T) {
	dir := os.Getenv("CUSTODY_TEST_REPO")
	if dir == "" {
		t.Skip("CUSTODY_TEST_REPO is not set")
	}
	commits, with := compareTrailers(t, gittest.At(t, dir), "--all")
	t.Logf("%d commits, %d with trailers", commits, with)
	if commits < 500 {
		t.Errorf("only %d commits", commits)
	}
}

func TestTrailersAreBounded(t *testing.T) {
	start := time.Now()
	trailers, more := change.ParseTrailers([]byte("s\n\n" + strings.Repeat("K: v\n", 1_000_000)))
	if len(trailers) != 10_000 || !more {
		t.Errorf("%d trailers, more: %v", len(trailers), more)
	}
	for _, m := range []string{
		"s\n\nK: v\n" + strings.Repeat(" x\n", 3_000_000), "s\n\n" + strings.Repeat("K ", 5_000_000), strings.Repeat("\n", 10_000_000),
		"s\n\n" + strings.Repeat("#\n", 5_000_000), "s\n\nK:" + strings.Repeat(" ", 10_000_000), strings.Repeat("Conflicts:\n", 1_000_000),
	} {
		if _, more := change.ParseTrailers([]byte(m)); more {
			t.Errorf("%.20q: more", m)
		}
	}
	// Linear, with room for a busy machine: quadratic would be hours.
	if d := time.Since(start); d > time.Minute {
		t.Errorf("it took %v", d)
	}
}

func FuzzParseTrailers(f *testing.F) {
	for _, m := range []string{"", "s", "s\n\nK: v\n", "s\n\nK: v\n x\n", "s\n\nSigned-off-by: a\n\n# c\n", "s\n\ntext\nSigned-off-by: a", "\n\ns\n\nK: v\x00", "s\n\nConflicts:\n\tx\n"} {
		f.Add([]byte(m))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		before := bytes.Clone(message)
		trailers, more := change.ParseTrailers(message)
		if !bytes.Equal(before, message) {
			t.Fatal("the message was changed")
		}
		if more != (len(trailers) == 10_000) && more {
			t.Fatalf("more after %d", len(trailers))
		}
		for _, tr := range trailers {
			if tr.Key == "" || strings.ContainsAny(tr.Key+tr.Value, "\n\x00") || strings.TrimSpace(tr.Key) != tr.Key || !bytes.Contains(message, []byte(tr.Key)) {
				t.Fatalf("%q of %q", tr, message)
			}
		}
	})
}
