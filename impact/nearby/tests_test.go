package nearby

import (
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"custody/impact"
	"custody/impact/wire"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// TestPlans reads trees with tests from testdata/tests: the files, "reached" with a path
// of a reached test or package on a line, and "want" with a command on a line.
func TestPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/tests/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := &impact.Report{}
			want := ""
			tree := map[string]string{}
			for _, f := range archive.Files {
				switch f.Name {
				case "reached":
					for _, line := range strings.Fields(string(f.Data)) {
						if folder, ok := strings.CutPrefix(line, "package:"); ok {
							r.Reached = append(r.Reached, impact.Reached{Node: line, Kind: impact.KindPackage, Path: folder})
						} else {
							r.Reached = append(r.Reached, impact.Reached{Node: "file:" + line, Kind: kindOf(line), Path: line})
						}
					}
				case "want":
					want = string(f.Data)
				default:
					tree[f.Name] = string(f.Data)
				}
			}
			plan := planOf(t, tree, r)
			got := ""
			for _, run := range plan.Runs {
				got += run.Folder + ": " + run.Command
				if run.Assumed {
					got += " (assumed)"
				}
				if run.Whole {
					got += " (whole)"
				}
				got += "\n"
			}
			for _, u := range plan.Unknown {
				got += "unknown: " + u + "\n"
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// planOf commits the files and plans on the commit's tree.
func planOf(t *testing.T, files map[string]string, r *impact.Report) *impact.TestPlan {
	t.Helper()
	repo, head := commit(t, files)
	plan, err := Tests(t.Context(), repo, head, nil, r)
	if err != nil {
		t.Fatal(err)
	}
	known, err := impact.BuildKnown(t.Context(), impact.BuildInput{Source: impact.Objects(repo), Tree: head})
	if err != nil {
		t.Fatal(err)
	}
	if known, err = impact.OpenKnown(wire.Memory(slices.Concat(known.Encode()...))); err != nil {
		t.Fatal(err)
	}
	byGraph, err := Tests(t.Context(), repo, head, known.Graph(git.OID{}, head), r)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(plan, byGraph) {
		t.Errorf("with the graph of the tree the plan is another one:\n%+v\nwant\n%+v", byGraph, plan)
	}
	return plan
}

// What a shell makes of a quoted name is the name, whatever it holds.
func TestQuoteInARealShell(t *testing.T) {
	names := []string{"a b", "a'b", `a"b`, "$(touch evil)", "`touch evil`", "a;b", "a|b&c", "*", "~", "[a]", "{a,b}", "a\\b", "-rf", "!x", "#x", "日本語", "a=b", "", "'", "''", "a\tb", "%s", "<a>"}
	for _, n := range names {
		cmd := exec.CommandContext(context.Background(), "sh", "-c", "printf %s "+quote(n))
		cmd.Dir = t.TempDir()
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want := n
		if strings.HasPrefix(n, "-") {
			want = "./" + n
		}
		if string(out) != want {
			t.Errorf("the shell reads %q as %q, want %q", quote(n), out, want)
		}
		if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "*")); len(left) > 0 {
			t.Fatalf("quoting %q ran something", n)
		}
	}
}

// The commands are right for the tools themselves: Go runs just these packages.
func TestGoCommandRuns(t *testing.T) {
	files := map[string]string{
		"go.mod":          "module m\n\ngo 1.22\n",
		"a/a.go":          "package a\n",
		"a/a_test.go":     "package a\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n",
		"b c/b.go":        "package b\n",
		"sub/go.mod":      "module sub\n\ngo 1.22\n",
		"sub/s_test.go":   "package s\n\nimport \"testing\"\n\nfunc TestS(t *testing.T) {}\n",
		"none/none.go":    "package none\n",
		"other/o_test.go": "package o\n\nimport \"testing\"\n\nfunc TestO(t *testing.T) { t.Fatal(\"not asked for\") }\n",
	}
	r := &impact.Report{Reached: []impact.Reached{
		{Kind: impact.KindPackage, Path: "a"}, {Kind: impact.KindPackage, Path: "none"}, {Kind: impact.KindTest, Path: "sub/s_test.go"},
	}}
	plan := planOf(t, files, r)
	if len(plan.Runs) != 2 {
		t.Fatalf("%+v", plan.Runs)
	}
	dir := t.TempDir()
	write(t, dir, files)
	for _, run := range plan.Runs {
		cmd := exec.Command("sh", "-c", run.Command)
		cmd.Dir = filepath.Join(dir, run.Folder)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "ok  \t") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: %v\n%s", run.Command, err, out)
		}
	}
}

// TestGoNames runs the tests that are reached by name: just those, and all of a package
// where anything else is reached.
func TestGoNames(t *testing.T) {
	body := "package p\n\nimport \"testing\"\n\n"
	files := map[string]string{
		"go.mod":      "module m\n\ngo 1.22\n",
		"a/a_test.go": body + "func TestA(t *testing.T) {}\nfunc TestAlone(t *testing.T) { t.Fatal(\"not asked for\") }\n",
		"b/b_test.go": body + "func TestB(t *testing.T) {}\nfunc FuzzB(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }\nfunc TestBad(t *testing.T) { t.Fatal(\"not asked for\") }\n",
		"c/c_test.go": body + "func TestC(t *testing.T) {}\n\ntype suite struct{}\n",
		"d/d_test.go": body + "func TestD(t *testing.T) {}\n",
	}
	symbol := func(path string, names ...string) impact.Reached {
		return impact.Reached{Kind: impact.KindTest, Path: path, Precision: impact.PrecisionSymbol, Symbols: names}
	}
	r := &impact.Report{
		Changed: []impact.Changed{{Path: "b/b_test.go", Symbols: []impact.Symbol{{Name: "FuzzB", Change: "body"}, {Name: "TestGone", Change: "removed"}}}},
		Reached: []impact.Reached{
			symbol("a/a_test.go", "TestA"), symbol("b/b_test.go", "TestB"), symbol("c/c_test.go", "TestC", "suite"),
			symbol("d/d_test.go", "TestD"), {Kind: impact.KindTest, Path: "d/d_test.go", Precision: impact.PrecisionFile},
			{Kind: impact.KindPackage, Path: "a", Precision: impact.PrecisionSymbol},
		},
	}
	var commands []string
	dir := t.TempDir()
	write(t, dir, files)
	for _, run := range planOf(t, files, r).Runs {
		commands = append(commands, run.Command)
		cmd := exec.Command("sh", "-c", run.Command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "no tests to run") {
			t.Errorf("%s: %v\n%s", run.Command, err, out)
		}
	}
	if want := []string{"go test -run '^(FuzzB|TestA|TestB)$' ./a ./b", "go test ./c ./d"}; !slices.Equal(commands, want) {
		t.Errorf("%q, want %q", commands, want)
	}
	for name, want := range map[string]bool{"TestA": true, "Test": true, "Testify": false, "TestMain": false, "T.TestA": false, "BenchmarkA": false, "Example": true, "ExampleT_m": true, "helper": false} {
		if isGoTest(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}

// TestGoTagged plans tests behind a build tag, which "go test" leaves out without a word.
// The go command says which files the commands run.
func TestGoTagged(t *testing.T) {
	body := "package p\n\nimport \"testing\"\n\n"
	files := map[string]string{
		"go.mod":      "module m\n\ngo 1.22\n",
		"a/a_test.go": "//go:build integration\n\n" + body + "func TestA(t *testing.T) {}\n",
		"a/b_test.go": body + "func TestB(t *testing.T) {}\n",
		"b/b_test.go": "//go:build linux || integration\n\n" + body + "func TestB(t *testing.T) {}\n",
		"c/c_test.go": "//go:build ignore\n\n" + body + "func TestC(t *testing.T) {}\n",
		"d/d_test.go": "//go:build e2e && slow\n\n" + body + "func TestD(t *testing.T) {}\n",
		"d/d.go":      "package p\n",
		"e/e_test.go": "//go:build integration\n\n" + body + "func TestE(t *testing.T) {}\nfunc TestBad(t *testing.T) { t.Fatal(\"not asked for\") }\n",
	}
	r := &impact.Report{Changed: []impact.Changed{{Path: "e/e_test.go", Symbols: []impact.Symbol{{Name: "TestE", Change: "body"}}}}}
	for _, path := range []string{"a/a_test.go", "a/b_test.go", "b/b_test.go", "c/c_test.go"} {
		r.Reached = append(r.Reached, impact.Reached{Kind: impact.KindTest, Path: path, Precision: impact.PrecisionFile, Tagged: path != "a/b_test.go"})
	}
	r.Reached = append(r.Reached, impact.Reached{Kind: impact.KindPackage, Path: "d", Precision: impact.PrecisionFile})
	dir := t.TempDir()
	write(t, dir, files)
	plan := planOf(t, files, r)
	runs := map[string]string{}
	for _, run := range plan.Runs {
		words := strings.Fields(strings.Replace(run.Command, "-run '^(TestE)$' ", "", 1))
		list := exec.Command("go", append([]string{"list", "-f", "{{.Name}}: {{.TestGoFiles}}"}, words[2:]...)...)
		list.Dir = dir
		out, err := list.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", run.Command, err, out)
		}
		runs[run.Command] = strings.TrimSpace(string(out))
	}
	want := map[string]string{
		"go test ./a ./b":                                "p: [b_test.go]\np: [b_test.go]",
		"go test -tags integration ./a":                  "p: [a_test.go b_test.go]",
		"go test -tags e2e,slow ./d":                     "p: [d_test.go]",
		"go test -tags integration -run '^(TestE)$' ./e": "p: [e_test.go]",
	}
	if !maps.Equal(runs, want) {
		t.Errorf("%q, want %q", runs, want)
	}
	if !slices.Equal(plan.Unknown, []string{"c/c_test.go"}) {
		t.Errorf("unknown: %q", plan.Unknown)
	}
}

func TestManyTests(t *testing.T) {
	files := map[string]string{"package.json": `{"devDependencies": {"vitest": "1"}}`, "pom.xml": "", "go.mod": "module m"}
	r := &impact.Report{}
	for i := range 100 {
		name := strings.Repeat("x", i+1)
		files[name+".test.ts"] = ""
		files["src/test/java/p/"+name+"Test.java"] = ""
		files[name+"/a_test.go"] = ""
		for _, p := range []string{name + ".test.ts", "src/test/java/p/" + name + "Test.java", name + "/a_test.go"} {
			r.Reached = append(r.Reached, impact.Reached{Kind: impact.KindTest, Path: p})
		}
	}
	r.Reached[2].Precision, r.Reached[2].Symbols = impact.PrecisionSymbol, []string{"TestA"} // among a hundred packages
	var commands []string
	for _, run := range planOf(t, files, r).Runs {
		if !run.Whole || len(run.Tests)+run.More != 100 {
			t.Errorf("%+v", run)
		}
		commands = append(commands, run.Command)
	}
	if want := []string{"go test ./...", "mvn test", "npx vitest run"}; !slices.Equal(commands, want) {
		t.Errorf("%q, want %q", commands, want)
	}
}

// commit makes a repository with one commit of the files, and returns its tree.
func commit(t *testing.T, files map[string]string) (*git.Repository, git.OID) {
	t.Helper()
	r := gittest.New(t)
	var edits []gittest.Edit
	for _, name := range slices.Sorted(maps.Keys(files)) {
		edits = append(edits, gittest.Write(name, files[name]))
	}
	r.Commit("main", "all", edits...)
	repo, err := git.Open(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	head, err := repo.Resolve(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	c, err := repo.Commit(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	return repo, c.Tree
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestManyMochaTests: mocha looks into no folder but its own, so that a command for all of
// them names the folders.
func TestManyMochaTests(t *testing.T) {
	files := map[string]string{"package.json": `{"scripts": {"test": "mocha"}}`, "test/deep down/z.js": ""}
	r := &impact.Report{Reached: []impact.Reached{{Kind: impact.KindTest, Path: "test/deep down/z.js"}}}
	for i := range maxNamed {
		path := "test/t" + strings.Repeat("x", i) + ".js"
		files[path] = ""
		r.Reached = append(r.Reached, impact.Reached{Kind: impact.KindTest, Path: path})
	}
	plan := planOf(t, files, r)
	if len(plan.Runs) != 1 || !plan.Runs[0].Whole || plan.Runs[0].Command != "npx mocha test 'test/deep down'" {
		t.Errorf("%+v", plan.Runs)
	}
}

// kindOf is that of a file as impact has it.
func kindOf(p string) impact.Kind {
	if _, isTest := impact.TestLanguage(change.Path(p)); isTest {
		return impact.KindTest
	}
	return impact.KindFile
}
