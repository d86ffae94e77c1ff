package githubtest

import (
	"fmt"
	"slices"
	"strings"
)

func (a *App) object(gh *GitHub) object {
	events := a.Events
	if events == nil {
		events = []string{}
	}
	return object{
		"id": a.ID, "slug": a.Slug, "node_id": node("A", a.ID), "client_id": a.ClientID, "owner": account(gh, a.Owner), "name": a.Name,
		"description": nil, "external_url": homepage, "html_url": gh.URL + "/apps/" + a.Slug,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "permissions": a.Permissions, "events": events,
	}
}

// homepage is the App's own: a check run without a details_url leads there.
const homepage = "https://custody.example.com"

func getApp(c *call) *answer { return ok(c.token.app.object(c.gh)) }

func (i *Installation) object() object {
	gh := i.gh
	selection := "selected"
	if i.All {
		selection = "all"
	}
	out := object{
		"id": i.ID, "account": account(gh, i.Account), "repository_selection": selection,
		"access_tokens_url": fmt.Sprintf("%s/app/installations/%d/access_tokens", gh.API, i.ID),
		"repositories_url":  gh.API + "/installation/repositories",
		"html_url":          fmt.Sprintf("%s/organizations/%s/settings/installations/%d", gh.URL, i.Account.Login, i.ID),
		"app_id":            i.App.ID, "client_id": i.App.ClientID, "app_slug": i.App.Slug, "target_id": i.Account.ID, "target_type": i.Account.Type,
		"permissions": i.Permissions, "events": i.App.Events, "single_file_name": nil, "suspended_by": nil, "suspended_at": nil,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	}
	if i.Suspended {
		out["suspended_by"], out["suspended_at"] = account(gh, i.Account), gh.stamp()
	}
	return out
}

func installationOfCall(c *call) (*Installation, *answer) {
	i := c.gh.installation(c.number("installation_id"))
	if i == nil || i.App != c.token.app {
		return nil, notFound()
	}
	return i, nil
}

func listInstallations(c *call) *answer {
	list := []any{}
	for _, i := range c.gh.installations {
		if !i.Deleted && i.App == c.token.app {
			list = append(list, i.object())
		}
	}
	return c.list(list)
}

func getInstallation(c *call) *answer {
	i, a := installationOfCall(c)
	if a != nil {
		return a
	}
	return ok(i.object())
}

func getRepoInstallation(c *call) *answer {
	i := c.gh.installationOf(c.repo)
	if i == nil {
		return notFound()
	}
	return ok(i.object())
}

func listInstallationRepos(c *call) *answer {
	list := []any{}
	for _, r := range c.gh.repos {
		if !r.Gone && c.token.covers(r) {
			list = append(list, r.object(c))
		}
	}
	return c.counted("repositories", list)
}

func getMeta(c *call) *answer {
	out := object{"verifiable_password_authentication": false}
	if c.gh.ghes {
		out["installed_version"] = "3.19.0"
	}
	return ok(out)
}

// Manifest puts an App where a manifest's code leads: what an administrator made by
// following the link of custody-app create.
func (gh *GitHub) Manifest(code string, a *App) {
	defer gh.lock()()
	gh.manifests[code] = a
}

func convertManifest(c *call) *answer {
	a := c.gh.manifests[c.params["code"]]
	if a == nil {
		return notFound()
	}
	delete(c.gh.manifests, c.params["code"]) // it works once
	a.ID, a.Owner, a.Key = c.gh.nextID(), c.gh.App.Owner, key()
	c.gh.apps[a.Slug] = a
	out := a.object(c.gh)
	out["client_secret"], out["webhook_secret"], out["pem"] = "a client secret", a.WebhookSecret, string(a.PEM())
	return created(out)
}

// Suspend takes the App's access away, for the time being.
func (i *Installation) Suspend() {
	defer i.gh.lock()()
	i.gh.sendInstallation(i, "suspend") // while it is told so, it is suspended already
	i.Suspended = true
}

// Unsuspend gives it back.
func (i *Installation) Unsuspend() {
	defer i.gh.lock()()
	i.Suspended = false
	i.gh.sendInstallation(i, "unsuspend")
}

// Delete uninstalls the App.
func (i *Installation) Delete() {
	defer i.gh.lock()()
	i.gh.sendInstallation(i, "deleted")
	i.Deleted = true
}

// Grant changes what the installation may do, as an administrator who accepts new
// permissions does. The tokens that are out keep the old ones.
func (i *Installation) Grant(permissions map[string]string) {
	defer i.gh.lock()()
	i.Permissions = permissions
	i.gh.sendInstallation(i, "new_permissions_accepted")
}

// Add lets the installation see one more repository.
func (i *Installation) Add(r *Repo) {
	defer i.gh.lock()()
	i.repos = append(i.repos, r.ID)
	i.gh.sendInstallationRepos(i, "added", []any{r.object(nil)}, []any{})
}

// Remove hides a repository from the installation.
func (i *Installation) Remove(r *Repo) {
	defer i.gh.lock()()
	i.repos = slices.DeleteFunc(i.repos, func(id int64) bool { return id == r.ID })
	i.gh.sendInstallationRepos(i, "removed", []any{}, []any{r.object(nil)})
}

func getUser(c *call) *answer {
	a := c.gh.accounts[strings.ToLower(c.params["username"])]
	if a == nil {
		return notFound()
	}
	return ok(account(c.gh, a))
}

func isCollaborator(c *call) *answer {
	a := c.gh.accounts[strings.ToLower(c.params["username"])]
	if a == nil || c.repo.role(a) == "" {
		return notFound()
	}
	return empty()
}

// legacy is the permission of a role in the words of before there were five.
var legacy = map[string]string{"": "none", "read": "read", "triage": "read", "write": "write", "maintain": "write", "admin": "admin"}

func getPermission(c *call) *answer {
	a := c.gh.accounts[strings.ToLower(c.params["username"])]
	if a == nil {
		return notFound()
	}
	role := c.repo.role(a)
	if role == "" && !c.repo.Private {
		role = "read"
	}
	rank := slices.Index(roles, role)
	user := account(c.gh, a)
	user["permissions"] = object{"pull": rank >= 1, "triage": rank >= 2, "push": rank >= 3, "maintain": rank >= 4, "admin": rank >= 5}
	name := role
	if name == "" {
		name = "none"
	}
	user["role_name"] = name
	return ok(object{"permission": legacy[role], "role_name": name, "user": user})
}

func isMember(c *call) *answer {
	for _, t := range c.gh.teams {
		if strings.EqualFold(t.Org.Login, c.params["org"]) && slices.ContainsFunc(t.Members, func(a *Account) bool { return strings.EqualFold(a.Login, c.params["username"]) }) {
			return empty()
		}
	}
	return notFound()
}

func (t *Team) object(gh *GitHub) object {
	url := fmt.Sprintf("%s/organizations/%d/team/%d", gh.API, t.Org.ID, t.ID)
	return object{
		"id": t.ID, "node_id": node("T", t.ID), "name": t.Slug, "slug": t.Slug, "description": nil, "privacy": "closed",
		"permission": "pull", "notification_setting": "notifications_enabled", "url": url, "html_url": gh.URL + "/orgs/" + t.Org.Login + "/teams/" + t.Slug,
		"members_url": url + "/members{/member}", "repositories_url": url + "/repos", "parent": nil, "members_count": len(t.Members), "repos_count": 0,
		"type": "organization", "organization_id": t.Org.ID, "organization": account(gh, t.Org),
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	}
}

// inOrg keeps an installation to the organization on which it is.
func (c *call) inOrg() bool {
	return strings.EqualFold(c.token.installation.Account.Login, c.params["org"])
}

func (c *call) team() *Team {
	for _, t := range c.gh.teams {
		if c.inOrg() && strings.EqualFold(t.Org.Login, c.params["org"]) && t.Slug == c.params["team_slug"] {
			return t
		}
	}
	return nil
}

func listTeams(c *call) *answer {
	list := []any{}
	for _, t := range c.gh.teams {
		if c.inOrg() && strings.EqualFold(t.Org.Login, c.params["org"]) {
			list = append(list, t.object(c.gh))
		}
	}
	return c.list(list)
}

func getTeam(c *call) *answer {
	if t := c.team(); t != nil {
		return ok(t.object(c.gh))
	}
	return notFound()
}

func listTeamMembers(c *call) *answer {
	t := c.team()
	if t == nil {
		return notFound()
	}
	list := []any{}
	for _, m := range t.Members {
		list = append(list, account(c.gh, m))
	}
	return c.list(list)
}

func getTeamMembership(c *call) *answer {
	t := c.team()
	if t == nil || !slices.ContainsFunc(t.Members, func(a *Account) bool { return strings.EqualFold(a.Login, c.params["username"]) }) {
		return notFound()
	}
	return ok(object{"url": c.gh.API + c.path, "role": "member", "state": "active"})
}
