package keywords

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Need is texts, in lower case, of which each match of an expression holds one, in
// whatever case. It says nothing of what is not ASCII: there, letters fold to others.
type Need []string

// shortest is the size under which a text rules out too little to look for.
const shortest = 3

// Needs lists what every match of an expression holds.
func Needs(re *syntax.Regexp) []Need {
	if texts, ok := Spell(re); ok {
		return useful(texts)
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return Needs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return Needs(re.Sub[0])
		}
	case syntax.OpAlternate:
		// One need of each part, together.
		var all Need
		for _, sub := range re.Sub {
			of := Needs(sub)
			if len(of) == 0 {
				return nil
			}
			all = append(all, Best(of)...)
		}
		if len(all) <= MaxTexts {
			return []Need{all}
		}
	case syntax.OpConcat:
		var all []Need
		run := []string{""} // what neighbours spell
		for _, sub := range re.Sub {
			if texts, ok := Spell(sub); ok && len(run)*len(texts) <= MaxTexts {
				run = Cross(run, texts)
				continue
			}
			all, run = append(append(all, useful(run)...), Needs(sub)...), []string{""}
		}
		return append(all, useful(run)...)
	}
	return nil
}

func useful(texts []string) []Need {
	for _, t := range texts {
		if len(t) < shortest || !ASCII(t) {
			return nil
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return []Need{texts}
}

// Best is the need whose shortest text is longest.
func Best(of []Need) Need {
	most, at := 0, 0
	for i, n := range of {
		least := len(n[0])
		for _, t := range n {
			least = min(least, len(t))
		}
		if least > most {
			most, at = least, i
		}
	}
	return of[at]
}

// Met says whether a text has something of every need, or is not known to lack it.
func Met(all []Need, text string) bool {
	if len(all) == 0 || !ASCII(text) {
		return true
	}
	lower := strings.ToLower(text)
	for _, n := range all {
		found := false
		for _, t := range n {
			if found = strings.Contains(lower, t); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// ASCII says whether a text is nothing else.
func ASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// MaxTexts is how many texts are spelled out of a part of an expression.
const MaxTexts = 400

// Spell lists all texts that an expression matches, in lower case, if they are few.
func Spell(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{strings.ToLower(string(re.Rune))}, true
	case syntax.OpCharClass:
		var texts []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 16 || len(texts) > 16 {
				return nil, false
			}
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				texts = append(texts, string(unicode.ToLower(r)))
			}
		}
		return texts, true
	case syntax.OpCapture:
		return Spell(re.Sub[0])
	case syntax.OpQuest:
		texts, ok := Spell(re.Sub[0])
		return append([]string{""}, texts...), ok
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			texts, ok := Spell(sub)
			if !ok || len(all)+len(texts) > MaxTexts {
				return nil, false
			}
			all = append(all, texts...)
		}
		return all, true
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			texts, ok := Spell(sub)
			if !ok || len(all)*len(texts) > MaxTexts {
				return nil, false
			}
			all = Cross(all, texts)
		}
		return all, true
	}
	return nil, false
}

// Cross puts every text of the second behind every one of the first.
func Cross(a, b []string) []string {
	out := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}
