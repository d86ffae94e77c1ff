package main

import "strings"

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

	number int
	enter  site // where codeMark in the text stands for an expression that runs when it is called
}

const codeMark = "%CODE%"

// enterBy is the change that runs an expression whenever the function is called.
func (f *function) enterBy(operator, code string) site {
	s := f.enter
	s.operator, s.text = operator, strings.Replace(s.text, codeMark, code, 1)
	return s
}

// A mutant is one function with one site.
type mutant struct {
	function
	site
}

// apply makes the changed file.
func (s site) apply(src []byte) []byte {
	out := append([]byte{}, src[:s.start]...)
	out = append(out, s.text...)
	return append(out, src[s.end:]...)
}
