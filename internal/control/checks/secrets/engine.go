package secrets

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"custody/internal/control/keywords"
)

// An Engine finds secrets by rules of gitleaks.
type Engine struct {
	rules  []*Rule
	allow  []allowlist // for all rules
	words  *keywords.Set
	ruleOf []int // rule of each word
}

// A Hit is a secret's place. It holds nothing of the secret.
type Hit struct {
	Rule       *Rule
	Start, End int // lines, counted from that of the block
	secret     string
}

// Stand says that what was found only stands for a secret, where gitleaks does not see
// that: XXXXXXXX in it, or for the generic rule a name in lower case, such as
// "conversations_30d".
func (h Hit) Stand() bool {
	run := 1
	for i := 1; i < len(h.secret); i++ {
		if run++; h.secret[i] != h.secret[i-1] {
			run = 1
		}
		if run >= 8 && strings.IndexByte("xX0*.-_", h.secret[i]) >= 0 && !strings.HasPrefix(h.secret, "-----BEGIN") {
			return true
		}
	}
	return isGeneric(h) && aName().MatchString(h.secret)
}

// aName is words in lower case with a few digits at the end of some, or a constant of
// several words in upper case.
var aName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z]{2,}[0-9]{0,2}(?:[_.-](?:[a-z]{2,}[0-9]{0,2}|[a-z]?[0-9]{1,3}[a-z]?))+$|^_?[A-Z]{2,}[0-9]{0,2}(?:_(?:[A-Z]{2,}[0-9]{0,2}|[A-Z]?[0-9]{1,3}))+$`)
})

func isGeneric(h Hit) bool { return strings.Contains(strings.ToLower(h.Rule.ID), "generic") }

// Passes says whether a file of this path is not looked at at all: media, lock files,
// other people's code.
func (e *Engine) Passes(path string) bool {
	for i := range e.allow {
		if e.allow[i].passes(path) {
			return true
		}
	}
	return false
}

// Named finds rules that speak of a file by its path alone.
func (e *Engine) Named(path string) ([]*Rule, error) {
	var out []*Rule
	for _, r := range e.rules {
		if r.Regex != "" {
			continue
		}
		if err := r.ready(); err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.ID, err)
		}
		if r.path.MatchString(path) && !r.passes(path) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (r *Rule) passes(path string) bool {
	for i := range r.Allowlists {
		if r.Allowlists[i].passes(path) {
			return true
		}
	}
	return false
}

// A Budget bounds the work of many scans: bytes that a rule's expression is tried on.
type Budget struct{ Left int64 }

// errBudget says that a text was not searched by every rule.
var errBudget = fmt.Errorf("over the limit of bytes on which patterns are tried")

// maxHits is how many secrets are listed of one piece of text.
const maxHits = 1000

var errMany = fmt.Errorf("more than %d secrets in one piece; the rest of it was not searched", maxHits)

// matchCost is what a match costs of the budget before it is known whether it is allowed:
// the lists of what is allowed are long.
const matchCost = 16 << 10

// A span is a part of a text that a rule is tried on.
type span struct {
	from, to int // whole lines
	word     int // where a keyword begins in it; -1: somewhere, in letters that fold to ASCII ones
}

// Scan finds the secrets in a block of whole lines of a file. An error says why some
// rule was not tried; the hits are still good.
func (e *Engine) Scan(path string, text []byte, budget *Budget) ([]Hit, error) {
	wanted, failed := e.wanted(text)
	var hits []Hit
	for i, r := range e.rules {
		spans := wanted[i]
		if r.Regex == "" || len(spans) == 0 && len(r.Keywords) > 0 {
			continue
		}
		if r.ready() != nil { // told by wanted
			continue
		}
		if r.path != nil && !r.path.MatchString(path) || r.passes(path) {
			continue
		}
		t := trial{Engine: e, rule: r, path: path, text: text, budget: budget, place: place{text: text}, known: map[[2]string]bool{}}
		for _, s := range r.pattern.windows(text, r.pattern.begun(text, spans, budget)) {
			if budget.Left -= int64(s.to - s.from); budget.Left < 0 {
				return tidy(hits), errBudget
			}
			if !keywords.Met(r.pattern.needs, string(text[s.from:s.to])) {
				continue
			}
			if hits = append(hits, t.window(s)...); len(hits) > maxHits {
				return tidy(hits), errMany
			}
		}
	}
	return tidy(hits), failed
}

// wanted lists for each rule the lines where its keywords stand and where what follows
// them may be a match.
func (e *Engine) wanted(text []byte) (map[int][]span, error) {
	wanted := map[int][]span{}
	var failed error
	start, stop := 0, -1 // the line of the last keyword
	e.words.In(text, func(word, from, end int) bool {
		i := e.ruleOf[word]
		r := e.rules[i]
		if err := r.ready(); err != nil {
			failed = cmp.Or(failed, fmt.Errorf("rule %s can not be used: %w", r.ID, err))
			return true
		}
		if r.pattern == nil || r.pattern.behind != nil && !r.pattern.behind.may(text, from) {
			return true
		}
		if end > stop {
			start, stop = bytes.LastIndexByte(text[:from], '\n')+1, len(text)
			if i := bytes.IndexByte(text[end:], '\n'); i >= 0 {
				stop = end + i + 1
			}
		}
		spans := wanted[i]
		if n := len(spans); n > 0 && r.pattern.at == nil && spans[n-1].from == start {
			return true // the line is there
		}
		wanted[i] = append(spans, span{start, stop, from})
		return true
	})
	if more := foreign(text); more != nil {
		for i, r := range e.rules {
			if r.Regex != "" && len(r.Keywords) > 0 && r.ready() == nil {
				wanted[i] = append(wanted[i], more...)
				slices.SortStableFunc(wanted[i], func(a, b span) int { return cmp.Compare(a.from, b.from) })
			}
		}
	}
	return wanted, failed
}

// foreign lists the lines with a letter that is none of ASCII and folds to one: there,
// keywords may be spelled so that only the expressions see it.
func foreign(text []byte) []span {
	const most = 100 // more are looked at in one piece, with what stands between
	var out []span
	for _, letter := range keywords.ForeignLetters {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(letter))
			if i < 0 {
				break
			}
			at += i
			s := span{bytes.LastIndexByte(text[:at], '\n') + 1, len(text), -1}
			if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
				s.to = at + i + 1
			}
			if out, at = append(out, s), s.to; len(out) > most {
				return []span{{0, len(text), -1}}
			}
		}
	}
	return out
}

// begun leaves of the places of keywords those where a match really begins, as far as
// that can be told by looking at the place alone.
func (p *pattern) begun(text []byte, spans []span, budget *Budget) []span {
	if p.at == nil {
		return spans
	}
	var out []span
	for _, s := range spans {
		if s.word < 0 {
			out = append(out, s)
			continue
		}
		part := text[s.word:min(len(text), p.reach(text, s).to, s.word+longest)]
		if budget.Left -= int64(len(part)); budget.Left < 0 {
			return out // the caller sees that it is used up
		}
		// What ends behind the part is looked for where the line is.
		if p.at.Match(part) || p.far && len(part) == longest {
			out = append(out, s)
		}
	}
	return out
}

// longest is how far behind its keyword a match may end, if that can be told: no secret
// has more bytes.
const longest = 4 << 10

// reach widens a line with a keyword to all that a match with it may take in.
func (p *pattern) reach(text []byte, s span) span {
	for range p.lines {
		if s.from > 0 {
			s.from = bytes.LastIndexByte(text[:s.from-1], '\n') + 1
		}
		if s.to < len(text) {
			if i := bytes.IndexByte(text[s.to:], '\n'); i >= 0 {
				s.to += i + 1
			} else {
				s.to = len(text)
			}
		}
	}
	return s
}

// windows widens the lines with keywords to all that a match with one of them may
// reach, and joins what overlaps.
func (p *pattern) windows(text []byte, spans []span) []span {
	if !p.bound || p.lines >= many {
		return []span{{to: len(text)}}
	}
	var out []span
	for _, s := range spans {
		s = p.reach(text, s)
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(s.to, out[n-1].to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// A trial is one rule on one text.
type trial struct {
	*Engine
	rule   *Rule
	path   string
	text   []byte
	budget *Budget
	place  place
	known  map[[2]string]bool // secret and match: allowed
}

// window applies the rule to a part of the text, step by step as gitleaks does.
func (t *trial) window(s span) []Hit {
	r, window := t.rule, t.text[s.from:s.to]
	var hits []Hit
	for _, at := range r.pattern.FindAllIndex(window, -1) {
		match := strings.Trim(string(window[at[0]:at[1]]), "\n")
		secret := match
		if groups := r.pattern.FindStringSubmatch(match); len(groups) > 1 {
			if r.SecretGroup > 0 {
				secret = groups[r.SecretGroup]
			} else if i := slices.IndexFunc(groups[1:], func(g string) bool { return g != "" }); i >= 0 {
				secret = groups[1+i]
			}
		}
		if r.Entropy != 0 && entropy(secret) <= r.Entropy {
			continue
		}
		if len(hits) > maxHits || t.budget.Left < 0 {
			break // the caller sees why
		}
		from := s.from + at[0]
		for from < s.from+at[1] && t.text[from] == '\n' {
			from++
		}
		t.place.move(from)
		if t.allows(secret, match, from+len(match)) {
			continue
		}
		hits = append(hits, Hit{Rule: r, Start: t.place.line, End: t.place.line + strings.Count(match, "\n"), secret: secret})
	}
	return hits
}

// allows says whether some allowlist takes the match for no secret.
func (t *trial) allows(secret, match string, end int) bool {
	key := [2]string{secret, match}
	if allowed, ok := t.known[key]; ok {
		return allowed
	}
	t.budget.Left -= matchCost
	byLine, allowed := false, false
	for _, lists := range [][]allowlist{t.allow, t.rule.Allowlists} {
		for i := range lists {
			a := &lists[i]
			line := ""
			if a.RegexTarget == "line" {
				line = string(t.place.lines(end))
				t.budget.Left -= int64(len(line))
				byLine = true
			}
			allowed = allowed || a.allows(t.path, secret, match, line)
		}
	}
	if !byLine {
		t.known[key] = allowed
	}
	return allowed
}

// A place moves forward through a text and knows its line.
type place struct {
	text  []byte
	at    int
	line  int // from 0
	start int // of the line
}

func (p *place) move(to int) {
	for p.at < to {
		i := bytes.IndexByte(p.text[p.at:to], '\n')
		if i < 0 {
			p.at = to
			return
		}
		p.at += i + 1
		p.line, p.start = p.line+1, p.at
	}
}

// lines are those from the place's to that of end, without the last line end.
func (p *place) lines(end int) []byte {
	if i := bytes.IndexByte(p.text[end:], '\n'); i >= 0 {
		return p.text[p.start : end+i]
	}
	return p.text[p.start:]
}

// tidy sorts hits and leaves out those of a generic rule where a better one found the
// same.
func tidy(hits []Hit) []Hit {
	better := map[int][]string{} // by line
	for _, h := range hits {
		if !isGeneric(h) {
			better[h.Start] = append(better[h.Start], h.secret)
		}
	}
	var out []Hit
	for _, h := range hits {
		if isGeneric(h) && slices.ContainsFunc(better[h.Start], func(s string) bool { return strings.Contains(s, h.secret) }) {
			continue
		}
		out = append(out, h)
	}
	slices.SortStableFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Rule.ID, b.Rule.ID))
	})
	return out
}

// entropy is Shannon's, in bits for each byte of the text, its characters being the
// symbols.
func entropy(s string) float64 {
	if s == "" {
		return 0
	}
	var few [utf8.RuneSelf]int
	var more map[rune]int
	for _, r := range s {
		if r < utf8.RuneSelf {
			few[r]++
			continue
		}
		if more == nil {
			more = map[rune]int{}
		}
		more[r]++
	}
	counts := make([]int, 0, len(few)+len(more))
	for _, n := range few {
		if n > 0 {
			counts = append(counts, n)
		}
	}
	for _, n := range more {
		counts = append(counts, n)
	}
	slices.Sort(counts) // the same sum whatever the order of a map
	sum := 0.0
	for _, n := range counts {
		f := float64(n) / float64(len(s))
		sum -= f * math.Log2(f)
	}
	return sum
}
