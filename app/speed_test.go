package app_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// A change of ten files, on a repository of many that was reviewed before: from the
// delivery to the check run. GitHub's own time is that of the one in this process.
func TestSpeed(t *testing.T) {
	files, rounds := 500, 2
	if os.Getenv("CUSTODY_SLOW") != "" { // where it is measured, it is alone
		files, rounds = 15_000, 11
	} else {
		t.Parallel()
	}
	w := newWorld(t, policy, func(w *world) {
		edits := []gittest.Edit{gittest.Write("go.mod", "module example.com/m\n\ngo 1.26\n")}
		for i := range files {
			edits = append(edits, gittest.Write(source(i), code(i, 0)))
		}
		w.base = w.origin.Commit("main", "many files", edits...)
		w.repo.Quietly(func() { w.repo.Push("ada", w.origin, "main") })
	})
	var took, ours []time.Duration
	for round := range rounds + 1 {
		var edits []gittest.Edit
		for i := range 10 {
			n := (round*1009 + i*97) % files
			edits = append(edits, gittest.Write(source(n), code(n, round+1)))
		}
		w.gh.Hold()
		p := w.pull(fmt.Sprint("topic-", round), edits...)
		begin := time.Now()
		w.gh.Release()
		if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
			t.Fatalf("%+v", run)
		}
		end := time.Now()
		took = append(took, end.Sub(begin))
		ours = append(ours, end.Sub(begin)-w.gh.Busy(begin, end))
		if round == 0 {
			t.Logf("%d files, cold: %s", files, took[0].Round(time.Millisecond))
		}
		w.settled()
	}
	warm, without := took[1:], ours[1:]
	slices.Sort(warm)
	slices.Sort(without)
	t.Logf("%d files, warm: median %s of %v", files, warm[len(warm)/2].Round(time.Millisecond), warm)
	t.Logf("%d files, warm, without GitHub's time: median %s of %v", files, without[len(without)/2].Round(time.Millisecond), without)
}

func source(i int) string { return fmt.Sprintf("pkg/p%d/file%d.go", i/10, i%10) }

func code(i, version int) string {
	imports := ""
	if p := i / 10; p > 0 && i%10 == 0 {
		imports = fmt.Sprintf("import _ \"example.com/m/pkg/p%d\"\n\n", p/2)
	}
	return fmt.Sprintf("package p%d\n\n%sfunc F%d() int { return %d }\n", i/10, imports, i, version)
}
