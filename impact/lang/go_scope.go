package lang

import (
	"bytes"
	"slices"
)

// A goDeclared is a name that a statement of a body declares, by ":=" or by "var" without
// parentheses: from the next statement on, it stands for that up to the end of its block.
// What declares names otherwise (a select's case, a function literal's head, a local const)
// is left out, and then the package's name of the same spelling counts as mentioned, too.
type goDeclared struct {
	hash   NameHash
	from   int  // in the file, behind ":="
	depth  int  // of the block
	head   bool // it is declared before the block of an if, a for or a switch, and ends with that
	active bool // its own statement is over
	body   bool // that block has begun
}

// maxGoDeclared bounds the names that are in scope at once; those beyond count as mentioned.
const maxGoDeclared = 64

// goStarts are the tokens behind which a statement may start, or the names that one declares.
var goStarts = [256]bool{goEnd: true, '{': true, ':': true, goKeyword: true}

// declare notes the names before the ":=" at i, from the start of their statement.
func (d *goDefiner) declare(i, depth int) {
	left := d.src[d.statement:i]
	if d.statement < 0 || len(left) > 1000 {
		return
	}
	head := false
	switch {
	case endsWithKeyword(d.src[:d.statement], "if"), endsWithKeyword(d.src[:d.statement], "for"), endsWithKeyword(d.src[:d.statement], "switch"):
		head = true
	case d.before == goKeyword:
		return
	}
	var few [4][2]int
	words := few[:0]
	for at := d.statement; ; {
		start := at
		for at < i && isIdent(d.src[at]) {
			at++
		}
		words = append(words, [2]int{start, at})
		at += len(d.src[at:i]) - len(bytes.TrimLeft(d.src[at:i], " \t\r\n"))
		if at == i {
			break
		}
		if start == words[len(words)-1][1] || d.src[at] != ',' {
			return // something else is assigned to, or a comment stands there
		}
		at++
		at += len(d.src[at:i]) - len(bytes.TrimLeft(d.src[at:i], " \t\r\n"))
	}
	for _, w := range slices.Backward(words) {
		d.declareName(w[0], w[1], goDeclared{from: i + 2, depth: depth, head: head})
	}
}

// declareVar notes the name from start to end, which stands behind a keyword.
func (d *goDefiner) declareVar(start, end, depth int) {
	if depth > 0 && endsWithKeyword(d.src[:start], "var") {
		d.declareName(start, end, goDeclared{from: end, depth: depth})
	}
}

// declareName takes back that a name was mentioned, if it was not before.
func (d *goDefiner) declareName(start, end int, as goDeclared) {
	if start == end || string(d.src[start:end]) == "_" || len(d.locals.declared) == maxGoDeclared {
		return
	}
	as.hash = HashName(d.src[start:end])
	if n := len(d.names) - 1; n >= 0 && d.names[n] == as.hash && d.newAt[n%len(d.newAt)] == start {
		d.names = d.names[:n]
		d.seen.forget(as.hash)
	}
	for _, other := range d.locals.declared {
		if other.hash == as.hash && other.depth == as.depth && other.head == as.head && !as.head {
			return
		}
	}
	d.locals.declared = append(d.locals.declared, as)
}

func endsWithKeyword(src []byte, keyword string) bool {
	before := bytes.TrimRight(src, " \t")
	rest, ok := bytes.CutSuffix(before, []byte(keyword))
	return ok && len(before) < len(src) && (len(rest) == 0 || !isIdent(rest[len(rest)-1]))
}

// ended is called where a statement ends.
func (l *goLocals) ended(depth int) {
	if !slices.ContainsFunc(l.at(depth), func(x goDeclared) bool { return !x.active || x.body }) {
		return
	}
	l.update(func(x *goDeclared) bool {
		if x.depth != depth {
			return true
		}
		if x.active && x.body {
			return false
		}
		x.active = true
		return true
	})
}

// opened is called where a brace brought the depth so far.
func (l *goLocals) opened(src []byte, i, depth int) {
	if !slices.ContainsFunc(l.at(depth-1), func(x goDeclared) bool { return x.head && !x.body }) {
		return
	}
	l.update(func(x *goDeclared) bool {
		if !x.head || x.depth != depth-1 || x.body {
			return true
		}
		if !x.active && hasTypeLiteral(src[x.from:i]) {
			return false // the brace may be that of a value, before the block
		}
		x.active, x.body = true, true
		return true
	})
}

// hasTypeLiteral says whether a header may hold a value in braces, or a function. Those whose
// type is a name have to stand in parentheses there.
func hasTypeLiteral(header []byte) bool {
	for i, c := range header {
		if c != '[' {
			continue
		}
		operand := bytes.TrimRightFunc(header[:i], func(r rune) bool { return r >= 0x80 || isIdent(byte(r)) })
		word := header[len(operand):i]
		if isGoKeyword(word) || len(word) == 0 && (i == 0 || header[i-1] != ')' && header[i-1] != ']') {
			return true
		}
	}
	for _, keyword := range []string{"func", "struct", "interface"} {
		if bytes.Contains(header, []byte(keyword)) {
			return true
		}
	}
	return false
}

// closed is called where a bracket brought the depth back.
func (l *goLocals) closed(depth int) {
	if n := len(l.declared); n > 0 && l.declared[n-1].depth > depth {
		l.update(func(x *goDeclared) bool { return x.depth <= depth })
	}
}

// at are the names that are declared at a depth which nothing is deeper than: what was
// declared in a block is gone with that, so the deepest come last.
func (l *goLocals) at(depth int) []goDeclared {
	n := len(l.declared)
	for n > 0 && l.declared[n-1].depth == depth {
		n--
	}
	return l.declared[n:]
}

// keyword is called at each one.
func (l *goLocals) keyword(word []byte, depth int) {
	switch string(word) {
	case "case", "default": // each is a block
		l.update(func(x *goDeclared) bool { return x.depth != depth || x.head })
	case "type": // of a switch behind another statement, whose name ends with it
		l.update(func(x *goDeclared) bool { return x.active || x.head })
	}
}

// update keeps some of the names that are declared.
func (l *goLocals) update(keep func(*goDeclared) bool) {
	kept := l.declared[:0]
	l.mask = l.fixed
	for i := range l.declared {
		x := l.declared[i]
		if !keep(&x) {
			continue
		}
		kept = append(kept, x)
		if x.active {
			l.mask |= 1 << (x.hash % 64)
		}
	}
	l.declared = kept
}

func (l *goLocals) isDeclared(h NameHash) bool {
	return slices.ContainsFunc(l.declared, func(x goDeclared) bool { return x.active && x.hash == h })
}
