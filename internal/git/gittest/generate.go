package gittest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// A Spec says what Generate makes.
type Spec struct {
	Files   int // in the first commit
	Commits int // after the first, each touching a few files; every tenth is a merge
	Lines   int // of each file, about; 20 if zero
	Seed    uint64
}

// Generate fills the branch main with a history of text files in nested folders: the
// same spec makes the same ids. One process, whatever the size.
func (r *Repo) Generate(spec Spec) {
	r.tb.Helper()
	if spec.Lines == 0 {
		spec.Lines = 20
	}
	rnd := rand.New(rand.NewPCG(spec.Seed, 1))
	var s bytes.Buffer
	head := func(n int, from ...int) {
		fmt.Fprintf(&s, "commit refs/heads/main\nmark :%d\n", n+1)
		fmt.Fprintf(&s, "committer %s %d +0000\n", Author, epoch+60*(r.commits+n))
		message := fmt.Sprintf("Commit %d\n\nChange-Number: %d\n", n, n)
		fmt.Fprintf(&s, "data %d\n%s\n", len(message), message)
		for i, p := range from {
			fmt.Fprintf(&s, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], p+1)
		}
	}
	write := func(i int) {
		text := randomText(rnd, i, spec.Lines)
		fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", GeneratedPath(i), len(text), text)
	}
	head(0)
	for i := range spec.Files {
		write(i)
	}
	for n := 1; n <= spec.Commits; n++ {
		switch {
		case n%10 == 0:
			head(n, n-1, n-2) // merges what branched off below
		case n%10 == 9:
			head(n, n-2) // a sibling of n-1
		default:
			head(n, n-1)
		}
		for range 1 + rnd.IntN(4) {
			write(rnd.IntN(max(spec.Files, 1)))
		}
	}
	r.commits += spec.Commits + 1
	s.WriteString("done\n")
	r.FastImport(s.Bytes())
}

// GeneratedPath is the path of the i-th file that Generate makes: about nine files to
// a folder, three folders deep.
func GeneratedPath(i int) string {
	return fmt.Sprintf("d%d/s%d/p%d/file%d.txt", i/729%27, i/81%9, i/9%9, i)
}

func randomText(rnd *rand.Rand, i, lines int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "file %d\n", i)
	for range 1 + rnd.IntN(2*lines) {
		fmt.Fprintf(&b, "line %x %x\n", rnd.Uint32(), rnd.IntN(50))
	}
	return b.String()
}
