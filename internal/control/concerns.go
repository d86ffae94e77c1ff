package control

import (
	"custody/internal/change"
	"custody/internal/config"
)

// Concerns says whether the verification of the requirement looks at a path: what
// stands there can decide it. One that can not be evaluated might look anywhere.
func (r *Requirement) Concerns(p change.Path) bool {
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
	case r.Verification == "":
		return "it has no verification"
	case r.command == nil:
		return refusal(r.refused)
	}
	return ""
}
