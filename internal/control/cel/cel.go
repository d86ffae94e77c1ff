// Package cel evaluates the Common Expression Language (cel.dev) over data that is given
// to it: conditions of requirements over documents and over the change.
//
// It is a part of the language, chosen so that a program that links it starts as fast as
// before: the reference implementation alone takes longer to start than everything else
// that a git hook does. What is accepted here means what it means there: the tests hold
// it against the reference implementation and the language's own conformance suite. What
// is left out (protocol buffer messages, times and durations, optional values, functions
// of extensions) is refused when an expression is compiled, never guessed.
//
// An expression can not read, write or wait, and can not loop but over what it is given.
// Its cost is estimated before and counted while it runs. The same data gives the same
// answer and the same cost: mappings are gone through in the order of their keys.
package cel

import "fmt"

// Limits of one expression's text.
const (
	MaxBytes = 4 << 10
	maxNodes = 2000
	maxDepth = 50 // of nesting
)

// MaxCost is the most steps that one evaluation takes, and that an expression may need by
// its estimate. A step is about 100 nanoseconds at worst. (Kubernetes allows as much.)
const MaxCost = 1_000_000

// AssumedSize is how many items the estimate takes a list of unknown length to have.
const AssumedSize = 50

// A Variable is what an expression can name.
type Variable struct {
	Name string
	Type *Type
}

// Env is what expressions are compiled against.
type Env struct {
	Variables []Variable
	// Constants are variables whose values are known now, such as a pattern for matches.
	Constants map[string]Value
}

// A Program is an expression that was understood.
type Program struct {
	root     *node
	slots    map[string]int
	locals   int
	estimate int64
}

// An Error says what is wrong with an expression's text.
type Error struct {
	At      int // byte offset
	Message string
	Hint    string // what would work; may be empty
}

func (e *Error) Error() string {
	s := fmt.Sprintf("at %d: %s", e.At+1, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Compile parses and checks an expression. Every error is an *Error.
func Compile(env Env, src string) (*Program, error) {
	root, err := parse(src)
	if err != nil {
		return nil, err
	}
	c := checker{env: env, slots: map[string]int{}}
	for i, v := range env.Variables {
		c.slots[v.Name] = i
	}
	c.next = len(env.Variables)
	c.most = c.next
	if err := c.check(root); err != nil {
		return nil, err
	}
	p := &Program{root: root, slots: c.slots, locals: c.most, estimate: estimate(root).cost}
	if p.estimate > MaxCost {
		return nil, &Error{Message: fmt.Sprintf("with %d items in each list it takes %d steps, over the limit of %d", AssumedSize, p.estimate, MaxCost), Hint: "nest fewer loops"}
	}
	return p, nil
}

// CompileCondition is Compile for an expression that must be true or false.
func CompileCondition(env Env, src string) (*Program, error) {
	p, err := Compile(env, src)
	if err != nil {
		return nil, err
	}
	if k := p.root.typ.Kind; k != Bool && k != Dyn {
		return nil, &Error{Message: fmt.Sprintf("the expression is of type %s, and a condition must be a bool", p.root.typ), Hint: "compare it with something"}
	}
	return p, nil
}

// Estimate is the most steps that the expression takes over lists of AssumedSize items
// and short texts.
func (p *Program) Estimate() int64 { return p.estimate }

// Why an evaluation has no value.
type Why uint8

const (
	Failed  Why = iota // the data is not what the expression needs, such as an absent key
	Missing            // a fact is not known
	TooMuch            // it took more steps than it may
)

// An EvalError says why an expression has no value for some data.
type EvalError struct {
	Why     Why
	Message string
}

func (e *EvalError) Error() string { return e.Message }

func failed(format string, args ...any) *EvalError {
	return &EvalError{Why: Failed, Message: fmt.Sprintf(format, args...)}
}

// Eval evaluates the program over values for all its variables, in at most limit steps,
// and says how many it took. Every error is an *EvalError.
func (p *Program) Eval(values map[string]Value, limit int64) (v Value, cost int64, err error) {
	m := machine{vars: make([]Value, p.locals), limit: min(limit, MaxCost)}
	for name, i := range p.slots {
		m.vars[i] = values[name]
	}
	v, failure := m.eval(p.root)
	if failure != nil {
		return nil, m.cost, failure
	}
	return v, m.cost, nil
}

// Holds is Eval for a condition.
func (p *Program) Holds(values map[string]Value, limit int64) (bool, int64, error) {
	v, cost, err := p.Eval(values, limit)
	if err != nil {
		return false, cost, err
	}
	b, ok := v.(bool)
	if !ok {
		return false, cost, failed("the expression gives %s, not a bool", typeOf(v))
	}
	return b, cost, nil
}
