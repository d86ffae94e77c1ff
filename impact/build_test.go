package impact

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

var mixedTree = map[string]string{
	"README.md":           "# hello",
	"go.mod":              "module m",
	"main.go":             "package main\nuse lib\nuse ext:fmt\nembed assets/page.html\nembed docs/help.md",
	"lib/lib.go":          "package lib",
	"lib/lib_test.go":     "package lib_test\nuse lib",
	"assets/page.html":    "<p>",
	"assets/logo.png":     "\x89PNG",
	"docs/help.md":        "help",
	"docs/more.md":        "more",
	"web/a.toy":           "use web/b.toy\nuse web/b.toy\ndyn web/b.toy\nuse web/a.toy\nuse web/gone.toy",
	"web/b.toy":           "broken",
	"web/big.toy":         strings.Repeat("x", 4<<20+1),
	"web/lost.toy":        missing,
	"link":                symlink,
	"sub":                 submodule,
	"tool":                exec,
	"script.sh":           "#!/bin/sh",
	"odd\n<name>\xff.toy": "use web/b.toy",
}

// The whole document of a small tree, with one of everything.
func TestGraphDocument(t *testing.T) {
	g := build(t, mixedTree)
	var got bytes.Buffer
	if err := g.WriteDocument(&got); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(got.Bytes()) {
		t.Error("not JSON")
	}
	compareGolden(t, "graph.json", got.Bytes())

	got.Reset()
	if err := WriteGraphText(&got, g); err != nil {
		t.Fatal(err)
	}
	compareGolden(t, "graph.txt", got.Bytes())
}

var update = flag.Bool("update", false, "rewrite what testdata expects")

// compareGolden compares with a file, or rewrites it.
func compareGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", file, got)
	}
}

// backwards lists a tree the other way round.
type backwards struct{ *memory }

func (b backwards) Walk(ctx context.Context, tree git.OID, fn func(string, git.Entry, error) error) error {
	var calls []func() error
	err := b.memory.Walk(ctx, tree, func(p string, e git.Entry, err error) error {
		calls = append(calls, func() error { return fn(p, e, err) })
		return nil
	})
	for _, call := range slices.Backward(calls) {
		if err := call(); err != nil {
			return err
		}
	}
	return err
}

func TestOrderChangesNothing(t *testing.T) {
	m := &memory{}
	in := BuildInput{Source: m, Tree: m.tree(mixedTree), Languages: toys()}
	want := document(t, in)
	in.Source = backwards{m}
	if got := document(t, in); got != want {
		t.Errorf("listed backwards:\n%s", got)
	}
	in.Source = m
	slices.Reverse(in.Languages)
	if got := document(t, in); got != want {
		t.Errorf("languages backwards:\n%s", got)
	}
}

func document(t *testing.T, in BuildInput) string {
	t.Helper()
	g, err := Build(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := g.WriteDocument(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Warm and cold give the same bytes, and warm reads nothing but what no store keeps.
func TestFactsAreReadOnce(t *testing.T) {
	m := &memory{}
	in := BuildInput{Source: m, Tree: m.tree(mixedTree), Languages: toys(), Facts: &Memory{}}
	cold := document(t, in)
	m.read.Store(0)
	if warm := document(t, in); warm != cold {
		t.Errorf("warm:\n%s", warm)
	}
	if m.read.Load() != 2 { // the missing one and the too large one
		t.Errorf("%d blobs read when warm", m.read.Load())
	}

	// A limit holds for what is stored, too.
	in.Limits = DefaultLimits()
	in.Limits.FileBytes = 10
	warm := document(t, in)
	in.Facts = nil
	if cold := document(t, in); warm != cold {
		t.Errorf("with a lower limit, warm:\n%s\ncold:\n%s", warm, cold)
	}
}

func TestLimitsAreCounted(t *testing.T) {
	for _, c := range []struct {
		name  string
		limit func(*Limits)
		want  Skipped
	}{
		{"files", func(l *Limits) { l.Files = 7 }, Skipped{Path: ".", Reason: SkipLimit, Detail: "more than 7 files: the others were not listed"}},
		{"imports", func(l *Limits) { l.ImportsPerFile = 2 }, Skipped{Path: "web/a.toy", Reason: SkipLimit, Detail: "5 imports, over the limit of 2"}},
		{"edges", func(l *Limits) { l.Edges = 9 }, Skipped{Path: "web/a.toy", Reason: SkipLimit, Detail: "more than 9 edges"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &memory{}
			in := BuildInput{Source: m, Tree: m.tree(mixedTree), Languages: toys(), Limits: DefaultLimits()}
			c.limit(&in.Limits)
			g, err := Build(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(g.skips, func(s Skipped) bool { return compareSkips(s, c.want) == 0 }) {
				t.Errorf("skipped %v", g.skips)
			}
			r := tracePaths(t, g, "lib/lib.go")
			if limited := strings.Contains(codes(r), SkipLimit); limited != (c.name == "files") {
				t.Errorf("a limit elsewhere: %s %v", r.Outcome, r.Reasons)
			}
		})
	}
}

// failing is a Source that breaks down, or that does not keep its promises.
type failing struct {
	*memory
	walk  bool
	blobs func(fn func(int, []byte, error) error) error
}

func (f failing) Walk(ctx context.Context, tree git.OID, fn func(string, git.Entry, error) error) error {
	if f.walk {
		return errBroken
	}
	return f.memory.Walk(ctx, tree, fn)
}

func (f failing) Blobs(_ context.Context, _ []git.OID, _ int64, fn func(int, []byte, error) error) error {
	return f.blobs(fn)
}

func TestBuildFails(t *testing.T) {
	m := &memory{}
	tree := m.tree(mixedTree)
	for name, source := range map[string]Source{
		"walk":          failing{memory: m, walk: true},
		"blobs":         failing{memory: m, blobs: func(func(int, []byte, error) error) error { return errBroken }},
		"no answers":    failing{memory: m, blobs: func(func(int, []byte, error) error) error { return nil }},
		"wrong answers": failing{memory: m, blobs: func(fn func(int, []byte, error) error) error { return fn(1000, nil, nil) }},
		"double answers": failing{memory: m, blobs: func(fn func(int, []byte, error) error) error {
			return errors.Join(fn(0, nil, nil), fn(0, nil, nil))
		}},
	} {
		if g, err := Build(t.Context(), BuildInput{Source: source, Tree: tree, Languages: toys()}); err == nil {
			t.Errorf("%s: a graph of %d nodes and no error", name, len(g.nodes))
		}
	}
	if _, err := Build(t.Context(), BuildInput{Source: m, Tree: oid("no such tree")}); !errors.Is(err, git.ErrMissing) {
		t.Errorf("no tree: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, BuildInput{Source: m, Tree: tree, Languages: toys()}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Enough blobs for many batches: each keeps its own facts.
func TestManyBatches(t *testing.T) {
	files := map[string]string{"f0.toy": ""}
	for i := 1; i < 400; i++ {
		files[fmt.Sprintf("f%d.toy", i)] = fmt.Sprintf("use f%d.toy\n%s", i-1, strings.Repeat("x", 10_000+i))
	}
	g := build(t, files)
	if len(g.edges) != 399 {
		t.Fatalf("%d edges", len(g.edges))
	}
	for _, e := range g.edges {
		var from, to int
		if _, err := fmt.Sscanf(g.nodes[e.From].ID()+" "+g.nodes[e.To].ID(), "file:f%d.toy file:f%d.toy", &from, &to); err != nil || from != to+1 {
			t.Errorf("edge from %d to %d", from, to)
		}
	}
}

func TestClassify(t *testing.T) {
	for path, want := range map[change.Path]string{
		"a.go": "go", "A.GO": "go", "x/y.toy": "toy",
		"a.rb": "unsupported", "Dockerfile": "unsupported", "x/Makefile": "unsupported", "a.html": "opaque", "a.scss": "opaque", "x/a.tmpl": "opaque",
		"package.json": "unsupported", "tsconfig.base.json": "unsupported", "requirements-dev.txt": "unsupported",
		"requirements/base.txt": "unsupported", "x/dev-requirements.txt": "unsupported", "constraints.txt": "unsupported", "docs/base.txt": "opaque", "requirements/notes.md": "opaque",
		"README": "opaque", "a.md": "opaque", "a.json": "opaque", ".gitignore": "opaque", "noext": "unsupported", "a.": "opaque", ".": "opaque",
	} {
		c := classify(path, git.ModeFile, toys())
		got := c.skip.reason
		if c.language != nil {
			got = c.language.Name
		}
		if got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if c := classify("run", git.ModeExecutable, toys()); c.skip.reason != SkipUnsupported {
		t.Error("an executable without extension is not unsupported")
	}
	if c := classify("photo.jpg", git.ModeExecutable, toys()); c.skip.reason != SkipOpaque {
		t.Error("an executable photo is not opaque")
	}
	if c := classify("odd", 0o060000, toys()); c.skip.reason != SkipUnreadable {
		t.Error("a block device is not unreadable")
	}
	for name, family := range kinOf {
		if family == "" || !slices.Contains(slices.Collect(mapValues(codeExtensions())), name) {
			t.Errorf("kin %q is no known language", name)
		}
	}
}

func mapValues(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestIsTest(t *testing.T) {
	for path, language := range map[change.Path]string{
		"a_test.go": "go", "test_a.py": "python", "a_test.py": "python", "conftest.py": "python", "tests/x/util.py": "python",
		"tests.py":  "python",
		"a.test.ts": "typescript", "a.spec.jsx": "javascript", "x/__tests__/a.tsx": "tsx", "a.cy.ts": "typescript", "a-test.js": "javascript", "a.e2e-spec.ts": "typescript",
		"src/test/java/Util.java": "java", "ATest.java": "java", "ATests.java": "java", "AIT.java": "java", "ATestCase.java": "java", "x/src/intTest/java/A.java": "java",
	} {
		if !isTest(path, language) {
			t.Errorf("%s is a test", path)
		}
	}
	for path, language := range map[change.Path]string{
		"a.go": "go", "tests/a.go": "go", "latest.py": "python", "contest.ts": "typescript", "src/main/Test2.java": "java", "test.ts": "typescript", "Unit.java": "java",
	} {
		if isTest(path, language) {
			t.Errorf("%s is no test", path)
		}
	}
}

// Code without an extractor, of a language that can import one with an extractor, hides
// what it mentions.
func TestKinHidesReach(t *testing.T) {
	script := *toys()[1]
	script.Name, script.Extensions = "typescript", []string{".ts"}
	for content, want := range map[string]string{
		`<script>import T from "./Target"</script>`: "unsupported page.astro",
		`<script>import T from "./other"</script>`:  "",
		missing: "unsupported page.astro",
	} {
		m := &memory{}
		tree := m.tree(map[string]string{"target.ts": "", "user.ts": "use target.ts", "page.astro": content})
		g, err := Build(t.Context(), BuildInput{Source: m, Tree: tree, Languages: []*lang.Language{&script}})
		if err != nil {
			t.Fatal(err)
		}
		if r := tracePaths(t, g, "target.ts"); codes(r) != want {
			t.Errorf("%s: %v", content, r.Reasons)
		}
	}
}
