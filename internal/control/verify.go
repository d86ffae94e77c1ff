package control

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/grep"
	"custody/internal/finding"
)

// A leaf is a check that looks at files of head. Each file that it selects is shown to
// it once, or the reason why it can not be.
type leaf interface {
	selects(f TreeFile) bool
	look(sr *searcher, f TreeFile, content []byte, why string)
	done() bool // it wants to see no more
	conclude(files []TreeFile) answer
}

// A plan is a requirement's check on its way to an answer.
type plan struct {
	leaf leaf
	ans  answer // of what looks at no file
	all  []*plan
	any  []*plan
}

// answer puts the parts together.
func (p *plan) answer(files []TreeFile) answer {
	switch {
	case p.leaf != nil:
		return p.leaf.conclude(files)
	case p.all != nil:
		return together(p.all, files, finding.Worst)
	case p.any != nil:
		return together(p.any, files, best)
	}
	return p.ans
}

// together combines the answers of parts. What explains a good whole is said by its good
// parts, and what keeps it from being good by the others.
func together(parts []*plan, files []TreeFile, combine func(...finding.Outcome) finding.Outcome) answer {
	var answers []answer
	var outcomes []finding.Outcome
	for _, p := range parts {
		a := p.answer(files)
		answers, outcomes = append(answers, a), append(outcomes, a.outcome)
	}
	whole := answer{outcome: combine(outcomes...)}
	whole.unsure = slices.Contains(outcomes, finding.NotAssessed) || slices.ContainsFunc(answers, func(a answer) bool { return a.unsure })
	for _, a := range answers {
		if good := whole.outcome == finding.Satisfied; good && a.outcome != finding.Satisfied && a.outcome != finding.NotApplicable {
			continue
		}
		whole.reasons = append(whole.reasons, a.reasons...)
		if whole.outcome == finding.NotSatisfied {
			whole.found = append(whole.found, a.found...)
		}
	}
	return whole
}

// best is the outcome of alternatives: one that is satisfied is enough, and what was not
// looked at may have been satisfied. What does not apply is no alternative.
func best(outcomes ...finding.Outcome) finding.Outcome {
	for _, o := range []finding.Outcome{finding.Satisfied, finding.NotAssessed, finding.NotSatisfied} {
		if slices.Contains(outcomes, o) {
			return o
		}
	}
	return finding.NotApplicable
}

// verify evaluates every requirement against head. Files are read once, in the order of
// their paths, for all requirements together.
func (e *evaluation) verify(ctx context.Context) ([]requirementResult, error) {
	var results []requirementResult
	for _, r := range e.Requirements {
		for i := range r.Controls {
			results = append(results, requirementResult{Requirement: &r.Controls[i], path: r.Path})
		}
	}
	if len(results) == 0 {
		return nil, nil
	}
	files, unlisted, err := listed(ctx, e.Head)
	if err != nil {
		return nil, fmt.Errorf("verifying requirements: %w", err)
	}
	tree := newArchitecture(files, unlisted == "")
	declared := declared(e.Requirements)
	sr := &searcher{in: &e.Input, conditions: conditionBudget(results, e.Limits)}
	plans := make([]*plan, len(results))
	for i := range results {
		r := &results[i]
		if why, applies := r.applies(tree, declared); !applies {
			r.outcome = finding.NotApplicable
			r.because(ReasonApplies, "%s", why)
			continue
		}
		switch {
		case r.Check != nil:
			plans[i] = e.plan(sr, r, r.Check)
		case r.Verification == "":
			r.because(ReasonNoVerification, "the requirement has no verification")
		case r.command == nil:
			r.because(ReasonUnsupported, "%s", refusal(r.refused))
		default:
			plans[i] = &plan{leaf: e.grepped(r)}
		}
		if plans[i] != nil && unlisted != "" && plans[i].reads() {
			plans[i] = nil
			r.because(ReasonUnread, "%s", unlisted)
		}
		if plans[i] != nil {
			sr.searches = append(sr.searches, plans[i].leaves()...)
		}
	}
	if err := sr.run(ctx, files); err != nil {
		return nil, fmt.Errorf("verifying requirements: %w", err)
	}
	for i, p := range plans {
		if p != nil {
			results[i].answer = p.answer(files)
		}
	}
	return results, nil
}

// listed are the files of a tree in the order of their paths, or says why not.
func listed(ctx context.Context, in checks.Tree) (files []TreeFile, why string, err error) {
	if in == nil {
		return nil, "the files of head were not given", nil
	}
	files, err = in.Files(ctx)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil {
		return nil, fmt.Sprintf("the files of head could not be listed: %s", err), nil
	}
	return slices.SortedFunc(slices.Values(files), func(a, b TreeFile) int { return cmpPath(a.Path, b.Path) }), "", nil
}

// leaves are the checks of a plan that look at files.
func (p *plan) leaves() []leaf {
	var all []leaf
	if p.leaf != nil {
		all = append(all, p.leaf)
	}
	for _, sub := range append(slices.Clone(p.all), p.any...) {
		all = append(all, sub.leaves()...)
	}
	return all
}

func (p *plan) reads() bool { return len(p.leaves()) > 0 }

// plan prepares a typed check.
func (e *evaluation) plan(sr *searcher, r *requirementResult, c *Check) *plan {
	switch {
	case c.Text != nil:
		return &plan{leaf: e.textLines(r, c.Text)}
	case c.Data != nil:
		return &plan{leaf: &documents{of: r.Requirement, check: c.Data, left: sr.conditions}}
	case c.Diff != nil:
		return &plan{ans: e.diff(r.Requirement, c.Diff, sr.conditions)}
	case c.SARIF != nil:
		return &plan{ans: e.sarif(r.Requirement, c.SARIF)}
	}
	p := &plan{}
	for i := range c.All {
		p.all = append(p.all, e.plan(sr, r, &c.All[i]))
	}
	for i := range c.Any {
		p.any = append(p.any, e.plan(sr, r, &c.Any[i]))
	}
	return p
}

func refusal(err error) string {
	var u *grep.Unsupported
	if errors.As(err, &u) && u.Hint != "" {
		return fmt.Sprintf("the verification is not evaluated: %s. %s", u.Reason, u.Hint)
	}
	return fmt.Sprintf("the verification is not evaluated: %s", err)
}

func cmpPath(a, b change.Path) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
