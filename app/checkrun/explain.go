package checkrun

import (
	"encoding/json"
	"fmt"
	"strings"

	"custody/internal/finding"
)

// What is explained is what a pack says: an answer is about the verdict that was reached,
// not about another one.

// Bounds of an explanation: the pack has all.
const (
	explainRules    = 5
	explainFindings = 5
	explainReasons  = 3
	explainIDs      = 40
	explainText     = 600
)

// ExplainRule says what a rule or requirement asks, and what it found, by the pack.json of
// a verdict. An id that is none of its own is not repeated.
func ExplainRule(packJSON []byte, id string) (string, error) {
	checks, err := checksOf(packJSON)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, c := range checks {
		if c.ID == id {
			return explain(c), nil
		}
		if c.Kind != finding.Notice && len(ids) < explainIDs {
			ids = append(ids, escape(c.ID))
		}
	}
	if len(ids) == 0 {
		return "No rule or requirement was asked of this change.", nil
	}
	return "No rule or requirement of this review has that id. There are: " + strings.Join(ids, ", ") + ".", nil
}

// ExplainAll says the same of everything that keeps a change from landing.
func ExplainAll(packJSON []byte) (string, error) {
	checks, err := blocking(packJSON)
	if err != nil {
		return "", err
	}
	if len(checks) == 0 {
		return "Nothing that was asked of this change keeps it from landing.", nil
	}
	var all []string
	for i, c := range checks {
		if i == explainRules {
			all = append(all, fmt.Sprintf("And %d more: the check lists them.", len(checks)-i))
			break
		}
		all = append(all, explain(c))
	}
	return strings.Join(all, "\n\n"), nil
}

// HowToWaive says how an exception from what keeps a change from landing is granted.
func HowToWaive(packJSON []byte) (string, error) {
	checks, err := blocking(packJSON)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, c := range checks {
		if c.Outcome == finding.NotSatisfied && len(ids) < explainIDs {
			ids = append(ids, escape(c.ID))
		}
	}
	if len(ids) == 0 {
		return "There is no finding that a waiver could except. What was not assessed can not be waived: nobody can accept what is not known.", nil
	}
	return "Somebody with permission maintain or admin, who neither wrote, pushed nor asked for this change, can write a comment with\n\n" +
		"    /custody waive RULE reason until YYYY-MM-DD\n\n" +
		"for one of " + strings.Join(ids, ", ") + ", if the policy lets it be waived. It counts for this commit, or one that makes the same change.", nil
}

func checksOf(packJSON []byte) ([]finding.Check, error) {
	var doc struct {
		Checks []finding.Check `json:"checks"`
	}
	if err := json.Unmarshal(packJSON, &doc); err != nil {
		return nil, fmt.Errorf("reading the pack: %w", err)
	}
	return doc.Checks, nil
}

// blocking are the rules and requirements that keep a change from landing.
func blocking(packJSON []byte) ([]finding.Check, error) {
	all, err := checksOf(packJSON)
	var some []finding.Check
	for _, c := range all {
		if c.Kind != finding.Notice && c.Level == finding.Error && (c.Outcome == finding.NotSatisfied || c.Outcome == finding.NotAssessed) {
			some = append(some, c)
		}
	}
	return some, err
}

func explain(c finding.Check) string {
	var b strings.Builder
	text := func(s string) string { return escape(short(s, explainText)) }
	fmt.Fprintf(&b, "**%s** %s: %s", text(c.ID), text(c.Name), c.Outcome)
	for i, r := range c.Reasons {
		if i == explainReasons {
			fmt.Fprintf(&b, "\n- %d more reasons", len(c.Reasons)-i)
			break
		}
		if r.Detail != "" {
			fmt.Fprintf(&b, "\n- %s", text(r.Detail))
		}
	}
	for i, f := range c.Found {
		if i == explainFindings {
			fmt.Fprintf(&b, "\n- %d more findings", len(c.Found)-i)
			break
		}
		b.WriteString("\n- ")
		if where := f.Place.String(); where != "" {
			fmt.Fprintf(&b, "%s: ", text(where))
		}
		b.WriteString(text(f.Message))
		if f.WaivedBy != "" {
			fmt.Fprintf(&b, " (excepted by %s)", text(f.ExceptedBy()))
		} else if f.Remedy != "" {
			fmt.Fprintf(&b, " **To do** %s", text(f.Remedy))
		}
		if f.Who != "" && f.WaivedBy == "" {
			fmt.Fprintf(&b, " **Who** %s", text(f.Who))
		}
	}
	return b.String()
}
