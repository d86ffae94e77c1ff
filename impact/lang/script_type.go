package lang

// Where types and expressions end. Neither is understood further than that.

// spend allows for n more tokens to be read again; beyond a multiple of all of them the
// file is not understood.
func (o *scriptOutline) spend(n int) bool {
	o.spent += n
	if o.spent > 16*len(o.tok)+4096 {
		o.facts.Damaged = true
		return false
	}
	return true
}

// angles is the place behind the type arguments or parameters that "<" at i opens; -1 if
// it opens none.
func (o *scriptOutline) angles(i, to int) int {
	if !o.spend(0) {
		return -1
	}
	depth := 0
	for j := i; j < to; {
		switch t := o.tok[j]; t.kind {
		case '<':
			depth += int(t.end - t.start)
		case '>':
			if depth--; depth == 0 {
				o.spend(j - i)
				return j + 1
			}
		case tokenWord, tokenString, tokenPiece, tokenNumber, ',', '.', '|', '&', '?', ':', '=', '-', '@', '(', '[', '{', '$', '}', tokenArrow:
		default:
			o.spend(j - i)
			return -1
		}
		if j = o.next(j); j-i > maxAngles {
			break
		}
	}
	o.spend(to - i)
	return -1
}

// maxAngles is how many tokens are looked at for the end of type arguments. Brackets in
// them count as one.
const maxAngles = 2000

// typeEnd is the place behind the type that starts at i.
func (o *scriptOutline) typeEnd(i, to int) int {
	var operand, group bool // a type has ended; with a parenthesis: a function type may follow
	conditions := 0         // "extends" and "?" that are open
	for i < to {
		t := &o.tok[i]
		was := group
		group = false
		switch t.kind {
		case tokenWord:
			word := string(o.text(i))
			if operand {
				switch {
				case word == "extends":
					conditions++
				case word == "is":
				default:
					return i
				}
				operand = false
				i++
				continue
			}
			i++
			operand = o.kind(i-2) == '.' || !o.typePrefix(word, i, to)
			if word == "import" && o.kind(i) == '(' {
				i = o.next(i)
				operand = true
			}
		case tokenString, '$':
			if operand && t.kind == tokenString {
				return i
			}
			i = o.next(i)
			operand = true
		case tokenPiece:
			i++
		case tokenNumber:
			if operand {
				return i
			}
			i++
			operand = true
		case '{':
			if operand {
				return i
			}
			i = o.next(i)
			operand = true
		case '[':
			if operand && t.newline {
				return i
			}
			i = o.next(i)
			operand = true
		case '(':
			if operand {
				return i
			}
			i = o.next(i)
			operand, group = true, true
		case '<':
			end := o.angles(i, to)
			if end < 0 {
				return i
			}
			i = end
		case tokenArrow:
			if !was {
				return i
			}
			i++
			operand = false
		case '|', '&', '.':
			i++
			operand = false
		case '-':
			if operand {
				return i
			}
			i++
		case '?':
			if !operand || conditions == 0 {
				if !operand { // JSDoc's ?T
					i++
					continue
				}
				return i
			}
			i++
			operand = false
		case ':':
			if !operand || conditions == 0 {
				return i
			}
			conditions--
			i++
			operand = false
		default:
			return i
		}
	}
	return min(i, to)
}

// typePrefix says that a word in a type asks for another one behind it, at i.
func (o *scriptOutline) typePrefix(word string, i, to int) bool {
	switch word {
	case "keyof", "typeof", "readonly", "unique", "infer", "asserts", "new", "abstract":
	default:
		return false
	}
	if i >= to || o.tok[i].newline {
		return false
	}
	switch o.kind(i) {
	case tokenWord:
		return !o.word(i, "is") && !o.word(i, "extends")
	case '(', '[', '{', '<', tokenString:
		return true
	}
	return false
}

// statementEnd is the place behind the statement at i, its semicolon taken in.
func (o *scriptOutline) statementEnd(i, to int) int {
	if i >= to {
		return to
	}
	if o.kind(i) == '{' {
		return min(o.next(i), to)
	}
	if o.kind(i) == tokenWord {
		switch string(o.text(i)) {
		case "if", "for", "while", "switch", "with", "catch":
			i++
			if o.word(i, "await") {
				i++
			}
			if i < to && o.kind(i) == '(' {
				i = o.next(i)
			}
			if i < to && o.kind(i) == '{' {
				return min(o.next(i), to)
			}
			return min(i, to)
		case "else", "do", "try", "finally":
			if i++; i < to && o.kind(i) == '{' {
				return min(o.next(i), to)
			}
			return min(i, to)
		}
	}
	end := o.expressionEnd(i, to, false)
	if end < to && o.kind(end) == ';' {
		end++
	}
	return end
}

// expressionEnd is the place behind the expression at i: before a semicolon, before a
// line that does not go on with it or, where declarators are read, before the comma
// behind which another one stands.
func (o *scriptOutline) expressionEnd(i, to int, declarators bool) int {
	operand := false // a value has ended
	closed := false  // the body of a function with "=>": nothing goes on behind it
	for start := i; i < to; {
		t := &o.tok[i]
		if i > start && t.newline && operand && (closed && t.kind != ',' && t.kind != ':' || !o.continues(i)) {
			return i
		}
		closed = false
		switch t.kind {
		case ';', ')', ']', '}':
			return i
		case ',':
			if declarators && o.declarator(i+1, to) {
				return i
			}
			operand = false
		case '<':
			if end := -1; operand && !t.newline && t.start == o.tok[i-1].end {
				if end = o.angles(i, to); end > 0 && o.kind(end) == '(' {
					i = end
					continue
				}
			}
			operand = false
		case tokenWord:
			word := o.text(i)
			if operand && !t.newline && (string(word) == "as" || string(word) == "satisfies") {
				i = max(o.typeEnd(i+1, to), i+1)
				continue
			}
			operand = !scriptOperator(word) || o.kind(i-1) == '.'
		case tokenArrow:
			if o.kind(i+1) == '{' {
				i = o.next(i + 1)
				operand, closed = true, true
				continue
			}
			operand = false
		case '(', '[', '{', tokenElement, tokenNumber, tokenString, tokenPiece, tokenRegexp, '$':
			operand = true
		case '+', '-':
			operand = operand && t.end-t.start == 2
		case '!':
			operand = operand && !(o.kind(i+1) == '=' && o.tok[i+1].start == t.end)
		default:
			operand = false
		}
		i = o.next(i)
	}
	return min(i, to)
}

// continues says that token i, the first of its line, goes on with the expression before
// it.
func (o *scriptOutline) continues(i int) bool {
	t := &o.tok[i]
	switch t.kind {
	case '.', '?', ':', '=', ',', '*', '/', '%', '&', '|', '^', '<', '>', '(', '[', tokenArrow, tokenPiece, '$':
		return true
	case '+', '-':
		return t.end-t.start == 1
	case '!':
		return o.kind(i+1) == '=' && o.tok[i+1].start == t.end
	case tokenString:
		return o.src[t.start] == '`'
	case tokenWord:
		return o.word(i, "in") || o.word(i, "instanceof")
	}
	return false
}

// scriptOperator says that a value follows behind the word.
func scriptOperator(word []byte) bool {
	switch string(word) {
	case "typeof", "instanceof", "in", "of", "new", "await", "yield", "delete", "void", "return", "throw", "case",
		"extends", "function", "class", "async", "default", "export", "else", "do", "keyof":
		return true
	}
	return false
}

// declarator says that at i, behind a comma, another variable is declared.
func (o *scriptOutline) declarator(i, to int) bool {
	if i >= to {
		return false
	}
	switch o.kind(i) {
	case tokenWord, '{', '[':
	default:
		return false
	}
	i = o.next(i)
	if i >= to || o.tok[i].newline && o.kind(i) != '=' && o.kind(i) != ':' {
		return true
	}
	switch o.kind(i) {
	case '=':
		return !(o.kind(i+1) == '=' && o.tok[i+1].start == o.tok[i].end)
	case ':', ';', ',':
		return true
	case '!':
		return o.kind(i+1) == ':'
	}
	return false
}
