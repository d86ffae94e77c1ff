package control

import (
	"custody/internal/change"
	"custody/internal/config"
)

// Concerns says whether the verification of the requirement looks at a path: what
// stands there can decide it. One that can not be evaluated might look anywhere.
func (r *Requirement) Concerns(p change.Path) bool {
	if r.Check != nil {
		return r.Check.concerns(p)
	}
	if len(r.Paths) > 0 && !config.MatchAny(r.Paths, p) {
		return false
	}
	return r.command == nil || r.command.Selects(string(p))
}

// Expects is what the verification must find, by default something.
func (r *Requirement) Expects() Expect {
	if r.Expect == "" {
		return Present
	}
	return r.Expect
}

// Unevaluated says why the verification can not be evaluated; empty when it can.
func (r *Requirement) Unevaluated() string {
	switch {
	case r.Check != nil:
		return ""
	case r.Verification == "":
		return "it has no verification"
	case r.command == nil:
		return refusal(r.refused)
	}
	return ""
}

// VerifiedBy is the verification, or the check in words, one line for each part.
func (r *Requirement) VerifiedBy() []string {
	switch {
	case r.Check != nil:
		return r.Check.says(r.values)
	case r.Verification == "":
		return nil
	}
	return []string{r.Verification}
}

// Prescribes lists the values that the requirement may use.
func (r *Requirement) Prescribes() Values { return r.values }
