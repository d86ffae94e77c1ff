package secrets

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestMixedShortcuts holds the engine against one without shortcuts, on texts like
// what rules match, cut up and put together at random: with long lines, and letters that
// fold to others.
func TestMixedShortcuts(t *testing.T) {
	from, texts := corpus(1), 15
	if os.Getenv("CUSTODY_SLOW") != "" {
		texts = 3000
	}
	r := rand.New(rand.NewPCG(11, 12))
	found, folded := 0, 0
	for i := range texts {
		var b strings.Builder
		for range 20 {
			lines := strings.SplitAfter(from[r.IntN(len(from))].text, "\n")
			line := lines[r.IntN(len(lines))]
			switch r.IntN(8) {
			case 0:
				line = strings.TrimSuffix(line, "\n")
			case 1:
				if i%5 == 0 {
					line = strings.ReplaceAll(line, "k", "\u212a")
				}
			case 2:
				line = strings.Repeat("a.b=c, ", r.IntN(700)) + line
			case 3:
				if n := len(line); n > 4 {
					line = line[r.IntN(n/2):]
				}
			}
			b.WriteString(line)
		}
		text := b.String()
		sameEverywhere(t, []byte(text))
		hits, _ := Default().Scan("a.txt", []byte(text), &Budget{math.MaxInt64})
		found += len(hits)
		for _, h := range hits {
			if line := strings.Split(text, "\n")[h.Start]; strings.Contains(line, "\u212a") {
				folded++
			}
		}
	}
	if found < texts || folded == 0 {
		t.Errorf("found %d, %d of them in lines with letters that fold: the texts are poor", found, folded)
	}
}

// TestPassingMissesNothing holds the quick answer about a path against the expressions.
func TestPassingMissesNothing(t *testing.T) {
	all := Default().allow
	for _, r := range Default().rules {
		if err := r.ready(); err != nil {
			t.Fatal(err)
		}
		all = append(all, r.Allowlists...)
	}
	passed := 0
	for seed := range uint64(40) {
		s := sampler{rand.New(rand.NewPCG(seed, 5))}
		for i := range all {
			for _, expr := range all[i].Paths {
				p := s.text(`(a/|src/)?`) + s.text(expr) + s.text(`(x|/y)?`)
				switch s.IntN(4) {
				case 0:
					p = s.spoil(p)
				case 1:
					p = strings.ToUpper(p)
				case 2:
					p = strings.ReplaceAll(p, "s", "\u017f")
				}
				for k := range all {
					a := &all[k]
					want := !a.and() && a.path != nil && a.path.MatchString(p)
					if got := a.passes(p); got != want {
						t.Fatalf("%q: %v, the expressions %q say %v", p, got, a.Paths, want)
					}
					if want {
						passed++
					}
				}
			}
		}
	}
	if passed < 200 {
		t.Errorf("%d paths matched: they are poor", passed)
	}
}
