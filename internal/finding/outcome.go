package finding

import (
	"fmt"
	"slices"
	"strings"
)

// An Outcome is the answer of one check. The zero value is NotAssessed, so a check
// that was forgotten, cut short or never written can not be mistaken for a pass.
type Outcome uint8

const (
	NotAssessed Outcome = iota
	NotApplicable
	Satisfied
	Excepted // not satisfied, and a waiver in force covers all of it
	NotSatisfied
)

var outcomeNames = [...]string{"not-assessed", "not-applicable", "satisfied", "excepted", "not-satisfied"}

func (o Outcome) String() string { return outcomeNames[o] }

// MarshalText writes the outcome's name in the words of the design.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText accepts exactly the five names.
func (o *Outcome) UnmarshalText(b []byte) error {
	i, err := nameIndex(outcomeNames[:], string(b), "outcome")
	*o = Outcome(i)
	return err
}

// severity orders outcomes from the one that any other displaces to the one that
// displaces every other.
var severity = [...]int{
	NotApplicable: 0,
	Satisfied:     1,
	Excepted:      2,
	NotAssessed:   3,
	NotSatisfied:  4,
}

// Worst combines outcomes of parts into that of the whole. Adding a part never makes
// the answer better than the worst part; of nothing it is NotAssessed.
func Worst(outcomes ...Outcome) Outcome {
	if len(outcomes) == 0 {
		return NotAssessed
	}
	return slices.MaxFunc(outcomes, func(a, b Outcome) int { return severity[a] - severity[b] })
}

func nameIndex(names []string, s, what string) (int, error) {
	i := slices.Index(names, s)
	if i < 0 {
		return 0, fmt.Errorf("unknown %s %q: use one of %s", what, s, strings.Join(names, ", "))
	}
	return i, nil
}
