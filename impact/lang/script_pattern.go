package lang

import (
	"slices"
	"strings"
)

// A patternTable maps names to targets, some with one star: "./lib/*" to
// "./dist/*.js". The exact name wins, then the longest text before the star.
type patternTable struct {
	exact map[string][]string
	heads []starHead     // once sorted is true by text, so that those that one begins with stand before it
	at    map[string]int // place in heads, until then
	cut   bool           // it says more than is kept
}

// A starHead is the text before a star.
type starHead struct {
	text     string
	above    int // the longest other one that it begins with; -1: none
	patterns []starPattern
}

type starPattern struct {
	suffix  string
	targets []string
}

const (
	maxSuffixes = 32 // patterns that differ only behind the star
	maxHeads    = 64 // texts before the star that are tried for one name, the longest first
)

func newPatternTable() *patternTable {
	return &patternTable{exact: map[string][]string{}, at: map[string]int{}}
}

func (t *patternTable) add(pattern string, to []string) {
	head, suffix, star := strings.Cut(pattern, "*")
	if !star && strings.HasSuffix(pattern, "/") && pattern != "/" {
		// A folder: deprecated in Node.js, still met.
		head, star = pattern, true
		to = slices.Clone(to)
		for i := range to {
			to[i] += "*"
		}
	}
	switch {
	case len(pattern) > maxSpec:
		t.cut = true
		return
	case !star:
		t.exact[pattern] = to
		return
	}
	i, ok := t.at[head]
	if !ok {
		i = len(t.heads)
		t.at[head] = i
		t.heads = append(t.heads, starHead{text: head})
	}
	if len(t.heads[i].patterns) == maxSuffixes {
		t.cut = true
		return
	}
	t.heads[i].patterns = append(t.heads[i].patterns, starPattern{suffix, to})
}

// everything says that a pattern begins with its star.
func (t *patternTable) everything() bool {
	t.sort()
	return len(t.heads) > 0 && t.heads[0].text == ""
}

// sort makes the heads ready to be asked.
func (t *patternTable) sort() {
	if t.at == nil {
		return
	}
	t.at = nil
	slices.SortFunc(t.heads, func(a, b starHead) int { return strings.Compare(a.text, b.text) })
	for i := range t.heads {
		above := i - 1
		for above >= 0 && !strings.HasPrefix(t.heads[i].text, t.heads[above].text) {
			above = t.heads[above].above
		}
		t.heads[i].above = above
	}
}

// match lists the targets for a name, the star filled in. It takes time linear in the name,
// whatever the table holds; cut says that a pattern that was not looked at may be meant.
func (t *patternTable) match(name string) (to []string, cut bool) {
	if to, ok := t.exact[name]; ok {
		return to, false
	}
	t.sort()
	after, _ := slices.BinarySearchFunc(t.heads, name, func(h starHead, name string) int {
		if h.text <= name {
			return -1
		}
		return 1
	})
	if after == 0 {
		return nil, t.cut
	}
	// Whatever the name begins with, the last head before it begins with, too.
	common := commonLength(name, t.heads[after-1].text)
	tried := 0
	for i := after - 1; i >= 0; i = t.heads[i].above {
		h := &t.heads[i]
		if len(h.text) > common {
			continue
		}
		if tried++; tried > maxHeads {
			return nil, true
		}
		for _, p := range h.patterns {
			if rest, ok := strings.CutSuffix(name[len(h.text):], p.suffix); ok {
				return filled(p.targets, rest)
			}
		}
	}
	return nil, t.cut
}

// filled puts what stood for the star into the targets.
func filled(targets []string, rest string) (to []string, cut bool) {
	to = make([]string, 0, len(targets))
	for _, target := range targets {
		if len(target)+strings.Count(target, "*")*len(rest) > maxSpec {
			cut = true
			continue
		}
		to = append(to, strings.ReplaceAll(target, "*", rest))
	}
	return to, cut
}

func commonLength(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
