package setup

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/go-github/v62/github"
)

// An application is an App, with all of its permissions by GitHub's names: go-github knows
// some of them alone.
type application struct {
	Name        string            `json:"name"`
	Events      []string          `json:"events"`
	Permissions map[string]string `json:"permissions"`
}

func (in Input) app(ctx context.Context) (a application, resp *github.Response, err error) {
	req, err := in.Hub.App().NewRequest("GET", "app", nil)
	if err == nil {
		resp, err = in.Hub.App().Do(ctx, req, &a)
	}
	return a, resp, err
}

// An installation is one of the App on an account, likewise.
type installation struct {
	ID          int64             `json:"id"`
	Account     *github.User      `json:"account"`
	Permissions map[string]string `json:"permissions"`
	SuspendedAt *github.Timestamp `json:"suspended_at"`
}

func (in Input) listInstallations(ctx context.Context, page int) (list []*installation, resp *github.Response, err error) {
	req, err := in.Hub.App().NewRequest("GET", fmt.Sprintf("app/installations?per_page=100&page=%d", page), nil)
	if err == nil {
		resp, err = in.Hub.App().Do(ctx, req, &list)
	}
	return list, resp, err
}

// requiredChecks reads what a rule of type required_status_checks asks for.
func requiredChecks(parameters json.RawMessage) []github.RuleRequiredStatusChecks {
	var p github.RequiredStatusChecksRuleParameters
	if json.Unmarshal(parameters, &p) != nil {
		return nil
	}
	return p.RequiredStatusChecks
}
