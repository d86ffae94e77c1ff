package config

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"custody/internal/change"
)

// TestGlobMatches holds globs against regular expressions of the same meaning: a rule for
// Makefile* that is not about Makefile is one that nobody asks.
func TestGlobMatches(t *testing.T) {
	if !Glob("**/Makefile*").Match("Makefile") || !Glob("src*").Match("src/a") || Glob("src?").Match("src/a") {
		t.Error("the simplest do not match as they say")
	}
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "b", ".", "*a", "*.{,b}", "a.{a,b}", "{a/b,b/a}", "{a,b/a}", "*.a", "*.{a,b}", "*.{a,bb}", "*", "?", "{a,b}", "{a,ab}", "/", "/", "/**/", "/*"}
	words := strings.NewReplacer(".", `\.`, "/**/", "/(.*/)?", "*", "[^/]*", "?", "[^/]", "{", "(", "}", ")", ",", "|")
	tried, matched := 0, 0
	for range 60_000 {
		var s, p string
		for range 1 + r.IntN(6) {
			s += pieces[r.IntN(len(pieces))]
		}
		for range 1 + r.IntN(7) {
			p += []string{"a", "b", "a", "/", "."}[r.IntN(5)]
		}
		var g Glob
		if strings.Contains(strings.ReplaceAll(s, "/**/", "//"), "**") || strings.Contains(p, "//") || strings.Trim(p, "/") != p || g.UnmarshalText([]byte(s)) != nil {
			continue
		}
		tried++
		want := regexp.MustCompile("^" + words.Replace(s) + "(/.*)?$").MatchString(p)
		if want {
			matched++
		}
		if got := g.Match(change.Path(p)); got != want {
			t.Fatalf("glob %q, path %q: %v, want %v", s, p, got, want)
		}
	}
	if tried < 5000 || matched < 500 {
		t.Errorf("%d globs were tried, %d matched: the test proves less than it says", tried, matched)
	}
}
