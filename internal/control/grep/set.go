package grep

import (
	"math/bits"
	"strings"
)

// A byteSet is a set of bytes: what one position of a pattern may match.
type byteSet [4]uint64

var (
	anyByte  = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	wordByte = class("alnum").with('_')
	// grep's \s; lines hold no newline.
	spaceByte = class("space")
)

func oneByte(c byte) byteSet { return byteSet{}.with(c) }

func (s byteSet) with(c byte) byteSet {
	s[c/64] |= 1 << (c % 64)
	return s
}

func (s byteSet) has(c byte) bool { return s[c/64]&(1<<(c%64)) != 0 }

func (s byteSet) or(t byteSet) byteSet {
	for i := range s {
		s[i] |= t[i]
	}
	return s
}

func (s byteSet) not() byteSet {
	for i := range s {
		s[i] = ^s[i]
	}
	return s
}

func (s byteSet) within(t byteSet) bool { return s.or(t) == t }

func (s byteSet) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// folded adds the other case of every ASCII letter in the set.
func (s byteSet) folded() byteSet {
	for c := byte('a'); c <= 'z'; c++ {
		if s.has(c) || s.has(c-'a'+'A') {
			s = s.with(c).with(c - 'a' + 'A')
		}
	}
	return s
}

func span(lo, hi byte) byteSet {
	var s byteSet
	for c := int(lo); c <= int(hi); c++ {
		s = s.with(byte(c))
	}
	return s
}

// class is a POSIX character class in the C locale; empty for an unknown name.
func class(name string) byteSet {
	switch name {
	case "alpha":
		return span('a', 'z').or(span('A', 'Z'))
	case "digit":
		return span('0', '9')
	case "alnum":
		return class("alpha").or(class("digit"))
	case "upper":
		return span('A', 'Z')
	case "lower":
		return span('a', 'z')
	case "space":
		return span('\t', '\r').with(' ')
	case "blank":
		return oneByte(' ').with('\t')
	case "punct":
		return class("graph").minus(class("alnum"))
	case "print":
		return span(' ', '~')
	case "graph":
		return span('!', '~')
	case "cntrl":
		return span(0, 31).with(127)
	case "xdigit":
		return class("digit").or(span('a', 'f')).or(span('A', 'F'))
	}
	return byteSet{}
}

func (s byteSet) minus(t byteSet) byteSet { return s.not().or(t).not() }

// parseBracket reads a bracket expression from behind its "[" and returns how many
// bytes it took, with the closing one. negations are the bytes that negate it in front.
// What grep and fnmatch read differently from what was probably meant is refused.
func parseBracket(s, negations string) (byteSet, int, error) {
	var set byteSet
	i, negated := 0, false
	if i < len(s) && strings.IndexByte(negations, s[i]) >= 0 {
		negated = true
		i++
	}
	start := i
	for ; ; i++ {
		if i >= len(s) {
			return set, 0, unsupported(`for a bracket itself write \[`, "a bracket ([) is not closed")
		}
		c := s[i]
		if c == ']' && i > start {
			break
		}
		if c >= 0x80 {
			return set, 0, unsupported("write the alternatives out: (ä|ö)", "a bracket with characters beyond ASCII is not evaluated")
		}
		if c == '[' && i+1 < len(s) && strings.IndexByte(":.=", s[i+1]) >= 0 {
			part, n, err := bracketClass(s[i:])
			if err != nil {
				return set, 0, err
			}
			set = set.or(part)
			i += n - 1
			if i+2 < len(s) && s[i+1] == '-' && s[i+2] != ']' {
				return set, 0, unsupported("", "a range in brackets begins with a class")
			}
			continue
		}
		last := i+1 < len(s) && s[i+1] == ']'
		if c == '-' && i > start && !last {
			return set, 0, unsupported("put the - first or last in the brackets", "a - in the middle of brackets is not evaluated")
		}
		if i+2 < len(s) && s[i+1] == '-' && s[i+2] != ']' && c != '-' {
			hi := s[i+2]
			if hi == '[' && i+3 < len(s) && strings.IndexByte(":.=", s[i+3]) >= 0 || hi >= 0x80 || hi < c {
				return set, 0, unsupported("", "the range %q in brackets is not evaluated", clip(s[i:i+3]))
			}
			set = set.or(span(c, hi))
			i += 2
			continue
		}
		if c == '-' && !last && i == start && i+1 < len(s) && s[i+1] == '-' {
			return set, 0, unsupported("put the - first or last in the brackets", "a range that begins with - is not evaluated")
		}
		set = set.with(c)
	}
	body := s[start:i]
	if len(body) > 1 && body[0] == ':' && body[len(body)-1] == ':' {
		return set, 0, unsupported("write [["+clip(body)+"]]", "[%s] is not a character class", clip(body))
	}
	if negated {
		set = set.not()
	}
	return set, i + 1, nil
}

// bracketClass reads [:name:]; [.c.] and [=c=] are recognised and refused.
func bracketClass(s string) (byteSet, int, error) {
	end := strings.Index(s[2:], string(s[1])+"]")
	if end < 0 {
		return byteSet{}, 0, unsupported("", "%q in brackets is not closed", s[:2])
	}
	name := s[2 : 2+end]
	if s[1] != ':' {
		return byteSet{}, 0, unsupported("write the character itself", "[%c%s%c] in brackets is not evaluated", s[1], clip(name), s[1])
	}
	set := class(name)
	if set.count() == 0 {
		return set, 0, unsupported("", "there is no character class [:%s:]", clip(name))
	}
	return set, end + 4, nil
}
