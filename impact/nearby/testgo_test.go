package nearby

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
)

// TestGoChangedWithItsTests: whoever changes a function and adds a test beside the old ones wants
// those run, too. The go command says whether they fail, as all of the package's do.
func TestGoChangedWithItsTests(t *testing.T) {
	const code = "package a\n\nfunc F() int { return 1 }\n\nfunc G() int { return 3 }\n"
	const head, added = "package a\n\nimport \"testing\"\n\n", "\nfunc TestNew(t *testing.T) {}\n"
	const other = "\nfunc TestOther(t *testing.T) { G() }\n"
	broken := strings.Replace(code, "return 1", "return 2", 1)
	for _, c := range []struct{ name, before, after, command string }{
		{
			"by itself", head + "func TestOld(t *testing.T) { if F() != 1 { t.Fatal() } }\n" + other, added,
			"go test -run '^(TestNew|TestOld)$' ./a",
		},
		{
			"through a helper", head + "func help(t *testing.T) { if F() != 1 { t.Fatal() } }\n\nfunc TestOld(t *testing.T) { help(t) }\n" + other, added,
			"go test ./a",
		},
		{
			"on load", head + "var one = F()\n\nfunc TestOld(t *testing.T) { if one != 1 { t.Fatal() } }\n" + other, added,
			"go test ./a",
		},
	} {
		r := gittest.New(t)
		r.Commit("main", "base", gittest.Write("go.mod", "module m\n\ngo 1.22\n"), gittest.Write("a/a.go", code), gittest.Write("a/a_test.go", c.before))
		r.Commit("main", "head", gittest.Write("a/a.go", broken), gittest.Write("a/a_test.go", c.before+c.after))
		report, plan := assess(t, r)
		if len(report.Changed) != 2 || len(plan.Runs) != 1 || plan.Runs[0].Command != c.command {
			t.Errorf("%s: %+v", c.name, plan.Runs)
			continue
		}
		dir := t.TempDir()
		write(t, dir, map[string]string{"go.mod": "module m\n\ngo 1.22\n", "a/a.go": broken, "a/a_test.go": c.before + c.after})
		run := exec.Command("sh", "-c", plan.Runs[0].Command)
		run.Dir = filepath.Join(dir, plan.Runs[0].Folder)
		if out, err := run.CombinedOutput(); err == nil || !strings.Contains(string(out), "--- FAIL: TestOld") {
			t.Errorf("%s: what fails is not run: %v\n%s", c.name, err, out)
		}
	}
	// A test that came alone is all that there is to run.
	r := gittest.New(t)
	before := head + "func TestOld(t *testing.T) { F() }\n"
	r.Commit("main", "base", gittest.Write("go.mod", "module m\n\ngo 1.22\n"), gittest.Write("a/a.go", code), gittest.Write("a/a_test.go", before))
	r.Commit("main", "head", gittest.Write("a/a_test.go", before+added))
	if _, plan := assess(t, r); len(plan.Runs) != 1 || plan.Runs[0].Command != "go test -run '^(TestNew)$' ./a" {
		t.Errorf("a test alone: %+v", plan.Runs)
	}
}

// assess traces the last commit on main and plans its tests.
func assess(t *testing.T, r *gittest.Repo) (*impact.Report, *impact.TestPlan) {
	t.Helper()
	repo, err := git.Open(t.Context(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	var ids [2]git.OID
	for i, rev := range []string{"main~1", "main"} {
		if ids[i], err = repo.Resolve(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
	}
	c, err := change.Read(t.Context(), repo, ids[0], ids[1], change.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	report, err := impact.Assess(t.Context(), impact.AssessInput{Source: impact.Objects(repo), Change: c})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Tests(t.Context(), repo, c.HeadTree, nil, report)
	if err != nil {
		t.Fatal(err)
	}
	return report, plan
}
