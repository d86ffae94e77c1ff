package review

import (
	"slices"
	"strings"

	"custody/attestation"
	"custody/impact"
	"custody/impact/nearby"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// RiskOf weighs what is known of a change; nil is what is not.
func RiskOf(c *change.Change, report *impact.Report, who *attestation.Report, policy *config.Effective) *impact.Risk {
	in := riskInput(c, report, who)
	if policy != nil {
		in.Critical = func(p change.Path) string { return critical(policy, p) }
	}
	return nearby.Risk(in)
}

// RiskUnderUnknownPolicy is RiskOf with a policy that is there and can not be read.
func RiskUnderUnknownPolicy(c *change.Change, report *impact.Report, who *attestation.Report) *impact.Risk {
	in := riskInput(c, report, who)
	in.PolicyUnknown = true
	return nearby.Risk(in)
}

func riskInput(c *change.Change, report *impact.Report, who *attestation.Report) nearby.RiskInput {
	in := nearby.RiskInput{Report: report, Change: c}
	if who != nil && who.Outcome == finding.Satisfied {
		in.Classes = map[string]int{}
		for class, n := range who.Summary.Lines {
			in.Classes[string(class)] = n
		}
	}
	return in
}

// critical is the first rule that names a path, as something that more is asked for. A
// rule that names everything singles nothing out.
func critical(policy *config.Effective, p change.Path) string {
	if all := criticalAll(policy, p); len(all) > 0 {
		return all[0]
	}
	return ""
}

// criticalAll are all such rules.
func criticalAll(policy *config.Effective, p change.Path) (ids []string) {
	for _, r := range policy.Rules {
		if slices.ContainsFunc(r.When.Paths, func(g config.Glob) bool {
			return strings.Trim(string(g), "*/") != "" && config.Concerns([]config.Glob{g}, p, false)
		}) {
			ids = append(ids, r.CheckID)
		}
	}
	return ids
}
