package cel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

// data is what the generated expressions are about.
var data = map[string]any{
	"i": int64(3), "s": "abc", "b": true, "d": 1.5, "u": uint64(2),
	"l": []any{int64(1), int64(2), int64(3)}, "w": []any{"a", "bc", ""},
	"m": map[string]any{"a": int64(1), "b": int64(2)},
	"doc": map[string]any{
		"kind": "Deployment", "n": int64(2), "f": 2.0, "none": nil, "on": true,
		"spec": map[string]any{"tls": map[string]any{"min": "1.2"}, "ports": []any{int64(80), int64(443)}},
		"list": []any{map[string]any{"name": "x", "v": int64(1)}, map[string]any{"name": "y"}, "z", int64(4), nil, 1.0},
	},
}

var oracleTypes = map[string]*cel.Type{
	"i": cel.IntType, "s": cel.StringType, "b": cel.BoolType, "d": cel.DoubleType, "u": cel.UintType,
	"l": cel.ListType(cel.IntType), "w": cel.ListType(cel.StringType), "m": cel.MapType(cel.StringType, cel.IntType), "doc": cel.DynType,
}

func ours(t *testing.T) (Env, map[string]Value) {
	env, values := Env{}, map[string]Value{}
	for name, typ := range map[string]*Type{
		"i": IntType, "s": StringType, "b": BoolType, "d": DoubleType, "u": UintType,
		"l": ListOf(IntType), "w": ListOf(StringType), "m": MapOf(StringType, IntType), "doc": DynType,
	} {
		env.Variables = append(env.Variables, Variable{name, typ})
		values[name] = fromGo(t, data[name])
	}
	return env, values
}

func fromGo(t *testing.T, v any) Value {
	switch v := v.(type) {
	case []any:
		list := []Value{}
		for _, item := range v {
			list = append(list, fromGo(t, item))
		}
		return list
	case map[string]any:
		var keys, values []Value
		for k, item := range v {
			keys, values = append(keys, k), append(values, fromGo(t, item))
		}
		m, err := NewMapping(keys, values)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	return v
}

// TestAgainstReference holds generated expressions against the reference implementation:
// what is accepted here is accepted there, and has the same value or is an error as well.
// CUSTODY_SLOW=1 makes it 50,000.
func TestAgainstReference(t *testing.T) {
	n := 4000
	if os.Getenv("CUSTODY_SLOW") != "" {
		n = 50_000
	}
	options := []cel.EnvOption{ext.Strings(), cel.CrossTypeNumericComparisons(false)}
	for name, typ := range oracleTypes {
		options = append(options, cel.Variable(name, typ))
	}
	reference, err := cel.NewEnv(options...)
	if err != nil {
		t.Fatal(err)
	}
	env, values := ours(t)
	g := generator{rand.New(rand.NewPCG(4, 9))}
	compared, refused, failures, trues, stricter, keys, nans, inferred := 0, 0, 0, 0, 0, 0, 0, 0
	for compared < n {
		src := g.expr(3, g.kind())
		p, err := Compile(env, src)
		if err != nil {
			refused++
			if _, issues := reference.Compile(src); issues.Err() == nil {
				if stricter++; stricter <= 3 {
					t.Logf("refused here only: %s: %v", src, err)
				}
			}
			continue
		}
		ast, issues := reference.Compile(src)
		if issues.Err() != nil {
			if strings.Contains(issues.Err().Error(), "dyn") { // what is inferred of dyn depends on the order there
				inferred++
				continue
			}
			t.Errorf("accepted here only: %s\n%v", src, issues.Err())
			compared++
			continue
		}
		program, err := reference.Program(ast)
		compared++
		var want ref.Val
		wantErr := err
		if err == nil {
			want, _, wantErr = program.Eval(data)
		}
		got, _, gotErr := p.Eval(values, MaxCost)
		switch {
		case wantErr != nil && strings.Contains(wantErr.Error(), "internal error"): // it panicked
		case wantErr != nil && strings.Contains(wantErr.Error(), "invalid qualifier type"): // of what is never reached
		case strings.Contains(src, "doc") && (strings.Contains(src, ".map(") || strings.Contains(src, ".filter(")) && unordered(got): // of a mapping, in any order there
		case wantErr != nil && gotErr != nil:
			failures++
		case gotErr != nil && strings.Contains(gotErr.Error(), "can not go through"): // an error there, mostly
		case gotErr != nil && strings.Contains(gotErr.Error(), "key of a mapping"), gotErr != nil && strings.Contains(gotErr.Error(), "stands twice"):
			keys++ // the language allows it no more than we do
		case gotErr != nil && strings.Contains(src, "{dyn("): // the same, behind an earlier error that the other side of && or || outweighs there
			keys++
		case gotErr != nil && strings.HasSuffix(gotErr.Error(), "does not take a double") && want == types.False: // NaN, which is not held against the type of the other side there
			nans++
		case wantErr != nil || gotErr != nil:
			t.Errorf("%s\n here %#v, %v\nthere %v, %v", src, got, gotErr, want, wantErr)
		default:
			if !same(got, toOurs(want)) {
				t.Errorf("%s\n here %#v\nthere %#v", src, got, toOurs(want))
			}
			if got == true {
				trues++
			}
		}
	}
	t.Logf("%d compared (%d true, %d errors, %d odd keys), %d refused, %d of these only here", compared, trues, failures, keys, refused, stricter)
	if trues < n/25 || failures < n/50 || failures > n*2/3 {
		t.Errorf("of %d expressions %d are true and %d are errors: too easy", compared, trues, failures)
	}
	if (keys+nans)*100 > compared {
		t.Errorf("%d expressions with odd keys, %d with NaN: too many to be let go", keys, nans)
	}
	if stricter*10 > compared || inferred*100 > compared {
		t.Errorf("%d expressions are refused here only, %d there for what they infer", stricter, inferred)
	}
}

// unordered says whether a value holds names of keys of doc in a list.
func unordered(v Value) bool {
	switch v := v.(type) {
	case []Value:
		return slices.ContainsFunc(v, func(v Value) bool { return v == "spec" || v == "kind" || v == "tls" || unordered(v) })
	case *Mapping:
		return slices.ContainsFunc(v.keys, func(k Value) bool { w, _ := v.Get(k); return k == "list" || k == "kind" || unordered(w) })
	}
	return false
}

func toOurs(v ref.Val) Value {
	switch v := v.(type) {
	case types.Null:
		return nil
	case types.Bool:
		return bool(v)
	case types.Int:
		return int64(v)
	case types.Uint:
		return uint64(v)
	case types.Double:
		return float64(v)
	case types.String:
		return string(v)
	case types.Bytes:
		return []byte(v)
	case *types.Type:
		return TypeName(v.TypeName())
	case traits.Mapper:
		var keys, values []Value
		for it := v.Iterator(); it.HasNext() == types.True; {
			k := it.Next()
			keys, values = append(keys, toOurs(k)), append(values, toOurs(v.Get(k)))
		}
		m, err := NewMapping(keys, values)
		if err != nil {
			return err
		}
		return m
	case traits.Lister:
		list := []Value{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			list = append(list, toOurs(it.Next()))
		}
		return list
	}
	return fmt.Errorf("%T", v)
}

// generator writes expressions that mostly make sense.
type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g generator) kind() string {
	return g.pick("bool", "bool", "bool", "int", "string", "double", "uint", "list", "dyn", "map", "bytes")
}

func (g generator) expr(depth int, kind string) string {
	if g.IntN(40) == 0 {
		kind = g.kind() // what does not fit
	}
	if g.IntN(25) == 0 {
		kind = "dyn"
	}
	sub := func(k string) string { return g.expr(depth-1, k) }
	leaf := depth <= 0
	if !leaf && g.IntN(15) == 0 {
		return "(" + sub("bool") + " ? " + sub(kind) + " : " + sub(kind) + ")"
	}
	switch kind {
	case "bool":
		if leaf {
			return g.pick("true", "false", "b", "doc.on", "has(doc.kind)", "has(doc.gone)", "has(m.a)")
		}
		k := g.pick("int", "string", "double", "uint", "dyn", "list", "bool", "map")
		item := g.pick("x", "y")
		switch g.IntN(12) {
		case 0, 1:
			return sub("bool") + g.pick(" && ", " || ") + sub("bool")
		case 2:
			return "!" + "(" + sub("bool") + ")"
		case 3, 4:
			return "(" + sub(k) + g.pick(" == ", " != ") + sub(k) + ")"
		case 5:
			return "(" + sub(k) + g.pick(" < ", " <= ", " > ", " >= ") + sub(k) + ")"
		case 6:
			return "(" + sub(g.pick("int", "string", "dyn")) + " in " + sub(g.pick("list", "map", "dyn")) + ")"
		case 7:
			return "(" + sub("string") + ")." + g.pick("startsWith", "endsWith", "contains") + "(" + sub("string") + ")"
		case 8:
			return "(" + sub("string") + ").matches(" + g.pick("'^a'", "r'\\w+'", "'b|c$'", "'[0-9]'", "'(?i)DEPLOY'") + ")"
		case 9, 10:
			return "(" + sub(g.pick("list", "list", "dyn", "map")) + ")." + g.pick("all", "exists", "exists_one") + "(" + item + ", " +
				strings.ReplaceAll(sub("bool"), g.pick("i", "s", "d"), item) + ")"
		default:
			return "(type(" + sub("dyn") + ") == " + g.pick("int", "string", "map", "list", "null_type", "bool", "double") + ")"
		}
	case "int":
		if leaf {
			return g.pick("0", "1", "2", "-1", "i", "doc.n", "m.a", "l[0]", "l[1]", "3", "4", "7", g.pick("l[5]", "9223372036854775807", "0x1F", "5", "6"), "doc.spec.ports[0]")
		}
		switch g.IntN(5) {
		case 0, 1:
			return "(" + sub("int") + g.pick(" + ", " - ", " * ", " / ", " % ") + sub("int") + ")"
		case 2:
			return "size(" + sub(g.pick("string", "list", "map", "bytes", "dyn")) + ")"
		case 3:
			return "int(" + sub(g.pick("double", "double", "uint", "int", "string")) + ")"
		default:
			return "-" + sub("int")
		}
	case "uint":
		if leaf {
			return g.pick("u", "1u", "0u", "18446744073709551615u")
		}
		if g.IntN(3) == 0 {
			return "uint(" + sub(g.pick("int", "double", "string")) + ")"
		}
		return "(" + sub("uint") + g.pick(" + ", " - ", " * ", " / ", " % ") + sub("uint") + ")"
	case "double":
		if leaf {
			return g.pick("d", "0.0", "1.0", "-2.5", "1e3", "doc.f", "9007199254740993.0")
		}
		if g.IntN(3) == 0 {
			return "double(" + sub(g.pick("int", "uint", "string")) + ")"
		}
		return "(" + sub("double") + g.pick(" + ", " - ", " * ", " / ") + sub("double") + ")"
	case "string":
		if leaf {
			return g.pick("'abc'", "''", `"é\n"`, "s", "doc.kind", "doc.spec.tls.min", "w[1]", "r'a\\b'", "'12'", "'true'", "'-3'", "'''x'y'''")
		}
		switch g.IntN(5) {
		case 0, 1:
			return "(" + sub("string") + " + " + sub("string") + ")"
		case 2:
			return "string(" + sub(g.pick("int", "uint", "double", "bool", "bytes", "string", "dyn")) + ")"
		case 3:
			return "(" + sub("string") + ")." + g.pick("lowerAscii", "upperAscii", "trim") + "()"
		default:
			return "dyn(" + sub("list") + "[" + sub("int") + "])" // which has a free type there when the list is dyn
		}
	case "bytes":
		if leaf {
			return g.pick("b'abc'", `b'\xff'`, "b''")
		}
		return "bytes(" + sub("string") + ")"
	case "list":
		if leaf {
			return g.pick("l", "w", "[]", "[1, 2]", "['a']", "doc.list", "doc.spec.ports", "[1, 'a', null]", "[[1], []]", "s.split('b')", "s.split('')")
		}
		item := g.pick("x", "y")
		body := func(k string) string { return strings.ReplaceAll(sub(k), g.pick("i", "s", "l[0]"), item) }
		switch g.IntN(5) {
		case 0:
			return "(" + sub("list") + " + " + sub("list") + ")"
		case 1:
			return sub("list") + ".filter(" + item + ", " + body("bool") + ")"
		case 2:
			return sub(g.pick("list", "map")) + ".map(" + item + ", " + body(g.kind()) + ")"
		case 3:
			return sub("list") + ".map(" + item + ", " + body("bool") + ", " + body("int") + ")"
		default:
			return "[" + sub("int") + ", " + sub(g.pick("int", "dyn", "string")) + "]"
		}
	case "map":
		if leaf {
			return g.pick("m", "{}", "{'a': 1}", "{1: 'x', 2u: 'y'}", "doc.spec", "{true: 1, 'a': null}")
		}
		return "{" + sub("string") + ": " + sub(g.kind()) + "}"
	}
	if leaf {
		return g.pick("doc", "doc.kind", g.pick("doc.gone", "doc.kind", "doc.n"), "doc.spec.tls", "dyn(doc['kind'])", "doc.list[0]", "doc.list[0].name", "doc.list[1].v", "doc.none", "doc.f", "null", "dyn(1)", "dyn(1u)", "dyn(1.0)", "doc.spec.ports", "doc.list[3]")
	}
	return "dyn(" + sub(g.kind()) + ")"
}
