package report

import (
	"fmt"
	"io"

	"custody/internal/example"
	"custody/internal/finding"
)

// Examples is the document custody/policy-test/v1: whether a policy judges examples of
// changes as it is expected to.
type Examples struct {
	Schema   string           `json:"schema"`
	Outcome  finding.Outcome  `json:"outcome"` // Satisfied: every example came out as expected
	Examples []example.Result `json:"examples"`
}

// ExamplesSchema is the value of Examples.Schema.
const ExamplesSchema = "custody/policy-test/v1"

// NewExamples sums results up. No example at all tests nothing.
func NewExamples(results []example.Result) Examples {
	var outcomes []finding.Outcome
	for _, r := range results {
		outcomes = append(outcomes, r.Outcome)
	}
	return Examples{ExamplesSchema, finding.Worst(outcomes...), append([]example.Result{}, results...)}
}

// WriteText prints what differs, then the numbers.
func (d Examples) WriteText(w io.Writer) error {
	bad := 0
	for _, r := range d.Examples {
		if r.Outcome == finding.Satisfied {
			continue
		}
		bad++
		fmt.Fprintf(w, "%s\n", r.Name)
		for _, why := range r.Differs {
			fmt.Fprintf(w, "  %s\n", why)
		}
		for _, why := range r.Reasons {
			fmt.Fprintf(w, "  because: %s\n", why)
		}
	}
	_, err := fmt.Fprintf(w, "%d of %s as expected\n", len(d.Examples)-bad, count(len(d.Examples), "example"))
	return err
}
