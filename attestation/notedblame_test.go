package attestation

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// On generated histories with notes on most commits, each line is of the class that its
// commit's note gives the line which git blame names, in that commit's own version.
func TestNotesAgreeWithBlame(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			r := newRepo(t)
			generate(r, seed+40, 14)
			rnd := rand.New(rand.NewPCG(seed, 11))
			type entry struct {
				class    Class
				from, to int
			}
			notes := map[string]map[string][]entry{} // by commit and path
			trailer := map[string]bool{}
			for _, c := range r.commits("main", "^base") {
				sha := c.ID.String()
				trailer[sha] = len(c.Trailers) > 0
				if rnd.IntN(4) == 0 {
					continue
				}
				notes[sha] = map[string][]entry{}
				var text strings.Builder
				for path := range strings.SplitSeq(strings.TrimSpace(r.git("ls-tree", "-r", "--name-only", sha)), "\n") {
					if rnd.IntN(3) == 0 {
						continue
					}
					text.WriteString(path + "\n")
					for range 1 + rnd.IntN(3) {
						e := entry{AIDeclared, 1 + rnd.IntN(40), 0}
						e.to = e.from + rnd.IntN(12)
						key := "s_1::t_1"
						if rnd.IntN(3) == 0 {
							key, e.class = "h_1", HumanAttested
						}
						fmt.Fprintf(&text, "  %s %d-%d\n", key, e.from, e.to)
						notes[sha][path] = append(notes[sha][path], e)
					}
				}
				text.WriteString(`---
{"schema_version": "authorship/3.0.0", "sessions": {"s_1": {"agent_id": {"tool": "codex"}}}, "humans": {"h_1": {"author": "Grace <grace@example.com>"}}}`)
				annotate(gittest.At(t, r.dir), NotesRef, sha, []byte(text.String()))
			}
			rep := attestRepo(t, gittest.At(t, r.dir), Limits{})
			want := map[Class]int{}
			c := r.change("base", "main")
			for _, f := range c.Files {
				if hunkLines(&f) == 0 {
					continue
				}
				for line, at := range blamedLines(r, string(f.Path)) {
					if len(addedLines(&f).and(lineSet{{line + 1, line + 1}})) == 0 {
						continue
					}
					class := Unknown
					if trailer[at.commit] {
						class = AIDeclared
					}
					for _, e := range notes[at.commit][at.path] {
						if e.from <= at.line && at.line <= e.to {
							class = e.class
						}
					}
					want[class]++
				}
			}
			if !maps.Equal(rep.Summary.Lines, want) {
				t.Errorf("lines %v, by git blame and the notes %v\n%v", rep.Summary.Lines, want, rep.Reasons)
			}
			sums(t, rep, rep.Summary.AddedLines)
		})
	}
}

type blamedLine struct {
	commit, path string
	line         int
}

// blamedLines gives for each line of a file at main where git blame finds it.
func blamedLines(r repo, path string) []blamedLine {
	var out []blamedLine
	var at blamedLine
	for line := range strings.SplitSeq(r.git("-c", "diff.algorithm=myers", "blame", "--line-porcelain", "base..main", "--", path), "\n") {
		switch {
		case strings.HasPrefix(line, "\t"):
			out = append(out, at)
		case strings.HasPrefix(line, "filename "):
			at.path = strings.TrimPrefix(line, "filename ")
		case len(line) > 40 && line[40] == ' ' && !strings.Contains(line[:40], " "):
			at.commit = line[:40]
			at.line, _ = strconv.Atoi(strings.Fields(line)[1])
		}
	}
	return out
}
