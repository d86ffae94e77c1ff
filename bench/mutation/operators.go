package main

// Operators, by name. Each changes one place of one function, and leaves the rest of the
// file as it is, byte for byte.
const (
	opPanic     = "panic"     // the function panics when it is called: every test that runs it notices
	opNegate    = "negate"    // the condition of an if or for is negated
	opOperator  = "operator"  // == for !=, < for >=, + for -, && for ||, and so on
	opLiteral   = "literal"   // a number grows by one, a text by a letter, true is false
	opStatement = "statement" // a call or an assignment is left out
	opReturn    = "return"    // a returned value becomes another one of the same type, where that is plain
)

// A site is a place that can be mutated.
type site struct {
	operator   string
	start, end int    // bytes that are replaced
	text       string // by this
	line       int
}

// A function is one that can be drawn.
type function struct {
	path  string
	name  string // "T.m" for a method
	line  int
	sites []site
}

// A mutant is one function with one site.
type mutant struct {
	function
	site
}

// apply makes the mutated file.
func (m *mutant) apply(src []byte) []byte {
	out := append([]byte{}, src[:m.start]...)
	out = append(out, m.text...)
	return append(out, src[m.end:]...)
}
