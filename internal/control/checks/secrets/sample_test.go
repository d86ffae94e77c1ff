package secrets

import (
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
)

// A sampler writes texts that expressions match. Nothing that looks like a secret stands
// in this repository: tests make them up.
type sampler struct{ *rand.Rand }

func (s sampler) text(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	s.write(&b, re)
	return b.String()
}

func (s sampler) write(b *strings.Builder, re *syntax.Regexp) {
	times := func(least, most int) {
		if most < 0 || most > least+40 {
			most = least + 40
		}
		for range least + s.IntN(most-least+1) {
			s.write(b, re.Sub[0])
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(s.char(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte('a' + s.IntN(26)))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			s.write(b, sub)
		}
	case syntax.OpAlternate:
		s.write(b, re.Sub[s.IntN(len(re.Sub))])
	case syntax.OpStar:
		times(0, -1)
	case syntax.OpPlus:
		times(1, -1)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpRepeat:
		times(re.Min, re.Max)
	}
}

// char takes a printable character of a class where it has one, else a space or a line
// end.
func (s sampler) char(ranges []rune) rune {
	var printable []rune
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := max(ranges[i], '!'); r <= min(ranges[i+1], '~'); r++ {
			printable = append(printable, r)
		}
	}
	if len(printable) > 0 {
		return printable[s.IntN(len(printable))]
	}
	if slices.Contains(ranges, ' ') {
		return ' '
	}
	return ranges[0]
}
