package cel

import (
	"errors"
	"strings"
	"testing"
)

// bomb is a list of numbers, as large as a document may bring.
func bomb(n int) []Value {
	list := make([]Value, n)
	for i := range list {
		list[i] = int64(i)
	}
	return list
}

var attackEnv = Env{Variables: []Variable{{"doc", DynType}, {"s", StringType}, {"l", ListOf(IntType)}}}

// TestCostAttacks: an expression that would run for hours, or fill the memory, is refused
// by its estimate or stopped by its count, and never true.
func TestCostAttacks(t *testing.T) {
	values := map[string]Value{"doc": bomb(100_000), "l": bomb(100_000), "s": strings.Repeat("a", 1<<20)}
	for name, src := range map[string]string{
		"loops in loops":             "l.all(a, l.all(b, l.all(c, a + b + c >= 0)))",
		"four of them":               "l.all(a, l.all(b, l.all(c, l.all(d, true))))",
		"two over much":              "l.all(a, l.all(b, a + b >= 0))",
		"over dyn":                   "doc.all(a, doc.exists(b, b == 99999))",
		"growing lists":              "l.map(a, l + l).map(a, a + a).all(b, size(b) >= 0)",
		"doubling by hand":           "size(" + strings.Repeat("(", 40) + "s" + strings.Repeat(" + s)", 40) + ") >= 0",
		"a list of lists":            "size(l.map(a, l.map(b, l))) >= 0",
		"text in a loop":             "l.all(a, (s + s).contains('b') || true)",
		"search in lists":            "l.all(a, a in l)",
		"comparing lists":            "l.all(a, l == doc)",
		"a pattern built to explode": "l.all(a, s.matches('(a|a|a|a|a)*b') || true)",
		"split":                      "l.all(a, size(s.split('')) > 0)",
		"any absorbs nothing":        "l.exists(a, l.all(b, l.size() / 0 == b)) || l.all(a, l.all(b, a + b >= 0))",
		"or absorbs nothing":         "true && (l.all(a, l.all(b, a + b >= 0)) || true)",
	} {
		p, err := CompileCondition(attackEnv, src)
		if err == nil {
			var holds bool
			var cost int64
			holds, cost, err = p.Holds(values, MaxCost)
			var e *EvalError
			if holds || !errors.As(err, &e) || e.Why != TooMuch {
				t.Errorf("%s: holds %v after %d steps, %v", name, holds, cost, err)
			}
			if cost > 2*MaxCost+1<<18 { // the last payment may be large; it is not spent
				t.Errorf("%s: went on to %d steps", name, cost)
			}
		} else if !strings.Contains(err.Error(), "over the limit") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTextBombs: a text is bounded before it is understood.
func TestTextBombs(t *testing.T) {
	for name, src := range map[string]string{
		"parentheses":  strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000),
		"lists":        strings.Repeat("[", 2000),
		"calls":        strings.Repeat("size(", 700),
		"a long chain": "1" + strings.Repeat("+1", 1500),
		"selections":   "doc" + strings.Repeat(".a", 1500),
		"indexes":      "doc" + strings.Repeat("[0]", 1000),
		"ternaries":    strings.Repeat("true?1:", 500) + "1",
		"ands":         "true" + strings.Repeat("&&true", 500),
		"too long":     strings.Repeat(" ", MaxBytes) + "1",
		"repetitions":  "s.matches('((a{100}){100}){100}')",
		"long pattern": "s.matches('" + strings.Repeat("a", 2000) + "')",
	} {
		p, err := Compile(attackEnv, src)
		if name == "ands" { // flat: nothing to fear
			if v, _, err2 := p.Eval(nil, MaxCost); err != nil || v != true || err2 != nil {
				t.Errorf("%s: %v %v %v", name, v, err, err2)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: accepted: %v", name, err)
		}
	}
}

// TestMissingFacts: what is not known decides nothing that depends on it, and leaves the
// rest as it is.
func TestMissingFacts(t *testing.T) {
	typ := &Type{Kind: Object, Name: "change", Fields: []Field{{Name: "files", Type: ListOf(StringType)}, {Name: "approvers", Type: ListOf(StringType)}}}
	env := Env{Variables: []Variable{{"change", typ}}}
	record := &Record{Type: typ, Known: map[string]Value{"files": []Value{"a.go", "b.sql"}}, Unknown: map[string]string{"approvers": "no reviews were given"}}
	for src, want := range map[string]any{
		"size(change.files) == 2":                                                      true,
		"size(change.approvers) > 0":                                                   Missing,
		"has(change.approvers)":                                                        Missing,
		"!has(change.approvers)":                                                       Missing,
		"size(change.approvers) == 0":                                                  Missing,
		"size(change.files) == 2 || size(change.approvers) > 0":                        true,
		"size(change.approvers) > 0 || size(change.files) == 2":                        true,
		"size(change.approvers) > 0 && size(change.files) == 3":                        false,
		"change.files.all(f, !f.endsWith('.sql') || size(change.approvers) > 0)":       Missing,
		"change.files.all(f, !f.endsWith('.py') || size(change.approvers) > 0)":        true,
		"change.files.exists_one(f, size(change.approvers) > 0)":                       Missing,
		"(size(change.approvers) > 0 ? false : true) || change.files.exists(f, false)": Missing,
	} {
		p, err := CompileCondition(env, src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		holds, _, err := p.Holds(map[string]Value{"change": record}, MaxCost)
		if why, missing := want.(Why); missing {
			var e *EvalError
			if !errors.As(err, &e) || e.Why != why {
				t.Errorf("%s: %v, %v", src, holds, err)
			}
		} else if err != nil || holds != want {
			t.Errorf("%s: %v, %v", src, holds, err)
		}
	}
	for src, want := range map[string]string{
		"change.file":                              `change has no "file"; it has files, approvers`,
		"change == change":                         "can not be compared",
		"chnge.files":                              `"chnge" is not known; known here: change`,
		"change.files.all(f, f.size > 0)":          `a string has no "size"`,
		"size(change.files)":                       "a condition must be a bool",
		"change.files = 1":                         "write == to compare",
		"now() > 1":                                `the function "now" is not known`,
		"change.files[0].matches(change.files[1])": "is not known before the evaluation",
		"change.files.all(1, true)":                "needs a name for its item",
		"change.files[0] == 1":                     "a string is never equal to a int",
		"1 in change.files":                        "a int is never in a list(string)",
		"Message{a: 1}":                            "messages are not supported",
		"change.?files":                            "optional values are not supported",
		"'abc":                                     "a quote is not closed",
		"99999999999999999999":                     "out of range",
	} {
		if _, err := CompileCondition(env, src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", src, err, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{"doc.a[0] == 'x' && l.all(x, x > 1)", "has(doc.a) ? 1u : 2u", `b'\xff' + b"a"`, "'''a\nb''' // c", "{1: 2}.map(x, x, -x)", "!!true", "--1", "1e3 / 0.0", "s.matches(r'\\d')", "type(doc) == map"} {
		f.Add(s)
	}
	values := map[string]Value{"doc": bomb(10), "s": "abc", "l": bomb(10)}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := Compile(attackEnv, src)
		if err != nil {
			return
		}
		v, cost, err := p.Eval(values, MaxCost)
		w, again, err2 := p.Eval(values, MaxCost)
		if cost != again || (err == nil) != (err2 == nil) || err == nil && !same(v, w) && cost < MaxCost/2 {
			t.Errorf("%s: two evaluations differ: %v %d %v, %v %d %v", src, v, cost, err, w, again, err2)
		}
	})
}
