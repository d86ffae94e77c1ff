package lang

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestPatterns holds the one search of match against trying all patterns: the exact name,
// else the longest text before the star, of those the first that was added.
func TestPatterns(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	text := func(letters string, n int) string {
		b := make([]byte, chance.IntN(n))
		for i := range b {
			b[i] = letters[chance.IntN(len(letters))]
		}
		return string(b)
	}
	found := 0
	for range 2000 {
		table := newPatternTable()
		patterns := map[string]string{}
		var order []string
		for range chance.IntN(12) {
			p := text("ab*", 7)
			if _, twice := patterns[p]; twice {
				continue
			}
			patterns[p] = "to " + p + "="
			if strings.Contains(p, "*") {
				patterns[p] += "*"
			}
			order = append(order, p)
			table.add(p, []string{patterns[p]})
		}
		for range 12 {
			name := text("ab*", 9)
			want, best := "", -1
			for _, p := range order {
				head, suffix, star := strings.Cut(p, "*")
				switch {
				case !star && p == name:
					want, best = patterns[p], len(name)+1
				case star && len(name) >= len(head)+len(suffix) && strings.HasPrefix(name, head) && strings.HasSuffix(name, suffix) && len(head) > best:
					want, best = strings.ReplaceAll(patterns[p], "*", name[len(head):len(name)-len(suffix)]), len(head)
				}
			}
			got, cut := table.match(name)
			if cut || best >= 0 != (len(got) == 1) || best >= 0 && got[0] != want {
				t.Fatalf("%q of %q: %q (cut: %v), not %q", name, order, got, cut, want)
			}
			if best >= 0 {
				found++
			}
		}
		if everything := slices.ContainsFunc(order, func(p string) bool { return strings.HasPrefix(p, "*") }); everything != table.everything() {
			t.Fatalf("%q: everything is %v", order, !everything)
		}
	}
	if found < 1000 {
		t.Errorf("only %d names match at all", found)
	}
}

// TestPatternsCut: what is not looked at, is said.
func TestPatternsCut(t *testing.T) {
	table := newPatternTable()
	for i := range maxHeads + 2 {
		table.add(strings.Repeat("a", i)+"*z", []string{"x"})
	}
	if to, cut := table.match(strings.Repeat("a", 100)); to != nil || !cut {
		t.Errorf("%q, cut: %v", to, cut)
	}
	if to, cut := table.match("aaaz"); len(to) != 1 || cut {
		t.Errorf("%q, cut: %v", to, cut)
	}
	table = newPatternTable()
	for i := range maxSuffixes + 1 {
		table.add("a*"+strings.Repeat("z", i+1)+"y", []string{"x"})
	}
	if to, cut := table.match("other"); to != nil || !cut {
		t.Errorf("%q, cut: %v", to, cut)
	}
}
