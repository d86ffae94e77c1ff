//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"custody/internal/git/gittest"
	"custody/internal/pack/verify"
)

// Golden packs: a small one for each kind of change, stage and answer. Those of this
// version stand in the folder "next" of goldenPacks, in which a difference is a question
// to whoever changed something; a release freezes them in a folder of its own
// (CUSTODY_FREEZE=VERSION), which every later version must read and be able to replay.
// That is why a case here is never changed: another one is added.
const goldenPacks = "../../internal/pack/testdata/golden"

var updatePacks = flag.Bool("update", false, "rewrite the golden packs of this version")

// A goldenCase is a change in a repository, and how it is judged.
type goldenCase struct {
	name  string
	make  func(r *gittest.Repo) // branches main and head
	args  []string              // of audit, besides the range
	given string                // the context: HEAD in it is the head's id
	exit  int

	format gittest.Option // of the repository; nil: as usual
	ref    string         // that a hook is asked about; empty: audit is asked
	floor  string         // the organisation's policy; empty: none
}

const goldenPolicy = `version: 1
authorship: {unknown: human}
emergency: {permission: maintain, review_within_days: 2}
rules:
  - {id: approved, kind: approvals, approvals: {humans: 1}, emergency: defer, maps: [{framework: soc2-2017, id: CC8.1}]}
  - {id: agents, kind: approvals, when: {authorship: [ai-verified, ai-declared]}, approvals: {humans: 2}, at: [merge]}
  - {id: security, kind: requirements, waivable: true, at: [push, merge, record]}
  - {id: who-judges, kind: judge, approvals: {humans: 1, permission: maintain}}
  - {id: look, kind: checks, checks: [hidden-unicode, secrets, workflows], at: [push, merge, record]}
waivers:
  - {id: W-1, covers: NO-OS, paths: ["old/**"], owner: ada, approver: cy, reason: it goes in spring, last_day: 2026-12-31}
`

const goldenRequirements = `version: "2.0"
controls:
  - {id: NO-OS, name: No os, requirement: Nothing is started by os.system, verification: "! grep -rn 'os.system' --include='*.py'"}
`

// people is a context in which ben, who wrote nothing, approved the head.
const people = `{"schema":"custody/context/v1","repository":{"host":"git.example.com","owner":"o","name":"r"},
"change":{"kind":"KIND","number":7,"title":"Golden","author":{"login":"ada","id":"1","type":"User"},"pushers":[{"login":"ada","id":"1","type":"User","from":"forge"}]EXTRA},
"commits":[{"sha":"HEAD","verified":true,"author":{"login":"ada","id":"1","type":"User"}}],
"reviews":[{"reviewer":{"login":"ben","id":"2","type":"User"},"state":"approved","commit":"HEAD","at":"2026-11-20T10:00:00Z","permission":"write"}]}`

func peopleOf(kind, extra string) string {
	return strings.NewReplacer("KIND", kind, "EXTRA", extra).Replace(people)
}

// goldenBase is what most cases start from, with something of every kind to be changed.
func goldenBase(r *gittest.Repo) {
	r.Commit("main", "base", gittest.Write(".custody.yaml", goldenPolicy), gittest.Write("security_requirements.yaml", goldenRequirements),
		gittest.Write("go.mod", "module example.com/shop\n\ngo 1.26\n"),
		gittest.Write("cart/cart.go", "package cart\n\n// Sum adds up.\nfunc Sum(a, b int) int { return a + b }\n"),
		gittest.Write("main.go", "package main\n\nimport \"example.com/shop/cart\"\n\nfunc main() { println(cart.Sum(1, 2)) }\n"),
		gittest.Write("src/a.py", "from src import b\n"), gittest.Write("src/b.py", "X = 1\n"), gittest.Write("old/c.py", "from src import a\n"),
		gittest.Write("pic.png", "\x89PNG\x00\x01"), gittest.Symlink("latest", "src"))
}

func after(message string, edits ...gittest.Edit) func(*gittest.Repo) {
	return func(r *gittest.Repo) {
		goldenBase(r)
		r.Commit("head", message, append([]gittest.Edit{gittest.From("main")}, edits...)...)
	}
}

const declared = `,"emergency":{"by":{"login":"kim","id":"3","type":"User"},"permission":"maintain","at":"2026-11-22T20:00:00Z","via":"label emergency","reason":"checkout is down"}`

var goldenCases = []goldenCase{
	{name: "add", make: after("Add a discount", gittest.Write("cart/discount.go", "package cart\n\n// Half is half.\nfunc Half(a int) int { return Sum(a, 0) / 2 }\n")), given: peopleOf("pull_request", "")},
	{name: "modify", make: after("Sum three", gittest.Write("cart/cart.go", "package cart\n\n// Sum adds up.\nfunc Sum(a, b, c int) int { return a + b + c }\n")), given: peopleOf("pull_request", "")},
	{name: "delete", make: after("Drop the old page", gittest.Delete("old/c.py")), given: peopleOf("pull_request", "")},
	{name: "rename", make: after("Move", gittest.Move("src/b.py", "src/base.py")), given: peopleOf("pull_request", "")},
	{name: "binary", make: after("Another picture", gittest.Write("pic.png", "\x89PNG\x00\x02")), given: peopleOf("pull_request", "")},
	{name: "submodule", make: func(r *gittest.Repo) {
		goldenBase(r)
		r.Commit("main", "lib", gittest.Gitlink("lib", strings.Repeat("1", 40)))
		r.Commit("head", "Newer lib", gittest.From("main"), gittest.Gitlink("lib", strings.Repeat("2", 40)))
	}, given: peopleOf("pull_request", ""), exit: exitIncomplete}, // what is in it can not be searched
	{name: "symlink", make: after("Point at old", gittest.Symlink("latest", "old")), given: peopleOf("pull_request", "")},
	{name: "names", make: after("Names <b>of</b> @all #1", gittest.Write("caf\xe9\n<script>.txt", "x\n"), gittest.Write("=1+1.csv", "a\n")), given: peopleOf("pull_request", "")},
	{name: "merge-commit", make: func(r *gittest.Repo) {
		goldenBase(r)
		r.Commit("side", "side", gittest.From("main"), gittest.Write("src/b.py", "X = 2\n"))
		r.Commit("head", "own", gittest.From("main"), gittest.Write("src/d.py", "from src import b\n"))
		r.Commit("head", "Merge side", gittest.Merge("side"), gittest.Write("src/b.py", "X = 2\n"))
	}, given: peopleOf("pull_request", "")},
	{name: "merge-group", make: after("Group", gittest.Write("src/b.py", "X = 3\n")), given: peopleOf("merge_group", "")},
	{name: "push", make: after("Work in progress", gittest.Write("src/b.py", "X = 4\n")), args: []string{"--stage", "push"}},
	{name: "record", make: after("It landed", gittest.Write("src/b.py", "X = 5\n")), args: []string{"--stage", "record"},
		given: strings.Replace(peopleOf("pull_request", ""), `"reviews"`, `"merge":{"sha":"HEAD","by":{"login":"ben","id":"2","type":"User"},"at":"2026-11-21T10:00:00Z","method":"merge"},"reviews"`, 1)},
	{name: "fail", make: after("Start something\n\nIt has a key and a command.", gittest.Write("src/b.py", "import os\nos.system('x')\nKEY = 'AKIAZ3MGN5TRQ7WLP2XV'\n"), gittest.Write("src/\u202ea.py", "a = '\u202e'\n")), given: peopleOf("pull_request", ""), exit: exitFail},
	{name: "incomplete", make: after("Nobody said who approved", gittest.Write("src/b.py", "X = 6\n")), exit: exitIncomplete},
	{name: "no-policy", make: func(r *gittest.Repo) {
		r.Commit("main", "base", gittest.Write("a.txt", "a\n"))
		r.Commit("head", "b", gittest.From("main"), gittest.Write("a.txt", "b\n"))
	}, exit: exitIncomplete},
	{name: "judge-edited", make: after("Loosen", gittest.Write(".custody.yaml", "version: 1\n")), given: peopleOf("pull_request", ""), exit: exitFail},
	{name: "emergency", make: after("Repair checkout", gittest.Write("cart/cart.go", "package cart\n\n// Sum adds up.\nfunc Sum(a, b int) int { return b + a }\n")),
		given: strings.Replace(peopleOf("pull_request", declared), `"approved","commit"`, `"commented","commit"`, 1)},
	{name: "waiver", make: after("Touch what is waived", gittest.Write("old/c.py", "import os\nos.system('y')\n")), given: peopleOf("pull_request", "")},
	{name: "agent-written", make: after("Reckon anew\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n", gittest.Write("src/b.py", "X = 7\nY = 8\n")), given: peopleOf("pull_request", ""), exit: exitFail},
	{name: "sha256", format: gittest.SHA256(), make: after("Sum three", gittest.Move("src/b.py", "src/base.py"), gittest.Write("cart/cart.go", "package cart\n\n// Sum adds up.\nfunc Sum(a, b, c int) int { return a + b + c }\n")), given: peopleOf("pull_request", "")},
	{name: "hook", ref: "refs/heads/main", make: func(r *gittest.Repo) {
		goldenBase(r)
		r.Commit("main", "Ask for less", gittest.Write(".custody.yaml", goldenFloor))
		r.Commit("head", "Pushed", gittest.From("main"), gittest.Write("src/b.py", "X = 8\n"))
		forKey(r)
	}},
	{name: "hook-refuses", ref: "refs/heads/main", make: func(r *gittest.Repo) {
		after("Pushed", gittest.Write("src/b.py", "import os\nos.system('x')\n"))(r)
		forKey(r)
	}, exit: exitFail},
	{name: "from-nothing", ref: "refs/heads/main", floor: goldenFloor, make: func(r *gittest.Repo) {
		r.Commit("head", "first", gittest.Write("main.go", "package main\n\nfunc main() {}\n"), gittest.Write("src/a.py", "from src import b\n"), gittest.Write("src/b.py", "X = 1\n"), gittest.Write("pic.png", "\x89PNG\x00\x01"))
		r.Commit("head", "second", gittest.Move("src/b.py", "src/base.py"), gittest.Write("src/a.py", "from src import base\n"))
		forKey(r)
	}},
}

// forKey adds two commits that have nothing to do with the case: whoever reviews them first
// makes the key.
func forKey(r *gittest.Repo) {
	r.Commit("key", "one", gittest.Orphan(), gittest.Write("key", "1\n"))
	r.Commit("key", "two", gittest.Write("key", "2\n"))
}

// goldenFloor judges where no policy stands at base.
const goldenFloor = `version: 1
authorship: {unknown: human}
rules:
  - {id: look, kind: checks, checks: [hidden-unicode, secrets, workflows], at: [push, merge, record]}
`

func (c goldenCase) repository(t *testing.T) *gittest.Repo {
	var options []gittest.Option
	if c.format != nil {
		options = append(options, c.format)
	}
	r := gittest.New(t, options...)
	c.make(r)
	return r
}

// floorArgs are those of audit and hook that name the floor.
func (c goldenCase) floorArgs(w *workbench) []string {
	if c.floor == "" {
		return nil
	}
	w.write("floor.yaml", c.floor)
	return []string{"--floor", filepath.Join(w.dir, "floor.yaml")}
}

// audit runs the case and gives the pack's file.
func (c goldenCase) audit(t *testing.T, w *workbench) string {
	t.Helper()
	if c.ref != "" {
		return c.push(t, w)
	}
	file := filepath.Join(w.dir, c.name+".zip")
	args := append([]string{"audit", "--base", "main", "--head", "head", "--on", "2026-11-23", "-o", file}, c.args...)
	if c.given != "" {
		w.write("context.json", strings.ReplaceAll(c.given, "HEAD", w.repo.ID("head")))
		args = append(args, "--context", filepath.Join(w.dir, "context.json"))
	}
	if code, out := w.custody(args...); code != c.exit {
		t.Errorf("exit code %d, want %d\n%s", code, c.exit, out)
	}
	return file
}

// push asks the hook of a server about the case's ref, and gives the file of the pack that
// it leaves there.
func (c goldenCase) push(t *testing.T, w *workbench) string {
	t.Helper()
	r := w.repo
	if code, out := w.custody("audit", "--base", r.ID("key~1"), "--head", r.ID("key"), "-o", filepath.Join(w.dir, "key.zip")); code != exitIncomplete {
		t.Fatalf("making the key: exit code %d\n%s", code, out)
	}
	head := r.ID("head")
	old, err := r.Try("rev-parse", "--verify", "--quiet", c.ref)
	if old = strings.TrimSpace(old); err != nil {
		old = strings.Repeat("0", len(head)) // the ref is new
	}
	args := append([]string{"hook", "update", "--key", filepath.Join(w.dir, ".config/custody/signing.pem")}, c.floorArgs(w)...)
	if code, out := w.custody(append(args, c.ref, old, head)...); code != c.exit {
		t.Errorf("exit code %d, want %d\n%s", code, c.exit, out)
	}
	packs, err := filepath.Glob(filepath.Join(r.Dir, "custody/packs/*.zip"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("the hook left the packs %q, %v", packs, err)
	}
	return packs[0]
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldenPacks: what a review of the same change gives is what it gave, byte for byte. Where
// versions of extractors alone differ its pages are not compared, and its replay still is.
func TestGoldenPacks(t *testing.T) {
	for _, c := range goldenCases {
		t.Run(c.name, func(t *testing.T) {
			w := &workbench{t: t, dir: t.TempDir(), repo: c.repository(t)}
			got := read(t, c.audit(t, w))
			golden := filepath.Join(goldenPacks, "next", c.name+".zip")
			if *updatePacks {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want := read(t, golden)
			switch difference := firstDifference(t, want, got); {
			case bytes.Equal(got, want):
			case strings.HasPrefix(difference, onlyVersions):
				t.Logf("the golden pack is of other versions: 'make docs' brings it up to date; %s", difference)
			default:
				t.Errorf("the pack is not as it was: %s.\nIf it is meant to be, run 'make docs', and look at git diff --text", difference)
			}
			sameAgain(t, w, c, golden, got)
			if version := os.Getenv("CUSTODY_FREEZE"); version != "" {
				freeze(t, filepath.Join(goldenPacks, version, c.name+".zip"), got)
			}
		})
	}
	files, err := filepath.Glob(filepath.Join(goldenPacks, "*", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.ContainsFunc(goldenCases, func(c goldenCase) bool { return c.name+".zip" == filepath.Base(f) }) {
			t.Errorf("%s: no case makes it, and cases are never taken away", f)
		}
	}
}

// sameAgain runs audit --like and wants the same bytes.
func sameAgain(t *testing.T, w *workbench, c goldenCase, like string, want []byte) {
	t.Helper()
	again := filepath.Join(w.dir, "again.zip")
	w.custody(append([]string{"audit", "--like", like, "-o", again}, c.floorArgs(w)...)...)
	if got := read(t, again); !bytes.Equal(got, want) {
		t.Errorf("audit --like %s gives another pack: %s", like, firstDifference(t, want, got))
	}
}

func freeze(t *testing.T, file string, pack []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // once, and never again
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(pack); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// onlyVersions begins the difference between packs that say the same of the change and were
// made by other versions of extractors or tables. Who raises one says so in its own code.
const onlyVersions = "versions alone differ: "

// firstDifference shows where two packs part: the values of pack.json that differ, or else
// the first byte of a member.
func firstDifference(t *testing.T, want, got []byte) string {
	t.Helper()
	a, err := verify.Decode(want)
	if err != nil {
		return err.Error()
	}
	b, err := verify.Decode(got)
	if err != nil {
		return err.Error()
	}
	var was, is any
	if err := errors.Join(json.Unmarshal(a[verify.PackJSON], &was), json.Unmarshal(b[verify.PackJSON], &is)); err != nil {
		return err.Error()
	}
	all := differences("", was, is)
	if !slices.ContainsFunc(all, func(d string) bool { return !strings.HasPrefix(d, ".inputs.versions.") }) && len(all) > 0 {
		return onlyVersions + strings.Join(all, ", ")
	}
	if len(all) > 0 {
		return "in pack.json\n" + strings.Join(all[:min(len(all), 10)], "\n")
	}
	for m := range a {
		for i := range max(len(a[m]), len(b[m])) {
			if i >= len(a[m]) || i >= len(b[m]) || a[m][i] != b[m][i] {
				around := func(s []byte) []byte { return s[max(0, min(i, len(s))-60):min(len(s), i+60)] }
				return fmt.Sprintf("%s at byte %d was\n…%s…\nand is\n…%s…", verify.Member(m), i, around(a[m]), around(b[m]))
			}
		}
	}
	return "the container"
}

// differences are the places at which two documents have other values, but for the id,
// which follows from the others.
func differences(at string, was, is any) []string {
	if reflect.DeepEqual(was, is) || at == ".id" {
		return nil
	}
	var all []string
	switch a := was.(type) {
	case map[string]any:
		if b, ok := is.(map[string]any); ok {
			names := map[string]bool{}
			for _, m := range []map[string]any{a, b} {
				for name := range m {
					names[name] = true
				}
			}
			for _, name := range slices.Sorted(maps.Keys(names)) {
				all = append(all, differences(at+"."+name, a[name], b[name])...)
			}
			return all
		}
	case []any:
		if b, ok := is.([]any); ok && len(a) == len(b) {
			for i := range a {
				all = append(all, differences(fmt.Sprintf("%s[%d]", at, i), a[i], b[i])...)
			}
			return all
		}
	}
	return []string{fmt.Sprintf("%s was %.300v, and is %.300v", at, was, is)}
}

// TestFrozenPacksReplay: packs of released versions verify, and their inputs give the
// same decision and the same outcome of each check as they gave then.
func TestFrozenPacksReplay(t *testing.T) {
	byName := map[string]goldenCase{}
	for _, c := range goldenCases {
		byName[c.name] = c
	}
	files, err := filepath.Glob(filepath.Join(goldenPacks, "*", "*.zip"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		version, name := filepath.Base(filepath.Dir(f)), strings.TrimSuffix(filepath.Base(f), ".zip")
		if version == "next" {
			continue // TestGoldenPacks asks more of them
		}
		t.Run(version+"/"+name, func(t *testing.T) {
			c, ok := byName[name]
			if !ok {
				t.Fatal("no case makes its repository: cases are never taken away")
			}
			w := &workbench{t: t, dir: t.TempDir(), repo: c.repository(t)}
			again := filepath.Join(w.dir, "again.zip")
			w.custody(append([]string{"audit", "--like", f, "-o", again}, c.floorArgs(w)...)...)
			if was, is := answersOf(t, read(t, f)), answersOf(t, read(t, again)); was != is {
				t.Errorf("it answered\n%s\nand now\n%s", was, is)
			}
		})
	}
}

// answersOf is the decision of a pack that verifies, and what each check came to.
func answersOf(t *testing.T, pack []byte) string {
	t.Helper()
	if r := verify.Verify(pack, nil); r.Intact.String() != "satisfied" || r.Signed.String() != "satisfied" {
		t.Fatalf("it does not verify: %+v", r.Steps)
	}
	ms, err := verify.Decode(pack)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Decision string
		Checks   []struct{ ID, Outcome string }
	}
	if err := json.Unmarshal(ms[verify.PackJSON], &v); err != nil || v.Decision == "" {
		t.Fatalf("%+v, %v", v, err)
	}
	return fmt.Sprintf("%+v", v)
}

// TestPacksAnywhere: who runs it, where and how makes no byte of a difference.
func TestPacksAnywhere(t *testing.T) {
	for _, c := range goldenCases {
		if c.name == "names" || c.name == "rename" {
			t.Run(c.name, func(t *testing.T) { sameAnywhere(t, c) })
		}
	}
}

func sameAnywhere(t *testing.T, c goldenCase) {
	w := &workbench{t: t, dir: t.TempDir(), repo: c.repository(t)}
	want := read(t, c.audit(t, w))
	program, err := exec.LookPath("custody")
	if err != nil {
		t.Fatal(err)
	}
	const config = "[user]\n\tname = Eve\n[diff]\n\talgorithm = patience\n\trenames = copies\n\tnoprefix = true\n\texternal = false\n\tcontext = 9\n[core]\n\tquotePath = false\n\tautocrlf = true\n\tabbrev = 4\n\tattributesFile = /dev/null\n[i18n]\n\tlogOutputEncoding = latin1\n[log]\n\tdate = relative\n\tshowSignature = true\n[color]\n\tui = always\n"
	for name, env := range map[string][]string{
		"locale":       {"LC_ALL=tr_TR.UTF-8", "LANG=de_DE", "LANGUAGE=de"},
		"time zone":    {"TZ=Pacific/Kiritimati"},
		"one core":     {"GOMAXPROCS=1", "GOGC=10"},
		"git config":   {"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=diff.renames", "GIT_CONFIG_VALUE_0=false", "GIT_DIFF_OPTS=-u9", "GIT_EXTERNAL_DIFF=false"},
		"another user": {"USER=eve", "LOGNAME=eve", "GIT_AUTHOR_NAME=Eve", "GIT_COMMITTER_EMAIL=eve@example.com", "EMAIL=eve@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			home, umask := t.TempDir(), 0o022
			if name == "another user" {
				umask = 0o077
			}
			for file, text := range map[string][]byte{".gitconfig": []byte(config), "signing.pem": read(t, filepath.Join(w.dir, ".config/custody/signing.pem"))} {
				if err := os.WriteFile(filepath.Join(home, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			file := filepath.Join(home, "p.zip")
			cmd := exec.Command(program, "-C", w.repo.Dir, "audit", "--base", "main", "--head", "head", "--on", "2026-11-23", "--context", filepath.Join(w.dir, "context.json"), "--key", filepath.Join(home, "signing.pem"), "-o", file)
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_CONFIG_HOME=" + home + "/config", noWait}, env...)
			was := syscall.Umask(umask)
			out, err := cmd.CombinedOutput()
			syscall.Umask(was)
			if err != nil && exitCode(err) == "2" {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := read(t, file); !bytes.Equal(got, want) {
				t.Errorf("another pack: %s", firstDifference(t, want, got))
			}
		})
	}
}
