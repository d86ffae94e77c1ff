package attestation

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// asGit is a TrailerParser that gives what git said of the commits.
func asGit(cs []change.Commit) TrailerParser {
	by := map[string][]change.Trailer{}
	for _, c := range cs {
		by[string(c.Message)] = c.Trailers
	}
	return func(m []byte) ([]change.Trailer, bool) { return by[string(m)], false }
}

// historyRepo has an agent's commit, one of a person, one of automation, a merge by an
// agent and one newer than the others.
func historyRepo(t testing.TB) []change.Commit {
	r := newRepo(t)
	const dependabot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"
	at := func(mark int, who string, when int, message, from string) string {
		return fmt.Sprintf("commit refs/heads/main\nmark :%d\ncommitter %s %d +0000\ndata %d\n%s\n%s\n", mark, who, when, len(message), message, from)
	}
	r.feed([]byte(
		at(1, ada, 1700000000, "One\n\nCo-authored-by: Claude Opus 4.7 <noreply@anthropic.com>", "")+
			at(2, ada, 1702600000, "=cmd|' /C calc'!A0", "from :1\n")+
			at(3, dependabot, 1705300000, "Bump", "from :1\n")+
			at(4, "Claude <noreply@anthropic.com>", 1705400000, "Merge", "from :2\nmerge :3\n")+
			at(5, ada, 1708000000, "Two\n\nAmp-Thread-ID: T-1\nCo-authored-by: Claude <noreply@anthropic.com>", "from :4\n")), "fast-import", "--quiet", "--force")
	return r.commits("--topo-order", "--reverse", "main")
}

func runHistory(t testing.TB, cs []change.Commit, w Window, out HistoryWriter) *History {
	t.Helper()
	h := NewHistory(asGit(cs), w, out.Entry)
	for i := range cs {
		if err := h.Add(&cs[i].Commit); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(h.Summary()); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHistoryJSON(t *testing.T) {
	cs := historyRepo(t)
	var b bytes.Buffer
	runHistory(t, cs, Window{}, NewHistoryJSON(&b))
	var doc struct {
		Schema  string
		Commits []historyLine
		Summary HistorySummary
	}
	d := json.NewDecoder(&b)
	if err := d.Decode(&doc); err != nil || d.More() {
		t.Fatalf("not one document: %v", err)
	}
	if doc.Schema != HistorySchema || len(doc.Commits) != 5 {
		t.Fatalf("%s with %d commits", doc.Schema, len(doc.Commits))
	}
	for i, c := range doc.Commits {
		if c.SHA != cs[i].ID.String() {
			t.Errorf("commit %d is %s, want %s", i, c.SHA, cs[i].ID)
		}
	}
	got, _ := json.Marshal(doc.Summary)
	const want = `{"commits":5,"merges":1,"ai_commits":3,"ai_permille":600,"classes":{"ai-declared":3,"unknown":2},` +
		`"tools":[{"id":"claude-code","name":"Claude Code","commits":3},{"id":"amp","name":"Amp","commits":1}],` +
		`"models":[{"agent":"claude-code","model":"claude-opus-4.7","commits":1}],` +
		`"automation":[{"id":"dependabot","name":"Dependabot","commits":1}],` +
		`"months":[{"month":"2023-11","commits":1,"all_commits":1,"tools":[{"id":"claude-code","name":"Claude Code","commits":1}]},` +
		`{"month":"2024-01","commits":1,"all_commits":2,"tools":[{"id":"claude-code","name":"Claude Code","commits":1}]},` +
		`{"month":"2024-02","commits":1,"all_commits":1,"tools":[{"id":"amp","name":"Amp","commits":1},{"id":"claude-code","name":"Claude Code","commits":1}]}],"cut":0}`
	if string(got) != want {
		t.Errorf("summary\n%s\nwant\n%s", got, want)
	}
	// No commit at all is a document too.
	b.Reset()
	runHistory(t, nil, Window{}, NewHistoryJSON(&b))
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil || doc.Summary.AIPermille != nil {
		t.Errorf("empty history: %v\n%s", err, b.String())
	}
}

func TestHistoryCSV(t *testing.T) {
	cs := historyRepo(t)
	var b bytes.Buffer
	runHistory(t, cs, Window{}, NewHistoryCSV(&b))
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 5 { // the header, three commits of agents, one of automation
		t.Fatalf("%d rows: %v", len(rows), err)
	}
	if got := strings.Join(rows[1][1:], "|"); got != "2023-11|false|ai-declared|claude-code|claude-opus-4.7||D|trailer|Co-authored-by: Claude Opus 4.7 <noreply@anthropic.com>|Ada Lovelace <ada@example.com>" {
		t.Errorf("row %s", got)
	}
	if cell("=1+1") != "'=1+1" || cell("@x") != "'@x" || cell("") != "" || cell("a=1") != "a=1" {
		t.Error("a spreadsheet would take a cell for a formula")
	}
}

func TestHistoryText(t *testing.T) {
	var b bytes.Buffer
	runHistory(t, historyRepo(t), Window{}, NewHistoryText(&b))
	_, got, _ := strings.Cut(b.String(), "\n\n")
	const want = `5 commits, 1 merge among them
  ai-declared  3  60.0%
  unknown      2  40.0%
agents
  Claude Code  3  60.0%
  Amp          1  20.0%
automation
  Dependabot  1  20.0%
months with commits by agents
  2023-11  1  100.0%
  2024-01  1  50.0%
  2024-02  1  100.0%
`
	if got != want {
		t.Errorf("got\n%s", b.String())
	}
}

// Counts for .ai-attestation.yaml leave merges out and keep to the window, and a file
// written from them agrees with them.
func TestHistoryFacts(t *testing.T) {
	cs := historyRepo(t)
	h := runHistory(t, cs, Window{}, NewHistoryText(new(bytes.Buffer)))
	f := h.Facts(claim.Repo{Owner: "o", Name: "n"}, "2026-11-23T00:00:00Z", "")
	if f.Commits != 4 || f.Assisted != 2 || f.After != 0 || len(f.Tools) != 2 || f.Tools[1].Commits != 2 || f.Tools[1].First != "2023-11-14" || f.From != "2023-11-14T22:13:20Z" {
		t.Errorf("%+v", f)
	}
	file, err := claim.Write(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := claim.Parse(file)
	from, to, ok := doc.Window()
	if !ok || from != 1700000000 || to != 1708000000 {
		t.Errorf("window %d %d", from, to)
	}
	// A history that goes on: the window keeps what the file speaks of, and newer commits
	// by agents are told.
	more := append(cs, commitOf(9, person, nil), commitOf(10, git.Signature{Name: "Claude", Email: "noreply@anthropic.com"}, nil))
	for i := range more[5:] {
		more[5+i].Committer.When = 1_800_000_000
		more[5+i].Parents = nil
	}
	h = runHistory(t, more, Window{From: from, To: to}, NewHistoryText(new(bytes.Buffer)))
	f = h.Facts(claim.Repo{}, "", "")
	r, fs := claim.Check(file, f)
	if f.Commits != 4 || f.After != 1 || r.Outcome != finding.Satisfied || len(fs) != 1 || fs[0].Rule != claim.RuleStale {
		t.Errorf("%+v %v %v", f, r.Outcome, fs)
	}
	// A window that begins after all of it hides nothing.
	h = runHistory(t, cs, Window{From: 1_900_000_000, To: 2_000_000_000}, NewHistoryText(new(bytes.Buffer)))
	if f := h.Facts(claim.Repo{}, "", ""); f.Commits != 0 || f.Before != 2 || f.After != 0 {
		t.Errorf("%+v", f)
	}
	if f := h.Facts(claim.Repo{}, "", "shallow"); f.Cut != "shallow" {
		t.Errorf("a cut history passes for a whole one: %+v", f)
	}
}

func TestHistoryEnds(t *testing.T) {
	stop := errors.New("pipe closed")
	h := NewHistory(asGit(nil), Window{}, func(*HistoryEntry) error { return stop })
	if err := h.Add(&git.Commit{ID: id(1)}); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	more := func([]byte) ([]change.Trailer, bool) { return nil, true }
	h = NewHistory(more, Window{}, func(*HistoryEntry) error { return nil })
	h.Add(&git.Commit{ID: id(1)})
	if h.Summary().Cut != 1 || h.Facts(claim.Repo{}, "", "").Cut == "" {
		t.Errorf("a message that was not read whole is not told: %+v", h.Summary())
	}
}

// Memory does not grow with history, nor with what strangers write into it.
func TestHistoryMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("counts the heap")
	}
	var b countingWriter
	out := NewHistoryText(&b)
	h := NewHistory(func([]byte) ([]change.Trailer, bool) { return byClaude, false }, Window{}, out.Entry)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range 100_000 {
		c := git.Commit{ID: id(i % 200), Author: person, Message: []byte("x"), Committer: git.Signature{Name: fmt.Sprint(i), Email: fmt.Sprint(i), When: int64(i) << 30}}
		if err := h.Add(&c); err != nil {
			t.Fatal(err)
		}
	}
	if grown := int64(heap()) - int64(before); grown > 2<<20 {
		t.Errorf("100,000 commits left %d bytes behind", grown)
	}
	out.Close(h.Summary())
	if b == 0 {
		t.Error("nothing was written")
	}
}

type countingWriter int

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(len(p))
	return len(p), nil
}
