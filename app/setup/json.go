package setup

import (
	"encoding/json"

	"github.com/google/go-github/v62/github"
)

// levelsOf is permissions by GitHub's names for them.
func levelsOf(p *github.InstallationPermissions) map[string]string {
	out := map[string]string{}
	if text, err := json.Marshal(p); err == nil {
		_ = json.Unmarshal(text, &out) // every field is text
	}
	return out
}

// requiredChecks reads what a rule of type required_status_checks asks for.
func requiredChecks(parameters json.RawMessage) []github.RuleRequiredStatusChecks {
	var p github.RequiredStatusChecksRuleParameters
	if json.Unmarshal(parameters, &p) != nil {
		return nil
	}
	return p.RequiredStatusChecks
}
