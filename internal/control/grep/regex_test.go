package grep

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lineByLine is what a search for lines means: each line alone, by Go's own matcher.
func lineByLine(re *regexp.Regexp, text string) (numbers []int) {
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if text != "" && re.MatchString(line) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

func sameLines(t *testing.T, expr, text string) (accepted, matched bool) {
	t.Helper()
	c, err := Regex(expr)
	if err != nil || strings.Contains(text, "\x00") {
		return false, false
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		t.Fatalf("%q is accepted here, and Go refuses it: %v", expr, err)
	}
	var got []int
	for _, l := range c.Find([]byte(text), 1<<20) {
		got = append(got, l.Number)
	}
	want := lineByLine(re, text)
	if !slices.Equal(got, want) {
		t.Errorf("%q on %q: lines %v, and line by line %v (as %s)", expr, text, got, want, c.matcher.re)
	}
	return true, len(want) > 0
}

// TestRegexIsLineByLine: no part of a pattern reaches beyond its line.
func TestRegexIsLineByLine(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(6, 2))}
	tried, matched := 0, 0
	for tried < 1500 {
		var b strings.Builder
		for range 1 + g.IntN(4) {
			b.WriteString(g.pick("a", "b", "ab", ".", `\s`, `\S`, `[^a]`, `[^b]*`, "^", "$", `\A`, `\z`, `\b`, "(a|b)", "(?s:.)", "(?s).*", `\w+`, "a?", "(^a|b$)", "é", `[[:^alpha:]]`, `\PL`, "(?i:A)", "x{0,2}", `(?m:^)`, `(?-m:$)`))
		}
		ok, hit := sameLines(t, b.String(), g.text())
		if ok {
			tried++
		}
		if hit {
			matched++
		}
	}
	if matched < tried/5 {
		t.Errorf("only %d of %d match", matched, tried)
	}
	for expr, want := range map[string]string{"a\nb": "lines are searched one by one", `[\n]`: "lines are searched one by one", "(": "is not understood", ".*": "matches any line", "": "matches any line", strings.Repeat("a", 2000): "more than 1024 bytes", "((a{100}){100})": ""} {
		if _, err := Regex(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", expr, err, want)
		}
	}
}

func FuzzRegex(f *testing.F) {
	f.Add("a[^b]*c", "a\nc\nabc\n")
	f.Add(`(?s)\A.+$`, "x\n\ny")
	f.Fuzz(func(t *testing.T, expr, text string) {
		if strings.Contains(text, "\r") || len(text) > 1<<12 {
			return
		}
		sameLines(t, expr, text)
	})
}
