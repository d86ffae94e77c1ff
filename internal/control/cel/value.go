package cel

import (
	"bytes"
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"
)

// A Value is nil, bool, int64, uint64, float64, string, []byte, []Value, *Mapping,
// *Record or TypeName.
type Value any

// TypeName is the value of type(x).
type TypeName string

// A Mapping is a map of CEL: its keys are bool, int, uint or string, and an int and a
// uint of the same value are one key. Items are gone through in the order of their keys.
type Mapping struct {
	keys   []Value // sorted
	values map[Value]Value
}

// NewMapping makes a mapping; an error names a key that is no key, or stands twice.
func NewMapping(keys, values []Value) (*Mapping, error) {
	m := &Mapping{values: make(map[Value]Value, len(keys))}
	for i, k := range keys {
		n, ok := mapKey(k)
		if _, isDouble := k.(float64); !ok || isDouble {
			return nil, failed("%s is no key of a mapping", typeOf(k))
		}
		if _, twice := m.values[n]; twice {
			return nil, failed("a key stands twice in a mapping")
		}
		m.values[n] = values[i]
		m.keys = append(m.keys, k)
	}
	slices.SortFunc(m.keys, compareKeys)
	return m, nil
}

// Len is the number of keys.
func (m *Mapping) Len() int { return len(m.keys) }

// Get finds the value of a key.
func (m *Mapping) Get(key Value) (Value, bool) {
	n, ok := mapKey(key)
	if !ok {
		return nil, false
	}
	v, ok := m.values[n]
	return v, ok
}

// mapKey makes one form of all keys that are equal.
func mapKey(k Value) (Value, bool) {
	switch k := k.(type) {
	case bool, string, int64:
		return k, true
	case uint64:
		if k <= math.MaxInt64 {
			return int64(k), true
		}
		return k, true
	case float64:
		switch {
		case k != math.Trunc(k):
		case k >= -(1<<63) && k < 1<<63:
			return int64(k), true
		case k >= 1<<63 && k < 1<<64:
			return uint64(k), true
		}
	}
	return nil, false
}

// compareKeys orders bools before numbers before texts.
func compareKeys(a, b Value) int {
	rank := func(v Value) int {
		switch v.(type) {
		case bool:
			return 0
		case string:
			return 2
		}
		return 1
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	c, _ := compare(a, b)
	return c
}

// A Record is an object of a declared type. A field is either known or has the reason
// for which it is not.
type Record struct {
	Type    *Type
	Known   map[string]Value
	Unknown map[string]string
}

func typeOf(v Value) TypeName {
	switch v := v.(type) {
	case nil:
		return "null_type"
	case bool:
		return "bool"
	case int64:
		return "int"
	case uint64:
		return "uint"
	case float64:
		return "double"
	case string:
		return "string"
	case []byte:
		return "bytes"
	case []Value:
		return "list"
	case *Mapping:
		return "map"
	case *Record:
		return TypeName(v.Type.Name)
	}
	return "type"
}

// equal compares two values of any types, counting steps.
func (m *machine) equal(a, b Value) (bool, *EvalError) {
	if err := m.pay(1); err != nil {
		return false, err
	}
	switch a := a.(type) {
	case nil:
		return b == nil, nil
	case bool:
		b, ok := b.(bool)
		return ok && a == b, nil
	case int64, uint64, float64:
		c, ok := compareNumbers(a, b)
		return ok && c == 0, nil
	case string:
		b, ok := b.(string)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		return a == b, m.pay(textCost(len(a)))
	case []byte:
		b, ok := b.([]byte)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		return bytes.Equal(a, b), m.pay(textCost(len(a)))
	case TypeName:
		b, ok := b.(TypeName)
		return ok && a == b, nil
	case []Value:
		b, ok := b.([]Value)
		if !ok || len(a) != len(b) {
			return false, nil
		}
		for i := range a {
			if same, err := m.equal(a[i], b[i]); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	case *Mapping:
		b, ok := b.(*Mapping)
		if !ok || a.Len() != b.Len() {
			return false, nil
		}
		for _, k := range a.keys {
			x, _ := a.Get(k)
			y, ok := b.Get(k)
			if !ok {
				return false, nil
			}
			if same, err := m.equal(x, y); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	}
	return false, failed("%s can not be compared", typeOf(a))
}

// compare orders two values that have an order.
func compare(a, b Value) (int, bool) {
	switch a := a.(type) {
	case bool:
		if b, ok := b.(bool); ok {
			switch {
			case a == b:
				return 0, true
			case a:
				return 1, true
			}
			return -1, true
		}
	case string:
		if b, ok := b.(string); ok {
			return strings.Compare(a, b), true
		}
	case []byte:
		if b, ok := b.([]byte); ok {
			return bytes.Compare(a, b), true
		}
	}
	return compareNumbers(a, b)
}

// compareNumbers compares across the three kinds of numbers; a NaN has no order.
func compareNumbers(a, b Value) (int, bool) {
	switch x := a.(type) {
	case int64:
		switch y := b.(type) {
		case int64:
			return cmp.Compare(x, y), true
		case uint64:
			if x < 0 {
				return -1, true
			}
			return cmp.Compare(uint64(x), y), true
		case float64:
			c, ok := compareIntDouble(x, y)
			return c, ok
		}
	case uint64:
		switch y := b.(type) {
		case uint64:
			return cmp.Compare(x, y), true
		case int64:
			c, ok := compareNumbers(y, x)
			return -c, ok
		case float64:
			return compareUintDouble(x, y)
		}
	case float64:
		switch y := b.(type) {
		case float64:
			if x != x || y != y {
				return 0, false
			}
			return cmp.Compare(x, y), true
		case int64:
			c, ok := compareIntDouble(y, x)
			return -c, ok
		case uint64:
			c, ok := compareUintDouble(y, x)
			return -c, ok
		}
	}
	return 0, false
}

// A double beyond the integers is compared as what it is; within them the integer is
// compared as a double, as the reference implementation does.
func compareIntDouble(x int64, y float64) (int, bool) {
	switch {
	case y != y:
		return 0, false
	case y < math.MinInt64:
		return 1, true
	case y > math.MaxInt64:
		return -1, true
	}
	return cmp.Compare(float64(x), y), true
}

func compareUintDouble(x uint64, y float64) (int, bool) {
	switch {
	case y != y:
		return 0, false
	case y < 0:
		return 1, true
	case y > math.MaxUint64:
		return -1, true
	}
	return cmp.Compare(float64(x), y), true
}

// All goes through the keys in their order.
func (m *Mapping) All() iter.Seq2[Value, Value] {
	return func(yield func(Value, Value) bool) {
		for _, k := range m.keys {
			if v, _ := m.Get(k); !yield(k, v) {
				return
			}
		}
	}
}
