package lang

import "testing"

// TestGoScopes: a name that a statement declares is none of the package's, from the next
// statement up to the end of its block, and not before or behind.
func TestGoScopes(t *testing.T) {
	for body, mentioned := range map[string]bool{
		"v := 1; use(v)":                                      false,
		"v, w := f(); use(v, w)":                              false,
		"w,\n\tv := f()\n use(v)":                             false,
		"w, v, x, y, z := f()\n use(v)":                       false,
		"v := 1; { use(v) }; func() { use(v) }()":             false,
		"v := 1\n v, err := f()\n use(v, err)":                false,
		"var v int\n use(v)":                                  false,
		"var v = 1; use(v)":                                   false,
		"if v := f(); v > 0 { use(v) } else { use(v) }":       false,
		"if x { } else if v := f(); v { use(v) }":             false,
		"for v := 0; v < 9; v++ { use(v) }":                   false,
		"for _, v := range m[k] { use(v) }":                   false,
		"for i, v := range f()[0] {\n use(v)\n }":             false,
		"switch v := x.(type) { case T: use(v) }":             false,
		"switch { case a: v := 1; use(v) }":                   false,
		"L: v := 1; use(v)":                                   false,
		"v := v2; x := T{v: v}; use(x)":                       false,
		"v:=-1; use(v)":                                       false,
		"v := <-c\n if v := 2; v > 0 {\n }\n use(v)":          false,
		"if v := 1; v > 0 { }\n v := 2\n use(v)":              false,
		"use(v)":                                              true,
		"v := v()":                                            true,
		"v := func() { v() }":                                 true,
		"v := T{\n v: v(),\n }\n use(v)":                      true,
		"use(v); v := 1; use(v)":                              true,
		"v = 1":                                               true,
		"{ v := 1; use(v) }; use(v)":                          true,
		"{ v := 1; use(v) }\n use(v)":                         true,
		"func() { v := 1 }(); use(v)":                         true,
		"f(func() { v := 1 }, v)":                             true,
		"if v := f(); v > 0 { }; use(v)":                      true,
		"if v := f(); v > 0 {\n } else {\n }\n use(v)":        true,
		"for v := 0; v < 9; v++ { }\n use(v)":                 true,
		"for _, v := range x { }\n use(v)":                    true,
		"for _, v := range []T{{v}} { use(v) }":               true,
		"for _, v := range[]T{{v}} { use(v) }":                true,
		"for _, v := range map[T]T{v: x} { use(v) }":          true,
		"for _, v := range [...]T{v} { use(v) }":              true,
		"for _, v := range []struct{ a int }{{v}} { use(v) }": true,
		"for _, v := range func() []T { return v }() { }":     true,
		"switch v := x.(type) { }\n use(v)":                   true,
		"switch w := f(); v := x.(type) {\n }\n use(v)":       true,
		"switch { case a: v := 1; use(v)\n case b: use(v) }":  true,
		"switch { case a: v := 1; use(v)\n default: use(v) }": true,
		"select { case v := <-c: use(v) }":                    true, // left out
		"x.v(v)":                                              true,
		"x := y /* v */ ; use(v)":                             true,
		"if v := 1; v > 0 { if w := 2; w > 0 { } }; use(v)":   true,
		"for ; ; { v := 1; _ = v }; use(v)":                   true,
		"go func() { var v int; _ = v }(); use(v)":            true,
		"x, /* one */ v := f(); use(v)":                       true, // left out
		"var (\n v = 1\n )\n use(v)":                          true, // left out
	} {
		facts := extractGo([]byte("package p\n\nfunc f(k int) {\n" + body + "\n}\n\nfunc g() { use(v) }\n"))
		if facts.Damaged || facts.Partial || len(facts.Definitions) != 2 {
			t.Fatalf("%q: %+v", body, facts)
		}
		if got := Mentions(facts.Definitions[0].Mentions, HashName("v")); got != mentioned {
			t.Errorf("%q mentions the package's v: %v", body, got)
		}
		if !Mentions(facts.Definitions[1].Mentions, HashName("v")) {
			t.Errorf("%q: the next function does not mention v", body)
		}
	}
}
