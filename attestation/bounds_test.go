package attestation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/sign"
)

// An opened repository as the pipeline has it.
type opened struct{ *git.Repository }

// Diff implements Differ.
func (o opened) Diff(ctx context.Context, from, to git.OID, wanted func(change.Path) bool) ([]change.File, error) {
	files, limits, err := change.DiffPart(ctx, o.Repository, from, to, wanted, change.DefaultLimits())
	if err == nil && len(limits) > 0 {
		err = fmt.Errorf("%w: %v", ErrDiffCut, limits)
	}
	return files, err
}

// attestRepo asks about base..main of a repository, with everything that it holds.
func attestRepo(t testing.TB, r *gittest.Repo, limits Limits) *Report {
	t.Helper()
	ctx := context.Background()
	repo, err := git.Open(ctx, r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	base, head := oid(t, r.Git("rev-parse", "base")), oid(t, r.Git("rev-parse", "main"))
	c, err := change.Read(ctx, repo, base, head, change.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	report, err := Attest(ctx, Input{Change: c, Differ: opened{repo}, Source: repo, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// annotate adds a note of any size.
func annotate(r *gittest.Repo, ref, commit string, text []byte) {
	blob := strings.TrimSpace(string(r.Pipe(text, "hash-object", "-w", "--stdin")))
	r.Git("-c", "user.name=x", "-c", "user.email=x", "notes", "--ref="+ref, "add", "-f", "-C", blob, commit)
}

func codesOf(r *Report) string {
	var s []string
	for _, why := range r.Reasons {
		s = append(s, why.Code)
	}
	return strings.Join(s, " ")
}

// Notes as large as they have been seen, and larger, are read in bounds, or not at all;
// then that is said. At full size: make slow.
func TestLargeNotes(t *testing.T) {
	mega := 1 << 16
	if os.Getenv("CUSTODY_SLOW") != "" {
		mega = 1 << 20
	}
	const meta = `---
{"schema_version": "authorship/3.0.0", "sessions": {"s_1": {"agent_id": {"tool": "claude", "id": "x", "model": "m"}}}, "prompts": {"0123456": {"messages": [%s]}}}`
	transcript := fmt.Sprintf(meta, `"`+strings.Repeat("secret ", 30*mega/7)+`"`)
	var single, many strings.Builder
	for i := range mega { // a million entries of a line each
		fmt.Fprintf(&single, "  s_1::t_%x %d\n", i, 1+i%4)
	}
	for i := range mega { // a million ranges in one entry
		fmt.Fprintf(&many, ",%d", 1+2*i)
	}
	for name, c := range map[string]struct {
		note  string
		lines int // by an agent
		codes string
	}{
		"a transcript of 30 MB":        {"a.go\n  s_1::t_1 1-4\n" + transcript, 4, ""},
		"a million entries":            {"a.go\n" + single.String() + fmt.Sprintf(meta, ""), 4, ""},
		"a million ranges":             {"a.go\n  s_1::t_1 " + many.String()[1:] + "\n" + fmt.Sprintf(meta, ""), 2, ""},
		"a million ranges, elsewhere":  {"b.go\n  s_1::t_1 " + many.String()[1:] + "\na.go\n  s_1::t_1 1\n" + fmt.Sprintf(meta, ""), 1, ""},
		"a million files":              {strings.Repeat("b.go\n  s_1::t_1 1\n", mega) + "a.go\n  s_1::t_1 1\n" + fmt.Sprintf(meta, ""), 1, ""},
		"a million dashes":             {strings.Repeat("---\n", mega), 0, "note-unreadable"},
		"a line without end":           {strings.Repeat("x", 30*mega), 0, "note-unreadable"},
		"nesting without end":          {"---\n" + strings.Repeat("[", 30*mega), 0, "note-unreadable"},
		"more than is read of anybody": {"a.go\n  s_1::t_1 1-4\n" + fmt.Sprintf(meta, `"`+strings.Repeat("x", maxDocument)+`"`), 0, "limit-note"},
	} {
		if mega < 1<<20 && len(c.note) > maxDocument {
			continue // make slow
		}
		t.Run(name, func(t *testing.T) {
			r := gittest.New(t)
			r.Commit("base", "base", gittest.Write("x", "x\n"))
			r.Git("branch", "main", "base")
			annotate(r, NotesRef, r.Commit("main", "add", gittest.Write("a.go", "1\n2\n3\n4\n")), []byte(c.note))
			limits := Limits{}
			if mega < 1<<20 {
				limits.Ranges = DefaultLimits().Ranges * mega >> 20 // in the same proportion
			}
			want, codes := c.lines, c.codes
			if strings.Count(c.note, "s_1::") >= mega && strings.HasPrefix(c.note, "a.go") || strings.HasPrefix(c.note, "a.go\n  s_1::t_1 1,3,") {
				want, codes = 0, "limit-note limit-evidence" // more ranges than are read
			}
			before := kept(t)
			rep := attestRepo(t, r, limits)
			if rep.Summary.Lines[AIDeclared] != want || codesOf(rep) != codes || (codes == "") != (rep.Outcome == finding.Satisfied) {
				t.Errorf("%v, lines %v, reasons %v", rep.Outcome, rep.Summary.Lines, rep.Reasons)
			}
			if grown := kept(t) - before; grown > 8<<20 {
				t.Errorf("%d MB are kept", grown>>20)
			}
			doc, err := json.Marshal(rep)
			if err != nil || bytes.Contains(doc, []byte("secret")) || len(doc) > 64<<10 {
				t.Errorf("%v: a report of %d bytes, or with a transcript in it", err, len(doc))
			}
		})
	}
}

func kept(t *testing.T) int64 {
	t.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Messages of 60 MB, and ten thousand trailers on one commit.
func TestLargeMessages(t *testing.T) {
	commits, size := 60, 64<<10
	if os.Getenv("CUSTODY_SLOW") != "" {
		size = 1 << 20
	}
	r := gittest.New(t)
	r.Commit("base", "base", gittest.Write("x", "x\n"))
	r.Git("branch", "main", "base")
	var in strings.Builder
	for i := range commits {
		m := fmt.Sprintf("Subject %d\n\n%s\n\nCo-authored-by: Claude <noreply@anthropic.com>\n", i, strings.Repeat("prose that goes on, and on\n", size/27))
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata %d\n%s\n", len(m), m)
		if i == 0 {
			in.WriteString("from " + r.Git("rev-parse", "base") + "\n")
		}
		fmt.Fprintf(&in, "M 100644 inline f%d\ndata 2\nx\n\n", i)
	}
	m := "Many\n\n" + strings.Repeat("Co-authored-by: Claude <noreply@anthropic.com>\n", 5000)
	for i := range 5000 {
		m += fmt.Sprintf("Co-authored-by: P %d <p%d@example.com>\n", i, i)
	}
	fmt.Fprintf(&in, "commit refs/heads/main\ncommitter Ada <ada@example.com> 1700000000 +0000\ndata %d\n%s\nM 100644 inline many\ndata 2\nx\n\n", len(m), m)
	r.Pipe([]byte(in.String()), "fast-import", "--quiet")
	rep := attestRepo(t, r, Limits{})
	if len(rep.Commits) != commits+1 || rep.Summary.Lines[AIDeclared] != commits+1 {
		t.Errorf("%d commits, lines %v, %v", len(rep.Commits), rep.Summary.Lines, rep.Reasons)
	}
	doc, err := json.Marshal(rep)
	if err != nil || len(doc) > 256<<10 {
		t.Errorf("%v: a report of %d bytes", err, len(doc))
	}
}

// Records without end, and hashes that match nothing in a large file.
func TestLargeTraces(t *testing.T) {
	const record = `{"version":"0.1.0","vcs":{"type":"git","revision":"%s"},"tool":{"name":"cursor"},"files":[{"path":"a.go","conversations":[{"contributor":{"type":"ai"},"ranges":[%s]}]}]}` + "\n"
	r := gittest.New(t)
	base := r.Commit("base", "base", gittest.Write("x", "x\n"))
	r.Git("branch", "main", "base")
	hash := `{"start_line":1,"end_line":2000,"content_hash":"sha256:00"}`
	hashes := strings.Repeat(hash+",", 500) + hash
	r.Commit("main", "add", gittest.Write("a.go", strings.Repeat("a line of code\n", 20_000)),
		gittest.Write(".agent-trace/traces.jsonl", fmt.Sprintf(record, base, hashes)+strings.Repeat(fmt.Sprintf(record, base, `{"start_line":1,"end_line":2}`), 3000)))
	rep := attestRepo(t, r, Limits{Ranges: 2000, HashBytes: 8 << 20})
	if rep.Outcome != finding.NotAssessed || !strings.Contains(codesOf(rep), "limit-evidence") || !strings.Contains(codesOf(rep), "limit-trace") {
		t.Errorf("%v %v", rep.Outcome, rep.Reasons)
	}
	if n := rep.Summary.Lines[AIDeclared]; n != 2 {
		t.Errorf("%d lines, want the two that the records before the limit name", n)
	}
}

// A predicate that anybody wrote, and somebody who is trusted signed, never panics.
func FuzzStatement(f *testing.F) {
	r := gittest.New(f)
	r.Commit("base", "base", gittest.Write("x", "x\n"))
	r.Git("branch", "main", "base")
	r.Commit("main", "add", gittest.Write("a.go", "1\n2\n3\n4\n"))
	ctx := context.Background()
	repo, err := git.Open(ctx, r.Dir)
	if err != nil {
		f.Fatal(err)
	}
	defer repo.Close()
	c, err := change.Read(ctx, repo, oid(f, r.Git("rev-parse", "base")), oid(f, r.Git("rev-parse", "main")), change.DefaultLimits())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(scaiPredicate, []byte(`{"attributes":[{"attribute":"AI_AUTHORED","target":{"name":"a.go"},"conditions":{"lines":"1-2","agent":7}}],"producer":{"name":"x"}}`))
	f.Add(chainloopSessions+"x", []byte(`{"agent":{"name":"claude"},"session":{"id":"1"},"code_changes":{"files":[{"path":"a.go","attribution":"ai","line_ranges":[{"start":1,"end":2}]},{"path":"a.go","attribution":"human"}]}}`))
	f.Fuzz(func(t *testing.T, kind string, predicate []byte) {
		payload, err := json.Marshal(map[string]any{
			"_type": sign.StatementType, "predicateType": kind, "predicate": json.RawMessage(predicate),
			"subject": []any{map[string]any{"digest": map[string]string{"gitCommit": c.Head.String()}}},
		})
		if err != nil {
			return // no JSON
		}
		envelope, err := json.Marshal(map[string]any{"payload": payload, "payloadType": sign.PayloadType, "signatures": []any{}})
		if err != nil {
			t.Fatal(err)
		}
		a := &assessor{Input: Input{Change: c, Differ: opened{repo}, Source: repo, Verifier: credulous{}}, t: known(), r: &Report{}, limits: DefaultLimits(), budget: newBudget(DefaultLimits())}
		a.classify()
		a.statement(ctx, 0, envelope)
		k := &a.r.Commits[0]
		k.settle()
		k.trim()
		for _, e := range k.Evidence {
			shown(t, e.Detail)
			shown(t, e.Session)
		}
		if k.Class.IsAI() && len(k.Agents) == 0 {
			t.Fatalf("%s without an agent", k.Class)
		}
	})
}

// credulous trusts everybody.
type credulous struct{}

func (credulous) VerifyStatement(*sign.Envelope) (sign.TrustedKey, error) {
	return sign.TrustedKey{Name: "anybody"}, nil
}
