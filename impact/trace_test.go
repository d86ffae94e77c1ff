package impact

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/finding"
)

// A Go repository in small: pull is imported by policy and by a test of server; policy
// by server.
var goTree = map[string]string{
	"go.mod":                 "module m",
	"pull/context.go":        "package pull",
	"pull/context_test.go":   "package pull",
	"pull/github.go":         "package pull\nuse ext:fmt",
	"policy/eval.go":         "package policy\nuse pull",
	"policy/other.go":        "package policy",
	"server/main.go":         "package server\nuse policy",
	"server/main_test.go":    "package server\nuse pull",
	"unrelated/unrelated.go": "package unrelated\nuse ext:os",
}

func TestGoPackagesReachTheirImporters(t *testing.T) {
	r := tracePaths(t, build(t, goTree), "pull/context.go")
	want := []string{
		"1 900 tests file:pull/context_test.go",
		"1 1000 contains package:pull",
		"2 1000 imports file:policy/eval.go",
		"2 1000 imports file:server/main_test.go",
		"3 900 contains package:policy",
		"4 900 imports file:server/main.go",
		"5 810 contains package:server",
	}
	if got := lines(r); !slices.Equal(got, want) {
		t.Errorf("reached\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	reasons := []string{
		"tests the changed pull/context.go",
		"contains the changed pull/context.go; 2 other Go files in the folder can use it without an import",
		"imports package pull, which contains the changed pull/context.go",
		"imports package pull, which contains the changed pull/context.go",
		"contains policy/eval.go, 2 steps from the changed pull/context.go",
		"imports package policy, 3 steps from the changed pull/context.go",
		"contains server/main.go, 4 steps from the changed pull/context.go",
	}
	for i, n := range r.Reached {
		if n.Reason != reasons[i] {
			t.Errorf("%s: %q, want %q", n.Node, n.Reason, reasons[i])
		}
	}
	if r.Outcome != finding.Satisfied || len(r.Reasons) != 0 {
		t.Errorf("outcome %s: %v", r.Outcome, r.Reasons)
	}
}

// Nobody who imports a package gets its tests, but its other tests do.
func TestGoTestsReachTheirPackageOnly(t *testing.T) {
	r := tracePaths(t, build(t, goTree), "pull/context_test.go")
	want := []string{"1 1000 contains package:pull"}
	if got := lines(r); !slices.Equal(got, want) {
		t.Errorf("reached %v, want %v", got, want)
	}
	if got := r.Reached[0].Reason; got != "contains the changed pull/context_test.go; other tests in the folder can use it" {
		t.Error(got)
	}

	// A longer path that is not over a test wins, since it goes on.
	r = tracePaths(t, build(t, map[string]string{
		"a/a_test.go": "", "a/a.go": "use b", "b/b.go": "", "c/c.go": "use a",
	}), "a/a_test.go", "b/b.go")
	want = []string{"1 1000 contains package:b", "2 1000 imports file:a/a.go", "3 900 contains package:a", "4 900 imports file:c/c.go", "5 810 contains package:c"}
	if got := lines(r); !slices.Equal(got, want) {
		t.Errorf("reached %v, want %v", got, want)
	}
}

func TestPathsAreShortestThenSurest(t *testing.T) {
	g := build(t, map[string]string{
		"a.toy":    "",
		"b.toy":    "dyn a.toy",
		"c.toy":    "use a.toy",
		"d.toy":    "use a.toy",
		"z.toy":    "use b.toy\nuse d.toy\nuse c.toy",
		"y.toy":    "use z.toy\ndyn a.toy",
		"x.toy":    "dyn a.toy\nuse a.toy",
		"busy.toy": "use a.toy\nuse b.toy\nuse c.toy\nuse d.toy\nuse x.toy",
	})
	r := tracePaths(t, g, "a.toy")
	want := []string{
		"1 800 imports file:b.toy",
		"1 1000 imports file:busy.toy",
		"1 1000 imports file:c.toy",
		"1 1000 imports file:d.toy",
		"1 1000 imports file:x.toy", // the better of two edges
		"1 800 imports file:y.toy",  // shorter, though less sure, than over z
		"2 900 imports file:z.toy",  // over c: as sure as over d, smaller id; b is less sure
	}
	if got := lines(r); !slices.Equal(got, want) {
		t.Errorf("reached\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if via := r.Reached[6].Via; !slices.Equal(via, []string{"file:a.toy", "file:c.toy"}) {
		t.Errorf("z is reached over %v", via)
	}
}

func TestWhatIsGoneStillReaches(t *testing.T) {
	from := map[string]string{
		"old.toy":  "use ext:x",
		"user.toy": "use old.toy",
		"far.toy":  "use user.toy",
		"keep.toy": "",
		"kept.toy": "use keep.toy",
		"link.toy": "",
		"l.toy":    "use link.toy",
	}
	t.Run("deleted", func(t *testing.T) {
		head := clone(from, "old.toy", "")
		head["user.toy"] = "use keep.toy"
		r := traceChange(t, from, head,
			change.File{Path: "old.toy", Status: change.Deleted}, change.File{Path: "user.toy"})
		if got, want := lines(r), []string{"1 1000 imports file:far.toy"}; !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
		// The importer did not change: it is broken at head, and reached.
		r = traceChange(t, from, clone(from, "old.toy", ""), change.File{Path: "old.toy", Status: change.Deleted})
		if got, want := lines(r), []string{"1 1000 imports file:user.toy", "2 900 imports file:far.toy"}; !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
		if r.Reached[0].Reason != "imported the deleted old.toy" || r.Reached[1].Reason != "imports user.toy, which imported the deleted old.toy" {
			t.Errorf("reasons %q, %q", r.Reached[0].Reason, r.Reached[1].Reason)
		}
		if r.Outcome != finding.Satisfied {
			t.Errorf("%s: %v", r.Outcome, r.Reasons)
		}
	})
	t.Run("renamed", func(t *testing.T) {
		head := clone(from, "old.toy", "")
		head["new.toy"] = "use ext:x"
		head["added.toy"] = "use new.toy"
		r := traceChange(t, from, head,
			change.File{Path: "new.toy", OldPath: "old.toy", Status: change.Renamed},
			change.File{Path: "added.toy", Status: change.Added})
		if got, want := lines(r), []string{"1 1000 imports file:user.toy", "2 900 imports file:far.toy"}; !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
		if r.Reached[0].Reason != "imported old.toy, now new.toy" {
			t.Error(r.Reached[0].Reason)
		}
	})
	t.Run("type-changed", func(t *testing.T) {
		r := traceChange(t, from, clone(from, "link.toy", symlink), change.File{Path: "link.toy", Status: change.TypeChanged})
		if got, want := lines(r), []string{"1 1000 imports file:l.toy"}; !slices.Equal(got, want) {
			t.Errorf("reached %v, want %v", got, want)
		}
	})
}

func clone(files map[string]string, path, content string) map[string]string {
	c := map[string]string{}
	for p, s := range files {
		if p != path {
			c[p] = s
		}
	}
	if content != "" {
		c[path] = content
	}
	return c
}

func TestUnknownPath(t *testing.T) {
	g := build(t, goTree)
	_, err := Trace(t.Context(), TraceInput{Head: g, Paths: []change.Path{"pull", "pull/context.go", "no\nsuch"}})
	unknown, ok := errors.AsType[*UnknownPathError](err)
	if !ok || !slices.Equal(unknown.Paths, []change.Path{"no\nsuch", "pull"}) {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q", err)
	}
	if _, err := Trace(t.Context(), TraceInput{Paths: []change.Path{"a"}}); err == nil {
		t.Error("a trace without a graph gave no error")
	}
}

// Each case changes target.toy in a tree with one file more, or less, than a complete one.
func TestOutcome(t *testing.T) {
	base := map[string]string{"lib/target.toy": "", "user.toy": "use lib/target.toy", "LICENSE": "free", "logo.png": "\x89PNG"}
	with := func(path, content string) map[string]string { return clone(base, path, content) }
	for _, c := range []struct {
		name  string
		files map[string]string
		paths []change.Path
		codes string // none: satisfied
	}{
		{"complete", base, []change.Path{"lib/target.toy"}, ""},
		{"opaque beside code", base, []change.Path{"lib/target.toy", "LICENSE", "logo.png"}, ""},
		{"opaque only", base, []change.Path{"LICENSE", "logo.png"}, "nothing-to-assess "},
		{"nothing", base, nil, "nothing-to-assess "},
		{"unsupported changed", with("a.rb", "x"), []change.Path{"lib/target.toy", "a.rb"}, "unsupported a.rb"},
		{"unsupported elsewhere", with("a.rb", "x"), []change.Path{"lib/target.toy"}, ""},
		{"manifest changed", with("package.json", "{}"), []change.Path{"lib/target.toy", "package.json"}, "unsupported package.json"},
		{"script changed", with("tool", exec), []change.Path{"lib/target.toy", "tool"}, "unsupported tool"},
		{"submodule changed", with("sub", submodule), []change.Path{"lib/target.toy", "sub"}, "unsupported sub"},
		{"symlink changed", with("sub", symlink), []change.Path{"lib/target.toy", "sub"}, ""},

		{"unresolved in the changed file", clone(base, "lib/target.toy", "use gone.toy"), []change.Path{"lib/target.toy"}, "unresolved lib/target.toy"},
		{"unresolved in a reached file", clone(base, "user.toy", "use lib/target.toy\nuse elsewhere/target.toy"), []change.Path{"lib/target.toy"}, ""},
		{"unresolved, another name", with("x.toy", "use gone.toy"), []change.Path{"lib/target.toy"}, ""},
		{"unresolved, the name of the changed file", with("x.toy", "use src/Target.toy"), []change.Path{"lib/target.toy"}, "unresolved x.toy"},
		{"unresolved, the name of a reached file", with("x.toy", "use @/user"), []change.Path{"lib/target.toy"}, "unresolved x.toy"},
		{"unresolved, the name of the folder", with("x.toy", "use @/lib"), []change.Path{"lib/target.toy"}, "unresolved x.toy"},
		{"unresolved, no name", with("x.toy", "use ..."), []change.Path{"lib/target.toy"}, "unresolved x.toy"},

		{"damaged, changed", clone(base, "lib/target.toy", "broken"), []change.Path{"lib/target.toy"}, "unreadable lib/target.toy"},
		{"damaged, mentions the changed file", with("x.toy", "broken\nuse ./target"), []change.Path{"lib/target.toy"}, "unreadable x.toy"},
		{"damaged, mentions nothing", with("x.toy", "broken\nuse ./targets"), []change.Path{"lib/target.toy"}, ""},
		{"damaged, reached anyway", with("x.toy", "use lib/target.toy\nbroken target"), []change.Path{"lib/target.toy"}, ""},
		{"damaged, another language", with("x/x.go", "broken target"), []change.Path{"lib/target.toy"}, ""},

		{"missing, changed", clone(base, "lib/target.toy", missing), []change.Path{"lib/target.toy"}, "unreadable lib/target.toy"},
		{"missing elsewhere", with("x.toy", missing), []change.Path{"lib/target.toy"}, "unreadable x.toy"},
		{"missing, another language", with("x/x.go", missing), []change.Path{"lib/target.toy"}, ""},
		{"missing folder", with("x", badFolder), []change.Path{"lib/target.toy"}, "unreadable x"},
		{"changed in a missing folder", with("x", badFolder), []change.Path{"lib/target.toy", "x/y/z.toy"}, "unreadable x, unreadable x/y/z.toy"},
		{"tree over a limit", map[string]string{".": hugeFolder}, []change.Path{"x/y.toy"}, "limit x/y.toy"},
		{"hostile name", with("../x.toy", "a"), []change.Path{"lib/target.toy"}, "unreadable ../x.toy"},
		{"too large, changed", clone(base, "lib/target.toy", strings.Repeat("x", 4<<20+1)), []change.Path{"lib/target.toy"}, "limit lib/target.toy"},
		{"too large elsewhere", with("x.toy", strings.Repeat("x", 4<<20+1)), []change.Path{"lib/target.toy"}, "limit x.toy"},
		{"just not too large", with("x.toy", strings.Repeat("x", 4<<20)), []change.Path{"lib/target.toy"}, ""},

		{"no edges", map[string]string{"a.toy": "", "b.toy": ""}, []change.Path{"a.toy"}, "no-edges "},
		{"no edges of this language", with("a/a.go", "use ext:x"), []change.Path{"a/a.go"}, ""}, // the only one
		{"no edges between two", clone(with("a/a.go", "use ext:x"), "b/b.go", "use ext:x"), []change.Path{"a/a.go"}, "no-edges "},
		{"alone", map[string]string{"a.toy": ""}, []change.Path{"a.toy"}, "no-edges "},

		{"imported data", clone(with("data.json", "{}"), "x.toy", "use data.json"), []change.Path{"data.json"}, ""},
		{"other data", with("data.json", "{}"), []change.Path{"data.json"}, "nothing-to-assess "},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := tracePaths(t, build(t, c.files), c.paths...)
			if got := codes(r); got != c.codes {
				t.Errorf("reasons %q, want %q\n%v", got, c.codes, r.Reasons)
			}
			if want := c.codes == ""; (r.Outcome == finding.Satisfied) != want || !want && r.Outcome != finding.NotAssessed {
				t.Errorf("outcome %s", r.Outcome)
			}
		})
	}
}

func TestOutcomeOfChanges(t *testing.T) {
	from := map[string]string{"old.toy": "", "user.toy": "use old.toy", "x.toy": "use ext:x"}
	gone := clone(from, "old.toy", "")
	t.Run("an importer of the deleted file that was not understood", func(t *testing.T) {
		f, h := clone(from, "x.toy", "use src/old"), clone(gone, "x.toy", "use src/old")
		if r := traceChange(t, f, h, change.File{Path: "old.toy", Status: change.Deleted}); codes(r) != "unresolved x.toy" {
			t.Errorf("%s: %v", r.Outcome, r.Reasons)
		}
	})
	t.Run("a gap of from does not matter when nothing is gone", func(t *testing.T) {
		h := clone(from, "old.toy", "changed")
		h["user.toy"] = "use old.toy"
		f := clone(from, "y.toy", "use src/old")
		if r := traceChange(t, f, h, change.File{Path: "old.toy"}, change.File{Path: "y.toy", Status: change.Deleted}); codes(r) != "" {
			t.Errorf("%s: %v", r.Outcome, r.Reasons)
		}
	})
	t.Run("no merge base", func(t *testing.T) {
		m := &memory{}
		c := &change.Change{Head: oid("h"), HeadTree: m.tree(from)}
		r, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Languages: toys()})
		if err != nil || r.Outcome != finding.NotAssessed || codes(r) != "no-merge-base " {
			t.Errorf("%v, %+v", err, r)
		}
	})
	t.Run("change over its limit", func(t *testing.T) {
		m := &memory{}
		c := &change.Change{Head: oid("h"), HeadTree: m.tree(from), From: oid("b"), FromTree: m.tree(from),
			Files:  []change.File{{Path: "old.toy"}},
			Limits: []change.Limit{{What: "lines", Max: 5}, {What: "files", Max: 1}}}
		r, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Languages: toys()})
		if err != nil || r.Outcome != finding.NotAssessed || codes(r) != "limit " {
			t.Errorf("%v, %+v", err, r)
		}
	})
}

func TestReasonsAreShort(t *testing.T) {
	files := map[string]string{"lib/target.toy": "", "user.toy": "use lib/target.toy"}
	for i := range 9 {
		files["x"+string(rune('0'+i))+".toy"] = "use src/target"
	}
	r := tracePaths(t, build(t, files), "lib/target.toy")
	if len(r.Reasons) != 6 || r.Reasons[5].Detail != "and 4 more" {
		t.Errorf("%v", r.Reasons)
	}
}

// A chain of files as long as a tree may be wide costs neither the square of its length
// nor a single reached node.
func TestLongChain(t *testing.T) {
	const length = 30_000
	files := map[string]string{"0.toy": ""}
	for i := 1; i < length; i++ {
		files[fmt.Sprintf("%d.toy", i)] = fmt.Sprintf("use %d.toy", i-1)
	}
	r, err := Trace(t.Context(), TraceInput{Head: build(t, files), Paths: []change.Path{"0.toy"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Reached) != length-1 || r.Outcome != finding.Satisfied {
		t.Errorf("%d reached, %s", len(r.Reached), r.Outcome)
	}
	last := r.Reached[length-2]
	if last.Node != "file:29999.toy" || last.Distance != length-1 || last.Confidence != 1 || len(last.Via) != 0 {
		t.Errorf("the last is %+v", last)
	}
	if near := r.Reached[1899]; len(near.Via) != 1900 {
		t.Errorf("a near one has %d nodes in its path", len(near.Via))
	}
}

// Code of the JVM that nobody reads yet matters where it spells a changed or reached
// class. Words that a package or a variable shares with it are everywhere.
func TestOtherLanguagesOfTheJVM(t *testing.T) {
	java := "package com.example.build;\n\npublic class Builder { Tool tool; }\n"
	for name, c := range map[string]struct {
		path, text string
		hidden     bool
	}{
		"an import":            {"x/Use.kt", "import com.example.build.Builder\n", true},
		"a wildcard and a use": {"x/use.groovy", "import com.example.build.*\nnew Builder()\n", true},
		"in the same package":  {"src/com/example/build/Same.kt", "package com.example.build\nclass Same : Builder()\n", true},
		"a reached class":      {"x/Use.kt", "val plant = Plant()\n", true},
		"a word of a package":  {"build.gradle", "plugins { id 'java' }\nbuild { maven {} }\n", false},
		"a variable":           {"x/Use.kt", "val builder = StringBuilder()\nbuilder.plant()\n", false},
	} {
		files := map[string]string{
			"src/com/example/build/Builder.java": java,
			"src/com/example/build/Tool.java":    "package com.example.build;\n\nclass Tool {}\n",
			"src/com/example/maven/Plant.java":   "package com.example.maven;\n\nimport com.example.build.Builder;\n\npublic class Plant { Builder b; }\n",
			c.path:                               c.text,
		}
		m := &memory{}
		g, err := Build(t.Context(), BuildInput{Source: m, Tree: m.tree(files)})
		if err != nil {
			t.Fatal(err)
		}
		r := tracePaths(t, g, "src/com/example/build/Builder.java")
		if len(r.Reached) != 1 {
			t.Fatalf("%s: reached %v", name, lines(r))
		}
		want := finding.Satisfied
		if c.hidden {
			want = finding.NotAssessed
		}
		if r.Outcome != want {
			t.Errorf("%s: %s, %v", name, r.Outcome, r.Reasons)
		}
	}
}
