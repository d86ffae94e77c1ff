package hooks

import (
	"archive/zip"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/review"
	"custody/internal/sign"
)

var update = flag.Bool("update", false, "rewrite the expected answers")

const policy = "version: 1\nrules:\n  - {id: must-hold, kind: requirements}\n"

const requirements = `version: "2.0"
controls:
  - {id: NO-EVAL, name: No eval, requirement: Nothing is evaluated, verification: "! grep -rn 'eval(' --include='*.py'"}
`

// judged is a scene with a policy on main, and a hook that keeps packs.
func judged(t testing.TB, floor string) (*scene, *Hook, string) {
	s := newScene(t, "sha1")
	main := s.Commit("main", "base", gittest.Write(".custody.yaml", policy), gittest.Write("security_requirements.yaml", requirements), gittest.Write("a.py", "x = 1\n"))
	h := s.hook(floor)
	h.Signer = newKey(t)
	var err error
	if h.Packs, err = OpenFolder(filepath.Join(t.TempDir(), "custody"), time.Now); err != nil {
		t.Fatal(err)
	}
	return s, h, main
}

func newKey(t testing.TB) *sign.Key {
	key, err := sign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func said(t testing.TB, a *Answer) string {
	var b strings.Builder
	if err := a.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// slow is a repository that answers one question never, or with a panic.
type slow struct {
	*git.Repository
	do func()
}

func (r slow) Commits(ctx context.Context, base, head git.OID, max int) ([]*git.Commit, bool, error) {
	r.do()
	return r.Repository.Commits(ctx, base, head, max)
}

// Whether or not anything listens, the answer is there at the deadline: incomplete, and
// without a pack.
func TestDeadline(t *testing.T) {
	s, h, main := judged(t, "")
	head := s.pushed("next", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	stuck := make(chan struct{})
	defer close(stuck)
	h.Repository = slow{s.repo, func() { <-stuck }}
	h.Deadline = 50 * time.Millisecond
	updates := []Update{s.update("refs/heads/main", main, head), s.update("refs/heads/gone", main, s.none)}
	a := h.Judge(context.Background(), updates, Said{})
	if a.Accepted || a.Err != nil || a.Results[0].Code != CodeDeadline || a.Results[0].Decision != review.Incomplete || a.Results[0].Verdict != nil {
		t.Errorf("%+v", a)
	}
	if packs, _ := os.ReadDir(h.Packs.Path("packs")); len(packs) != 0 {
		t.Errorf("%d packs", len(packs))
	}
	if text := said(t, a); !strings.Contains(text, "The review did not end in time") {
		t.Error(text)
	}
	h.Mode = config.Report
	if a = h.Judge(context.Background(), updates, Said{}); !a.Accepted || !strings.Contains(said(t, a), "accepted (mode report), would be refused: refs/heads/main") {
		t.Errorf("report: %+v\n%s", a, said(t, a))
	}

	// To be told to stop is no acceptance either. (What was stuck before still reads its hook.)
	another := *h
	h = &another
	h.Mode, h.Deadline = "", 0
	ctx, cancel := context.WithCancel(context.Background())
	h.Repository = slow{s.repo, func() { cancel(); <-stuck }}
	if a = h.Judge(ctx, updates, Said{}); a.Accepted || a.Err == nil {
		t.Errorf("stopped: %+v", a)
	}
}

// The review may end because of the deadline before anybody sees the deadline: then it
// ends without a step, and to have heard of no refusal is no acceptance.
func TestStepsThatEndWithTheDeadline(t *testing.T) {
	s, _, main := judged(t, "")
	updates := []Update{s.update("refs/heads/main", main, main)}
	for cause, fails := range map[error]bool{errDeadline: false, context.Canceled: true} {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(cause)
		for range 100 { // which of the two select takes is chance
			steps := make(chan step)
			close(steps)
			results, err := collect(ctx, updates, steps)
			if (err != nil) != fails || !fails && (len(results) != 1 || !results[0].Refused) {
				t.Fatalf("%v: %+v, %v", cause, results, err)
			}
		}
	}
}

func TestPanicIsNoAcceptance(t *testing.T) {
	s, h, main := judged(t, "")
	head := s.pushed("next", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	h.Repository = slow{s.repo, func() { panic("boom") }}
	a := h.Judge(context.Background(), []Update{s.update("refs/heads/main", main, head)}, Said{})
	if a.Accepted || a.Err == nil || !strings.Contains(said(t, a), "this is a bug of custody, please report it: boom") {
		t.Errorf("%+v\n%s", a, said(t, a))
	}
	h.Mode = config.Report
	if a = h.Judge(context.Background(), []Update{s.update("refs/heads/main", main, head)}, Said{}); !a.Accepted || !strings.Contains(said(t, a), "nothing was judged, and everything is accepted: the mode is report") {
		t.Errorf("report: %+v\n%s", a, said(t, a))
	}
}

// Whatever is in the way of a verdict or its pack is no acceptance.
func TestNothingKeptIsNoAcceptance(t *testing.T) {
	s, h, main := judged(t, "")
	head := s.pushed("next", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	updates := []Update{s.update("refs/heads/main", main, head)}
	if a := h.Judge(context.Background(), updates, Said{}); !a.Accepted {
		t.Fatalf("%+v\n%s", a, said(t, a))
	}
	full := h.Packs.Path("packs")
	os.RemoveAll(full)
	if a := h.Judge(context.Background(), updates, Said{}); a.Accepted || a.Err == nil {
		t.Errorf("without a folder for packs: %+v", a)
	}
	os.Mkdir(full, 0o700)
	h.Signer = failing{newKey(t)}
	if a := h.Judge(context.Background(), updates, Said{}); a.Accepted || a.Err == nil {
		t.Errorf("without a signature: %+v", a)
	}
	h.Signer = newKey(t)
	for name, floor := range map[string]string{"nonsense": "rules: [", "an unknown key": "version: 1\nallow: all\n", "nothing": ""} {
		h.Floor = &File{"floor.yaml", []byte(floor)}
		if a := h.Judge(context.Background(), updates, Said{}); a.Accepted || a.Err == nil || a.Mode != config.Enforce {
			t.Errorf("a floor of %s: %+v", name, a)
		}
	}
	h.Floor = nil
	bad := s.pushed("policy", gittest.From(head), gittest.Write(".custody.yaml", "version: 1\nallow: all\n"))
	more := s.pushed("more", gittest.From(bad), gittest.Write("a.py", "x = 3\n"))
	a := h.Judge(context.Background(), []Update{s.update("refs/heads/main", bad, more)}, Said{})
	if a.Accepted || a.Results[0].Code != CodeError || !strings.Contains(said(t, a), "the policy at base: .custody.yaml:2:1") {
		t.Errorf("a malformed policy at base: %+v\n%s", a, said(t, a))
	}
}

type failing struct{ *sign.Key }

func (failing) Sign(context.Context, []byte) ([]byte, error) {
	return nil, errors.New("the token is gone")
}

// A server that merges itself asked people before: what only they can answer may be
// missing then, and nothing else.
func TestTrustedMergePath(t *testing.T) {
	const floor = "protected_refs: [refs/heads/main]\ntrusted_merge_paths: [merge button]\nrules:\n  - {id: seen, kind: approvals, approvals: {humans: 1}}\n"
	s, h, main := judged(t, floor)
	good := s.pushed("good", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	bad := s.pushed("bad", gittest.From(main), gittest.Write("a.py", "eval(1)\n"))
	unread := s.pushed("unread", gittest.From(main), gittest.Write("a.py", strings.Repeat("x = 1\n", 1<<20)))
	for _, c := range []struct {
		name, via, head string
		want            bool
	}{
		{"pushed", "", good, false},
		{"merged", "merge button", good, true},
		{"merged on another path", "api", good, false},
		{"merged, and bad", "merge button", bad, false},
		{"merged, and not assessed", "merge button", unread, false},
	} {
		h.Server = Server{Name: "x", Via: c.via, Pusher: Pusher{Name: "ada", ID: "1"}}
		a := h.Judge(context.Background(), []Update{s.update("refs/heads/main", main, c.head)}, Said{})
		if a.Accepted != c.want || a.Results[0].Merged != c.want || a.Results[0].Decision == review.Pass {
			t.Errorf("%s: %+v\n%s", c.name, a, said(t, a))
		}
		if c.want && !strings.Contains(said(t, a), "merged on a trusted path, although: Not assessed: ") {
			t.Error(said(t, a))
		}
	}

	// What others' checks and scanners said is in no context either, and is about no people.
	for name, rule := range map[string]string{
		"checks":  "{id: ci, kind: check-runs, check_runs: [{name: build, app: ci}]}",
		"reasons": "{id: why, kind: reason, reason: {pattern: 'ABC-[0-9]+', in: [tickets]}}",
	} {
		s, h, main := judged(t, floor+"  - "+rule+"\n")
		good := s.pushed("good", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
		h.Server = Server{Name: "x", Via: "merge button", Pusher: Pusher{Name: "ada", ID: "1"}}
		a := h.Judge(context.Background(), []Update{s.update("refs/heads/main", main, good)}, Said{})
		if a.Accepted || a.Err != nil || a.Results[0].Decision != review.Incomplete {
			t.Errorf("%s: %+v\n%s", name, a, said(t, a))
		}
	}
}

// What a pusher says is in the pack, and grants nothing.
func TestClaims(t *testing.T) {
	s, h, main := judged(t, "")
	bad := s.pushed("bad", gittest.From(main), gittest.Write("a.py", "eval(1)\n"))
	claims := ReadOptions([]string{"custody.ticket=ABC-1", "custody.waiver=NO-EVAL: \x1b[31mjust this once", "other=1", "custody.mode=report", "custody.context=../../etc/passwd", "custody.reason="})
	if len(claims.Claims) != 2 || claims.Context != "" || len(claims.Remarks) != 3 {
		t.Fatalf("%+v", claims)
	}
	a := h.Judge(context.Background(), []Update{s.update("refs/heads/main", main, bad)}, claims)
	if a.Accepted || a.Results[0].Decision != review.Fail {
		t.Fatalf("%+v", a)
	}
	var doc struct {
		Inputs struct {
			Claims []change.Claim `json:"claims"`
		} `json:"inputs"`
	}
	if err := json.Unmarshal(member(t, a.Results[0].Kept.Path, "pack.json"), &doc); err != nil {
		t.Fatal(err)
	}
	want := []change.Claim{{What: "ticket", Text: "ABC-1"}, {What: "waiver", Text: "NO-EVAL: ?[31mjust this once"}}
	if fmt.Sprint(doc.Inputs.Claims) != fmt.Sprint(want) {
		t.Errorf("%v", doc.Inputs.Claims)
	}
	if page := string(member(t, a.Results[0].Kept.Path, "index.html")); !strings.Contains(page, "not verified: waiver") || !strings.Contains(page, "just this once") {
		t.Error("the page does not show the claims")
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = "custody.ticket=" + strings.Repeat("x", 1000)
	}
	if got := ReadOptions(many); len(got.Claims) != maxClaims || len(got.Claims[0].Text) > 200 || len(got.Remarks) > 3 {
		t.Errorf("%d claims", len(got.Claims))
	}
}

func member(t testing.TB, pack, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(pack)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	buf := make([]byte, 1<<16)
	for {
		n, err := f.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			return []byte(b.String())
		}
	}
}

// A context counts when it is signed for this head, wherever it was found.
func TestContextOfHead(t *testing.T) {
	s, h, main := judged(t, "rules:\n  - {id: seen, kind: approvals, approvals: {humans: 1}}\n")
	head := s.pushed("good", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	updates := []Update{s.update("refs/heads/main", main, head)}
	ada := `{"login": "ada", "id": "1", "type": "User"}`
	doc := fmt.Sprintf(`{"schema": "custody/context/v1", "change": {"head": %q, "author": %s, "pushers": [%s]},
		"commits": [{"sha": %q, "verified": true, "author": %s, "committer": %s}],
		"reviews": [{"reviewer": {"login": "ben", "id": "2", "type": "User"}, "state": "approved", "commit": %q, "at": "2026-11-22T10:00:00Z", "permission": "write"}]}`, head, ada, ada, head, ada, ada, head)
	key := newKey(t)
	canonical, err := sign.Canonicalize([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	record, err := sign.SignRecord(context.Background(), canonical, sign.ContextRecord, key)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	h.Contexts = ContextFolder(folder)
	h.Keys = &File{"trusted_keys", []byte(sign.TrustedKey{Key: key.Public(), Name: "review", Purposes: sign.ForContext}.String() + "\n")}
	try := func(what string, want bool, said Said) {
		t.Helper()
		if a := h.Judge(context.Background(), updates, said); a.Accepted != want {
			t.Errorf("%s: accepted is %v\n%+v", what, a.Accepted, a.Results[0].Verdict.Reasons)
		}
	}
	try("none", false, Said{})
	os.WriteFile(filepath.Join(folder, head+".json"), []byte(doc), 0o600)
	try("unsigned", false, Said{})
	os.WriteFile(filepath.Join(folder, head+".json"), record, 0o600)
	try("signed", true, Said{})
	try("signed, and another one named that is not there", true, Said{Context: "other"})
	os.Rename(filepath.Join(folder, head+".json"), filepath.Join(folder, head+".review.json"))
	try("under a name that nobody asked for", false, Said{})
	try("under the name that was asked for", true, Said{Context: "review"})
	h.Keys = nil
	try("by a key that is not trusted", false, Said{Context: "review"})
	h.Context = &File{"context.json", []byte(doc)}
	try("the operator vouches", true, Said{})
}

// The answers as a pusher reads them.
func TestAnswers(t *testing.T) {
	s, h, main := judged(t, "")
	h.Packs = nil
	ids := regexp.MustCompile(`[0-9a-f]{12,64}`)
	many := []gittest.Edit{gittest.From(main)}
	for i := range 100 {
		many = append(many, gittest.Write(fmt.Sprintf("src/m%03d.py", i), fmt.Sprintf("eval(%d)\n", i)))
	}
	good := s.pushed("good", gittest.From(main), gittest.Write("a.py", "x = 2\n"))
	evil := s.pushed("evil \x1b[2J", gittest.From(main), gittest.By("\x1b]0;x\x07 <a@b>"), gittest.Write("a\n\x1b[31m\u202e.py", "eval(1)\n"))
	hundred := s.pushed("many", many...)
	new := func(ref, head string) Update { return s.update(ref, s.none, head) }
	var crowd []Update
	for i := range 50 {
		crowd = append(crowd, new(fmt.Sprintf("refs/heads/b%02d", i), good))
	}
	for i := range 30 {
		crowd = append(crowd, s.update(fmt.Sprintf("refs/heads/main/%02d", i), main, s.none))
	}
	files := []txtar.File{}
	for _, c := range []struct {
		name    string
		mode    config.Mode
		server  Server
		updates []Update
	}{
		{"accepted", "", Server{}, []Update{s.update("refs/heads/main", main, good)}},
		{"refused", "", Server{}, []Update{s.update("refs/heads/main", main, hundred)}},
		{"hostile", "", Server{}, []Update{s.update("refs/heads/main", main, evil), new("refs/heads/\x9b31m\u202e", evil)}},
		{"report", config.Report, Server{}, []Update{s.update("refs/heads/main", main, hundred), new("refs/heads/x", good)}},
		{"gitlab", "", Server{Name: "gitlab", Prefix: "GL-HOOK-ERR: "}, []Update{s.update("refs/heads/main", main, s.none)}},
		{"crowd", "", Server{}, append(crowd, new("refs/heads/y", hundred), new("refs/heads/z", hundred), new("refs/heads/zz", hundred))},
	} {
		h.Mode, h.Server = c.mode, c.server
		text := said(t, h.Judge(context.Background(), c.updates, Said{}))
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) > 24 {
			t.Errorf("%s: %d lines are more than a screen", c.name, len(lines))
		}
		for _, l := range lines {
			if strings.ContainsFunc(l, func(r rune) bool {
				return r < ' ' || r == 0x7f || r == 0x202e || r >= 0x80 && r < 0xa0 || r == '\uFFFD'
			}) || len(l) > 220 || !strings.HasPrefix(l, c.server.Prefix) {
				t.Errorf("%s: %q", c.name, l)
			}
		}
		files = append(files, txtar.File{Name: c.name, Data: []byte(ids.ReplaceAllString(text, "ID"))})
	}
	got := txtar.Format(&txtar.Archive{Comment: []byte("What pushers read. Rewrite with: go test ./hooks -run TestAnswers -update\n\n"), Files: files})
	golden := filepath.Join("testdata", "answers.txtar")
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("the answers are not those of %s:\n%s", golden, got)
	}
}

// What could judge nothing any more does not land: nobody could push its repair.
func TestNoJudgeIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		floor string
		edits []gittest.Edit
		want  string
	}{
		"a policy":                {"", []gittest.Edit{gittest.Write(".custody.yaml", "version: [\n")}, "the policy"},
		"requirements":            {"", []gittest.Edit{gittest.Write("security_requirements.yaml", "x: [\n")}, "the requirements"},
		"a link":                  {"", []gittest.Edit{gittest.Symlink(".custody.yaml", "a.py")}, "not a regular file"},
		"a branch not protected":  {"protected_refs: [refs/heads/release]\n", []gittest.Edit{gittest.Write(".custody.yaml", "version: [\n")}, "the policy"},
		"one that can be read":    {"", []gittest.Edit{gittest.Write(".custody.yaml", policy+"# more\n")}, ""},
		"on a side branch, alone": {"", []gittest.Edit{gittest.Write(".custody.yaml", "version: [\n")}, ""},
	} {
		s, h, main := judged(t, c.floor)
		head := s.pushed("next", append([]gittest.Edit{gittest.From(main)}, c.edits...)...)
		u := s.update("refs/heads/main", main, head)
		if strings.HasPrefix(name, "on a side") {
			u = s.update("refs/heads/side", s.none, head)
		}
		a := h.Judge(context.Background(), []Update{u}, Said{})
		if text := said(t, a); a.Err != nil || a.Accepted != (c.want == "") || c.want != "" && (a.Results[0].Code != CodeJudge || !strings.Contains(text, c.want)) {
			t.Errorf("%s: %+v\n%s", name, a, text)
		}
	}
}

// A protected branch with a history of its own is judged whole, by the floor and by the
// policy of the default branch: else to begin anew would be the way around it.
func TestProtectedOrphan(t *testing.T) {
	s, h, _ := judged(t, "protected_refs: [refs/heads/main, 'refs/heads/release/*']\nauthorship: {unknown: ai}\nrules:\n  - {id: weak, kind: authorship-limit, classes: [conflict], max_permille: 1000}\n")
	for file, want := range map[string]bool{"eval(1)\n": false, "x = 1\n": true} {
		head := s.pushed("anew", gittest.Orphan(), gittest.Write("a.py", file))
		a := h.Judge(context.Background(), []Update{s.update("refs/heads/release/1", s.none, head)}, Said{})
		if a.Accepted != want || a.Err != nil || a.Results[0].Verdict == nil {
			t.Errorf("%q: %+v\n%s", file, a, said(t, a))
		}
	}
}
