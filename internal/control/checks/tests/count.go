package tests

import (
	"path"
	"strings"

	"custody/internal/change"
	"custody/internal/control/checks/codetext"
)

// A tally is what a test file asks, counted.
type tally struct {
	tests, asserts int
	skips          []mark // tests that do not run, or may fail
	focused        []mark // tests beside which no other runs
}

// A mark is one place of a test file.
type mark struct {
	line int
	what string
}

// A lang is how the tests of a language look.
type lang struct {
	text codetext.Language
	of   func(i int, ts []codetext.Token, t *tally)
}

// langOf is the language of a path; false for one that is not known.
func langOf(p change.Path) (lang, bool) {
	switch path.Ext(string(p)) {
	case ".go":
		return lang{codetext.Script, goTests}, true
	case ".py":
		return lang{codetext.Python, pythonTests}, true
	case ".rb":
		return lang{codetext.Ruby, rubyTests}, true
	case ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte":
		return lang{codetext.Script, scriptTests}, true
	case ".java", ".kt", ".groovy", ".scala":
		return lang{codetext.Script, javaTests}, true
	}
	return lang{}, false
}

// A counter counts what test files ask, one after the other in the same memory.
type counter struct{ tokens []codetext.Token }

// count counts what one asks; false when it is not understood to its end.
func (c *counter) count(p change.Path, src []byte) (tally, bool) {
	l, ok := langOf(p)
	if !ok {
		return tally{}, false
	}
	ts, cut := codetext.Into(c.tokens, string(src), l.text)
	c.tokens = ts
	var t tally
	for i := range ts {
		if ts[i].Kind == codetext.Name || ts[i].Text == "@" {
			l.of(i, ts, &t)
		}
	}
	return t, !cut
}

// at is the text of a token, empty outside of the file.
func at(ts []codetext.Token, i int) string {
	if i < 0 || i >= len(ts) || ts[i].Kind == codetext.Text {
		return ""
	}
	return ts[i].Text
}

func last(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }

func (t *tally) skip(tok codetext.Token, what string) {
	t.skips = append(t.skips, mark{tok.Line, what})
}

func goTests(i int, ts []codetext.Token, t *tally) {
	name := ts[i].Text
	switch {
	case at(ts, i-1) == "func" && at(ts, i+1) == "(" && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example")) && name != "TestMain":
		t.tests++
	case at(ts, i+1) != "(":
	case strings.HasPrefix(name, "t.Run"):
		t.tests++
	case name == "t.Skip" || name == "t.Skipf" || name == "t.SkipNow":
		t.skip(ts[i], name)
	case strings.HasPrefix(name, "require.") || strings.HasPrefix(name, "assert."):
		t.asserts++
	case name == "t.Error" || name == "t.Errorf" || name == "t.Fatal" || name == "t.Fatalf" || name == "t.Fail" || name == "t.FailNow":
		t.asserts++
	}
}

func pythonTests(i int, ts []codetext.Token, t *tally) {
	name := ts[i].Text
	decorator := at(ts, i-1) == "@"
	switch {
	case at(ts, i-1) == "def" && strings.HasPrefix(name, "test"):
		t.tests++
	case name == "assert" && ts[i].First, strings.HasPrefix(name, "self.assert") && at(ts, i+1) == "(", strings.HasPrefix(name, "pytest.raises"):
		t.asserts++
	case decorator && (strings.HasPrefix(name, "pytest.mark.skip") || strings.HasPrefix(name, "pytest.mark.xfail") || strings.HasPrefix(name, "unittest.skip") || name == "unittest.expectedFailure" || strings.HasPrefix(name, "skip")):
		t.skip(ts[i], name)
	case at(ts, i+1) == "(" && (name == "self.skipTest" || name == "pytest.skip" || name == "pytest.xfail"):
		t.skip(ts[i], name)
	}
}

func rubyTests(i int, ts []codetext.Token, t *tally) {
	name := ts[i].Text
	string := i+1 < len(ts) && ts[i+1].Kind == codetext.Text
	switch {
	case ts[i].First && string && (name == "it" || name == "test" || name == "specify" || name == "scenario" || name == "should"), at(ts, i-1) == "def" && strings.HasPrefix(name, "test_"):
		t.tests++
	case ts[i].First && string && (name == "xit" || name == "xdescribe" || name == "xcontext" || name == "xscenario" || name == "pending"), ts[i].First && name == "skip":
		t.skip(ts[i], name)
	case ts[i].First && string && (name == "fit" || name == "fdescribe" || name == "fcontext"):
		t.focused = append(t.focused, mark{ts[i].Line, name})
	case name == "expect" && (at(ts, i+1) == "(" || at(ts, i+1) == "{"), strings.HasPrefix(name, "assert") && ts[i].First, strings.HasPrefix(name, "refute") && ts[i].First:
		t.asserts++
	}
}

func scriptTests(i int, ts []codetext.Token, t *tally) {
	name := ts[i].Text
	if at(ts, i+1) != "(" {
		return
	}
	head, rest, _ := strings.Cut(name, ".")
	suite := head == "it" || head == "test" || head == "describe" || head == "suite" || head == "context"
	switch {
	case suite && (rest == "skip" || rest == "todo" || rest == "fails" || rest == "failing" || strings.HasPrefix(rest, "skip.")), name == "xit" || name == "xtest" || name == "xdescribe" || name == "this.skip":
		if i+2 < len(ts) && at(ts, i+2) == ")" && name != "this.skip" {
			return
		}
		t.skip(ts[i], name)
	case suite && (rest == "only" || strings.HasPrefix(rest, "only.")), name == "fit" || name == "fdescribe":
		t.focused = append(t.focused, mark{ts[i].Line, name})
	case head == "it" || head == "test" && (rest == "" || rest == "each" || rest == "concurrent"):
		t.tests++
	case head == "expect" || head == "assert":
		t.asserts++
	}
}

func javaTests(i int, ts []codetext.Token, t *tally) {
	name := ts[i].Text
	if at(ts, i-1) == "@" {
		switch last(name) {
		case "Test", "ParameterizedTest", "RepeatedTest", "Property", "TestFactory":
			t.tests++
		case "Disabled", "Ignore", "DisabledOnOs", "DisabledIf":
			t.skip(ts[i], "@"+name)
		}
		return
	}
	if at(ts, i+1) != "(" {
		return
	}
	// JUnit, AssertJ, Mockito, Kotest; Spring's clients and MockMvc, and Reactor's verifier.
	for _, begins := range []string{"assert", "verify", "should", "expect", "andExpect"} {
		if strings.HasPrefix(last(name), begins) {
			t.asserts++
			return
		}
	}
	if last(name) == "fail" {
		t.asserts++
	}
}
