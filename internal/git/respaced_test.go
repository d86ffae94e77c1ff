package git

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// TestRespaced: a file of which only space changed is never said to have changed more,
// wherever git draws the hunks. Of the others most are told apart, which saves reading them.
func TestRespaced(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 3))
	const files = 400
	var one, two []gittest.Edit
	spaces := []string{" ", "\n", "\n\n", "\t", " \n", "\r\n"}
	for i := range files {
		var was, is strings.Builder
		for range 5 + rnd.IntN(60) {
			word := strings.Repeat(string(rune('a'+rnd.IntN(4))), 1+rnd.IntN(3))
			was.WriteString(word + spaces[rnd.IntN(len(spaces))])
			is.WriteString(word + spaces[rnd.IntN(len(spaces))])
		}
		if i%2 == 1 {
			is.WriteString("z\n")
		}
		one = append(one, gittest.Write(fmt.Sprint(i), was.String()+strings.Repeat("long ", 20_000*(i/(files-1)))))
		two = append(two, gittest.Write(fmt.Sprint(i), is.String()+strings.Repeat("long\t", 20_000*(i/(files-1)))))
	}
	r := gittest.New(t)
	from, to := mustID(t, r.Commit("main", "one", one...)), mustID(t, r.Commit("main", "two", two...))
	repo, err := Open(context.Background(), r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	diff, err := repo.Diff(context.Background(), from, to, DefaultDiffLimits())
	if err != nil || len(diff.Files) != files {
		t.Fatalf("%d files, %v", len(diff.Files), err)
	}
	for _, f := range diff.Files {
		var i int
		if _, err := fmt.Sscan(f.Path, &i); err != nil {
			t.Fatal(err)
		}
		if want := i%2 == 0; f.Respaced != want {
			t.Errorf("file %d: respaced is %v; %v", i, f.Respaced, f.Hunks)
		}
	}
}
