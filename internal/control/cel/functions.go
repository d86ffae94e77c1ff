package cel

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An overload is one meaning of an operator or function.
type overload struct {
	args   []*Type
	result *Type // nil: that of the first argument
	call   func(m *machine, args []Value) (Value, *EvalError)
}

// A function has one or more meanings, told apart by the types of its arguments.
type function struct {
	name   string
	method bool // called as x.name(...)
	overs  []*overload
}

type call = func(m *machine, args []Value) (Value, *EvalError)

var anyList, anyMap = ListOf(DynType), MapOf(DynType, DynType)

func over(result *Type, f call, args ...*Type) *overload { return &overload{args, result, f} }

// find lists the meanings of a function; nil when there is none.
func (c *checker) find(name string, method bool) []*overload {
	if c.functions == nil { // at its first use: who evaluates nothing does not pay for it
		c.functions = table()
	}
	var all []*overload
	for _, f := range c.functions {
		if f.name == name && f.method == method {
			all = append(all, f.overs...)
		}
	}
	return all
}

func table() []function {
	return slices.Concat(arithmetic(), relations(), conversions(), texts())
}

func arithmetic() []function {
	return []function{
		{"_+_", false, []*overload{
			over(IntType, ints(addInt), IntType, IntType), over(UintType, uints(addUint), UintType, UintType),
			over(DoubleType, doubles(func(a, b float64) float64 { return a + b }), DoubleType, DoubleType),
			over(StringType, concatText, StringType, StringType), over(BytesType, concatBytes, BytesType, BytesType),
			over(nil, concatLists, anyList, anyList),
		}},
		{"_-_", false, []*overload{
			over(IntType, ints(subInt), IntType, IntType), over(UintType, uints(subUint), UintType, UintType),
			over(DoubleType, doubles(func(a, b float64) float64 { return a - b }), DoubleType, DoubleType),
		}},
		{"_*_", false, []*overload{
			over(IntType, ints(mulInt), IntType, IntType), over(UintType, uints(mulUint), UintType, UintType),
			over(DoubleType, doubles(func(a, b float64) float64 { return a * b }), DoubleType, DoubleType),
		}},
		{"_/_", false, []*overload{
			over(IntType, ints(divInt), IntType, IntType), over(UintType, uints(divUint), UintType, UintType),
			over(DoubleType, doubles(func(a, b float64) float64 { return a / b }), DoubleType, DoubleType),
		}},
		{"_%_", false, []*overload{over(IntType, ints(modInt), IntType, IntType), over(UintType, uints(modUint), UintType, UintType)}},
		{"-_", false, []*overload{
			over(IntType, func(_ *machine, a []Value) (Value, *EvalError) {
				if a[0].(int64) == math.MinInt64 {
					return nil, errOverflow
				}
				return -a[0].(int64), nil
			}, IntType),
			over(DoubleType, func(_ *machine, a []Value) (Value, *EvalError) { return -a[0].(float64), nil }, DoubleType),
		}},
	}
}

var (
	errOverflow = failed("a number is out of range")
	errZero     = failed("a division by zero")
)

func ints(f func(a, b int64) (int64, *EvalError)) call {
	return func(_ *machine, a []Value) (Value, *EvalError) {
		v, err := f(a[0].(int64), a[1].(int64))
		return v, err
	}
}

func uints(f func(a, b uint64) (uint64, *EvalError)) call {
	return func(_ *machine, a []Value) (Value, *EvalError) {
		v, err := f(a[0].(uint64), a[1].(uint64))
		return v, err
	}
}

func doubles(f func(a, b float64) float64) call {
	return func(_ *machine, a []Value) (Value, *EvalError) { return f(a[0].(float64), a[1].(float64)), nil }
}

func addInt(a, b int64) (int64, *EvalError) {
	if c := a + b; (c > a) == (b > 0) || b == 0 {
		return c, nil
	}
	return 0, errOverflow
}

func subInt(a, b int64) (int64, *EvalError) {
	if c := a - b; (c < a) == (b > 0) || b == 0 {
		return c, nil
	}
	return 0, errOverflow
}

func mulInt(a, b int64) (int64, *EvalError) {
	if a == 0 || b == 0 {
		return 0, nil
	}
	if c := a * b; c/b == a && !(a == -1 && b == math.MinInt64) && !(b == -1 && a == math.MinInt64) {
		return c, nil
	}
	return 0, errOverflow
}

func divInt(a, b int64) (int64, *EvalError) {
	switch {
	case b == 0:
		return 0, errZero
	case a == math.MinInt64 && b == -1:
		return 0, errOverflow
	}
	return a / b, nil
}

func modInt(a, b int64) (int64, *EvalError) {
	switch {
	case b == 0:
		return 0, errZero
	case a == math.MinInt64 && b == -1:
		return 0, errOverflow
	}
	return a % b, nil
}

func addUint(a, b uint64) (uint64, *EvalError) {
	if a+b < a {
		return 0, errOverflow
	}
	return a + b, nil
}

func subUint(a, b uint64) (uint64, *EvalError) {
	if b > a {
		return 0, errOverflow
	}
	return a - b, nil
}

func mulUint(a, b uint64) (uint64, *EvalError) {
	if b != 0 && a > math.MaxUint64/b {
		return 0, errOverflow
	}
	return a * b, nil
}

func divUint(a, b uint64) (uint64, *EvalError) {
	if b == 0 {
		return 0, errZero
	}
	return a / b, nil
}

func modUint(a, b uint64) (uint64, *EvalError) {
	if b == 0 {
		return 0, errZero
	}
	return a % b, nil
}

func concatText(m *machine, a []Value) (Value, *EvalError) {
	x, y := a[0].(string), a[1].(string)
	if err := m.pay(textCost(len(x) + len(y))); err != nil {
		return nil, err
	}
	return x + y, nil
}

func concatBytes(m *machine, a []Value) (Value, *EvalError) {
	x, y := a[0].([]byte), a[1].([]byte)
	if err := m.pay(textCost(len(x) + len(y))); err != nil {
		return nil, err
	}
	return slices.Concat(x, y), nil
}

func concatLists(m *machine, a []Value) (Value, *EvalError) {
	x, y := a[0].([]Value), a[1].([]Value)
	if err := m.pay(int64(len(x) + len(y))); err != nil {
		return nil, err
	}
	return slices.Concat(x, y), nil
}

// relations but == and != and in, which the checker knows by itself.
func relations() []function {
	var all []function
	for name, holds := range map[string]func(c int) bool{
		"_<_": func(c int) bool { return c < 0 }, "_<=_": func(c int) bool { return c <= 0 },
		"_>_": func(c int) bool { return c > 0 }, "_>=_": func(c int) bool { return c >= 0 },
	} {
		f := function{name: name}
		for _, t := range []*Type{BoolType, IntType, UintType, DoubleType, StringType, BytesType} {
			f.overs = append(f.overs, over(BoolType, func(m *machine, a []Value) (Value, *EvalError) {
				if err := m.pay(textCost(min(size(a[0]), size(a[1])))); err != nil {
					return nil, err
				}
				c, ok := compare(a[0], a[1])
				return ok && holds(c), nil
			}, t, t))
		}
		all = append(all, f)
	}
	return all
}

func size(v Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 0
}

func conversions() []function {
	same := func(_ *machine, a []Value) (Value, *EvalError) { return a[0], nil }
	dyn := over(DynType, same, DynType)
	return []function{
		{"dyn", false, []*overload{dyn}},
		{"type", false, []*overload{over(typeType, func(_ *machine, a []Value) (Value, *EvalError) { return typeOf(a[0]), nil }, DynType)}},
		{"bool", false, []*overload{over(BoolType, same, BoolType), over(BoolType, func(_ *machine, a []Value) (Value, *EvalError) {
			b, err := strconv.ParseBool(a[0].(string))
			if err != nil {
				return nil, failed("the text is no bool")
			}
			return b, nil
		}, StringType)}},
		{"int", false, []*overload{over(IntType, same, IntType),
			over(IntType, func(_ *machine, a []Value) (Value, *EvalError) {
				if u := a[0].(uint64); u <= math.MaxInt64 {
					return int64(u), nil
				}
				return nil, errOverflow
			}, UintType),
			over(IntType, func(_ *machine, a []Value) (Value, *EvalError) {
				if f := a[0].(float64); f > math.MinInt64 && f < math.MaxInt64 {
					return int64(f), nil
				}
				return nil, errOverflow
			}, DoubleType),
			over(IntType, func(m *machine, a []Value) (Value, *EvalError) {
				i, err := strconv.ParseInt(a[0].(string), 10, 64)
				if err != nil {
					return nil, failed("the text is no int")
				}
				return i, nil
			}, StringType)}},
		{"uint", false, []*overload{over(UintType, same, UintType),
			over(UintType, func(_ *machine, a []Value) (Value, *EvalError) {
				if i := a[0].(int64); i >= 0 {
					return uint64(i), nil
				}
				return nil, errOverflow
			}, IntType),
			over(UintType, func(_ *machine, a []Value) (Value, *EvalError) {
				if f := a[0].(float64); f >= 0 && f < math.MaxUint64 {
					return uint64(f), nil
				}
				return nil, errOverflow
			}, DoubleType),
			over(UintType, func(_ *machine, a []Value) (Value, *EvalError) {
				u, err := strconv.ParseUint(a[0].(string), 10, 64)
				if err != nil {
					return nil, failed("the text is no uint")
				}
				return u, nil
			}, StringType)}},
		{"double", false, []*overload{over(DoubleType, same, DoubleType),
			over(DoubleType, func(_ *machine, a []Value) (Value, *EvalError) { return float64(a[0].(int64)), nil }, IntType),
			over(DoubleType, func(_ *machine, a []Value) (Value, *EvalError) { return float64(a[0].(uint64)), nil }, UintType),
			over(DoubleType, func(_ *machine, a []Value) (Value, *EvalError) {
				f, err := strconv.ParseFloat(a[0].(string), 64)
				if err != nil {
					return nil, failed("the text is no double")
				}
				return f, nil
			}, StringType)}},
		{"string", false, []*overload{over(StringType, same, StringType),
			over(StringType, func(_ *machine, a []Value) (Value, *EvalError) { return strconv.FormatBool(a[0].(bool)), nil }, BoolType),
			over(StringType, func(_ *machine, a []Value) (Value, *EvalError) { return strconv.FormatInt(a[0].(int64), 10), nil }, IntType),
			over(StringType, func(_ *machine, a []Value) (Value, *EvalError) { return strconv.FormatUint(a[0].(uint64), 10), nil }, UintType),
			over(StringType, func(_ *machine, a []Value) (Value, *EvalError) {
				return strconv.FormatFloat(a[0].(float64), 'g', -1, 64), nil
			}, DoubleType),
			over(StringType, func(m *machine, a []Value) (Value, *EvalError) {
				b := a[0].([]byte)
				if err := m.pay(textCost(len(b))); err != nil {
					return nil, err
				}
				if !utf8.Valid(b) {
					return nil, failed("the bytes are not UTF-8")
				}
				return string(b), nil
			}, BytesType)}},
		{"bytes", false, []*overload{over(BytesType, same, BytesType), over(BytesType, func(m *machine, a []Value) (Value, *EvalError) {
			return []byte(a[0].(string)), m.pay(textCost(len(a[0].(string))))
		}, StringType)}},
	}
}

func texts() []function {
	var sizes []*overload
	for _, t := range []*Type{StringType, BytesType, anyList, anyMap} {
		sizes = append(sizes, over(IntType, func(m *machine, a []Value) (Value, *EvalError) {
			switch v := a[0].(type) {
			case string:
				return int64(utf8.RuneCountInString(v)), m.pay(textCost(len(v)))
			case []byte:
				return int64(len(v)), nil
			case []Value:
				return int64(len(v)), nil
			default:
				return int64(v.(*Mapping).Len()), nil
			}
		}, t))
	}
	search := func(f func(s, sub string) bool) []*overload {
		return []*overload{over(BoolType, func(m *machine, a []Value) (Value, *EvalError) {
			s, sub := a[0].(string), a[1].(string)
			return f(s, sub), m.pay(textCost(len(s) + len(sub)))
		}, StringType, StringType)}
	}
	rewrite := func(f func(string) string) []*overload {
		return []*overload{over(StringType, func(m *machine, a []Value) (Value, *EvalError) {
			s := a[0].(string)
			if err := m.pay(textCost(len(s))); err != nil {
				return nil, err
			}
			return f(s), nil
		}, StringType)}
	}
	matches := []*overload{over(BoolType, nil, StringType, StringType)} // the machine does it
	return []function{
		{"size", false, sizes}, {"size", true, sizes},
		{"contains", true, search(strings.Contains)},
		{"startsWith", true, search(strings.HasPrefix)},
		{"endsWith", true, search(strings.HasSuffix)},
		{"matches", true, matches}, {"matches", false, matches},
		{"lowerAscii", true, rewrite(lowerASCII)}, {"upperAscii", true, rewrite(upperASCII)},
		{"trim", true, rewrite(strings.TrimSpace)},
		{"split", true, []*overload{over(ListOf(StringType), func(m *machine, a []Value) (Value, *EvalError) {
			s := a[0].(string)
			if err := m.pay(int64(len(s)) + 1); err != nil { // a part may be one byte
				return nil, err
			}
			list := []Value{}
			for _, part := range strings.Split(s, a[1].(string)) {
				list = append(list, part)
			}
			return list, nil
		}, StringType, StringType)}},
	}
}

func lowerASCII(s string) string {
	return string(bytes.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, []byte(s)))
}

func upperASCII(s string) string {
	return string(bytes.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, []byte(s)))
}

// A pattern of matches is known when the expression is compiled: it is part of what
// judges, never of what is judged.
type pattern struct {
	re    *regexp.Regexp
	steps int64 // a byte costs
}

const (
	maxPattern = 1 << 10
	maxProgram = 1000 // instructions
)

func compilePattern(s string) (*pattern, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes, over the limit of %d", len(s), maxPattern)
	}
	parsed, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil || len(prog.Inst) > maxProgram {
		return nil, fmt.Errorf("the pattern grows over the limit of %d steps", maxProgram)
	}
	re, err := regexp.Compile(s)
	return &pattern{re, int64(len(prog.Inst))}, err
}
