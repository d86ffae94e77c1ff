package cel

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cel.dev/expr"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
)

// suite is which files of the language's conformance suite are about what is supported
// here, and how many of their tests at least must be understood, not refused.
var suite = map[string]int{
	"basic": 39, "comparisons": 311, "conversions": 105, "fields": 47, "fp_math": 29, "integer_math": 61,
	"lists": 39, "logic": 21, "macros": 44, "parse": 176, "plumbing": 5, "string": 51,
}

// TestConformance runs the suite that the language's authors publish. An expression that
// is not supported must be refused; one that is accepted must give what the suite says.
func TestConformance(t *testing.T) {
	dir := moduleDir(t, "cel.dev/expr")
	for name, least := range suite {
		src, err := os.ReadFile(filepath.Join(dir, "tests/simple/testdata", name+".textproto"))
		if err != nil {
			t.Fatal(err)
		}
		var file test.SimpleTestFile
		options := prototext.UnmarshalOptions{DiscardUnknown: true, Resolver: protoregistry.GlobalTypes}
		if err := options.Unmarshal(src, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		understood, refused := 0, 0
		for _, s := range file.Section {
			for _, c := range s.Test {
				at := name + "/" + s.Name + "/" + c.Name
				env, values := Env{}, map[string]Value{}
				for name, b := range c.Bindings {
					env.Variables = append(env.Variables, Variable{name, DynType})
					values[name] = fromProto(b.GetValue())
				}
				for _, d := range c.TypeEnv {
					if _, bound := values[d.Name]; !bound {
						env.Variables = append(env.Variables, Variable{d.Name, DynType})
						values[d.Name] = errors.New("unbound")
					}
				}
				p, err := Compile(env, c.Expr)
				if err != nil {
					refused++
					continue
				}
				got, _, err := p.Eval(values, MaxCost)
				want := c.GetValue()
				if want == nil {
					want = c.GetTypedResult().GetResult()
				}
				switch {
				case c.GetEvalError() != nil || c.GetAnyEvalErrors() != nil:
					if err == nil {
						t.Errorf("%s: %s gives %#v, and must be an error", at, c.Expr, got)
					}
				case want == nil && c.GetTypedResult() == nil: // true is expected
					if err != nil || got != true {
						t.Errorf("%s: %s gives %#v (%v), not true", at, c.Expr, got, err)
					}
				case err != nil:
					t.Errorf("%s: %s gives %v, and must be %v", at, c.Expr, err, want)
				case !same(got, fromProto(want)):
					t.Errorf("%s: %s gives %#v, and must be %v", at, c.Expr, got, want)
				}
				understood++
			}
		}
		t.Logf("%s: %d understood, %d refused", name, understood, refused)
		if understood < least {
			t.Errorf("%s: only %d tests are understood, and were %d", name, understood, least)
		}
	}
}

// moduleDir is where the source of a module lies.
func moduleDir(t *testing.T, module string) string {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// same is equality of type and value; a NaN is the same as a NaN.
func same(a, b Value) bool {
	if typeOf(a) != typeOf(b) {
		return false
	}
	switch x := a.(type) {
	case float64:
		y := b.(float64)
		return x == y || x != x && y != y
	case []Value:
		return slices.EqualFunc(x, b.([]Value), same)
	case *Mapping:
		y := b.(*Mapping)
		return x.Len() == y.Len() && !slices.ContainsFunc(x.keys, func(k Value) bool {
			v, _ := x.Get(k)
			w, ok := y.Get(k)
			return !ok || !same(v, w)
		})
	}
	m := machine{limit: MaxCost}
	eq, err := m.equal(a, b)
	return err == nil && eq
}

func fromProto(v *expr.Value) Value {
	switch k := v.GetKind().(type) {
	case *expr.Value_BoolValue:
		return k.BoolValue
	case *expr.Value_Int64Value:
		return k.Int64Value
	case *expr.Value_Uint64Value:
		return k.Uint64Value
	case *expr.Value_DoubleValue:
		return k.DoubleValue
	case *expr.Value_StringValue:
		return k.StringValue
	case *expr.Value_BytesValue:
		return k.BytesValue
	case *expr.Value_TypeValue:
		return TypeName(k.TypeValue)
	case *expr.Value_ListValue:
		list := []Value{}
		for _, item := range k.ListValue.Values {
			list = append(list, fromProto(item))
		}
		return list
	case *expr.Value_MapValue:
		var keys, values []Value
		for _, e := range k.MapValue.Entries {
			keys, values = append(keys, fromProto(e.Key)), append(values, fromProto(e.Value))
		}
		m, err := NewMapping(keys, values)
		if err != nil {
			return err
		}
		return m
	case *expr.Value_NullValue:
		return nil
	}
	return protoreflect.Name("unsupported")
}
