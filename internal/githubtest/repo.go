package githubtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/internal/git/gittest"
)

// A Repo is a repository: a bare one on disk, and what GitHub keeps beside it.
type Repo struct {
	ID            int64
	Owner         *Account
	Name          string
	Private       bool
	Gone          bool // deleted
	Parent        *Repo
	DefaultBranch string
	Dir           string // of the bare repository

	quiet         bool // see Quietly
	archived      bool
	gh            *GitHub
	store         *gittest.Repo
	collaborators map[string]string // login in lower case: admin, maintain, write, triage, read
	teams         map[*Team]string
	number        int // of the last pull request
	pulls         []*PullRequest
	comments      []*Comment
	runs          []*CheckRun
	suites        []*CheckSuite
	statuses      []*Status
	moves         []move            // of refs, the oldest first
	verified      map[string]object // by commit
	rulesets      []*Ruleset
	protection    map[string]object   // by branch
	protects      map[string]*Ruleset // the same
	ends          int                 // of check runs, so far
	analyses      []*Analysis
	artifacts     []*Artifact
	deployments   []*Deployment
	attestations  []*Attestation

	// What git said of objects, which never change.
	parsed map[string]parsed
	sizes  map[[2]string]size // of base..head
}

// FullName is OWNER/NAME.
func (r *Repo) FullName() string { return r.Owner.Login + "/" + r.Name }

// Repo makes a private repository "OWNER/NAME" with all refs of another one, or none.
// The owner is its administrator.
func (gh *GitHub) Repo(name string, from *gittest.Repo) *Repo {
	gh.tb.Helper()
	defer gh.lock()()
	owner, short, ok := strings.Cut(name, "/")
	if !ok || gh.find(name) != nil {
		gh.tb.Fatalf("a repository is OWNER/NAME, and new; not %q", name)
	}
	r := gh.newRepo(gh.account(owner, "Organization"), short)
	if from != nil {
		if _, err := r.store.Try("fetch", "--quiet", "--no-tags", "file://"+from.Dir, "+refs/*:refs/*"); err != nil {
			gh.tb.Fatal(err)
		}
	}
	return r
}

func (gh *GitHub) newRepo(owner *Account, name string) *Repo {
	r := &Repo{
		ID: gh.nextID(), Owner: owner, Name: name, Private: true, DefaultBranch: "main", gh: gh,
		collaborators: map[string]string{strings.ToLower(owner.Login): "admin"}, teams: map[*Team]string{},
		verified: map[string]object{}, protection: map[string]object{}, protects: map[string]*Ruleset{}, parsed: map[string]parsed{}, sizes: map[[2]string]size{},
	}
	r.place()
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		gh.tb.Fatal(err)
	}
	r.store = gittest.At(gh.tb, r.Dir)
	for _, args := range [][]string{
		{"init", "--quiet", "--bare", "--template=", "--initial-branch=main"},
		{"config", "http.receivepack", "true"},
		{"config", "uploadpack.allowFilter", "true"},
		{"config", "uploadpack.allowAnySHA1InWant", "true"},
		{"config", "receive.hideRefs", "refs/pull"}, // nobody pushes there
		{"config", "gc.auto", "0"},
	} {
		if _, err := r.store.Try(args...); err != nil {
			gh.tb.Fatal(err)
		}
	}
	gh.repos = append(gh.repos, r)
	return r
}

// place is where the repository lies: by its number, since its name may change.
func (r *Repo) place() { r.Dir = filepath.Join(r.gh.dir, fmt.Sprintf("%d.git", r.ID)) }

// Public lets everybody read the repository.
func (r *Repo) Public() *Repo {
	defer r.gh.lock()()
	r.Private = false
	return r
}

// Collaborator gives somebody a permission: admin, maintain, write, triage or read.
func (r *Repo) Collaborator(login, permission string) {
	defer r.gh.lock()()
	r.collaborators[strings.ToLower(r.gh.person(login).Login)] = permission
}

// TeamAccess gives a team a permission.
func (r *Repo) TeamAccess(t *Team, permission string) {
	defer r.gh.lock()()
	r.teams[t] = permission
}

var roles = []string{"", "read", "triage", "write", "maintain", "admin"}

// role is the highest role that somebody has here; "" none.
func (r *Repo) role(a *Account) string {
	best := r.collaborators[strings.ToLower(a.Login)]
	for t, p := range r.teams {
		if slices.Contains(t.Members, a) && slices.Index(roles, p) > slices.Index(roles, best) {
			best = p
		}
	}
	return best
}

// Git runs git in the bare repository; a failure fails the test. It sends no
// delivery: for what GitHub tells the App about, use Push.
func (r *Repo) Git(args ...string) string {
	r.gh.tb.Helper()
	return r.store.Git(args...)
}

// Refs is every ref and where it points, but for GitHub's own refs/pull.
func (r *Repo) Refs() map[string]string {
	r.gh.tb.Helper()
	refs := map[string]string{}
	out, err := r.store.Try("for-each-ref", "--format=%(refname) %(objectname)")
	if err != nil {
		r.gh.tb.Error(err)
	}
	for line := range strings.Lines(out) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(name, "refs/pull/") {
			refs[name] = id
		}
	}
	return refs
}

// tip is the commit of a branch, "" if there is no such branch.
func (r *Repo) tip(branch string) string {
	id, err := r.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", "refs/heads/"+branch+"^{commit}")
	if err != nil {
		return ""
	}
	return id
}

// find gives the repository that has a name now.
func (gh *GitHub) find(name string) *Repo {
	for _, r := range gh.repos {
		if !r.Gone && strings.EqualFold(r.FullName(), name) {
			return r
		}
	}
	return nil
}

func (gh *GitHub) byID(id int64) *Repo {
	for _, r := range gh.repos {
		if r.ID == id && !r.Gone {
			return r
		}
	}
	return nil
}

// Fork makes a public copy of the repository's branches for somebody.
func (r *Repo) Fork(owner string) *Repo {
	r.gh.tb.Helper()
	defer r.gh.lock()()
	f := r.gh.newRepo(r.gh.person(owner), r.Name)
	f.Parent, f.Private = r, r.Private
	if _, err := f.store.Try("fetch", "--quiet", "--no-tags", "file://"+r.Dir, "+refs/heads/*:refs/heads/*"); err != nil {
		r.gh.tb.Fatal(err)
	}
	return f
}

// Delete takes the repository away. Pull requests from it stay, without a head
// repository.
func (r *Repo) Delete() {
	defer r.gh.lock()()
	r.Gone = true
	r.gh.send(r, "repository", "deleted", r.Owner, object{})
}

// Archive lets nobody write to the repository any more, or does again. It sends no delivery.
func (r *Repo) Archive(is bool) {
	defer r.gh.lock()()
	r.archived = is
}

// Rename gives the repository another name; the old one redirects.
func (r *Repo) Rename(name string) {
	defer r.gh.lock()()
	was := r.Name
	r.gh.moved[strings.ToLower(r.FullName())] = r
	r.Name = name
	delete(r.gh.moved, strings.ToLower(r.FullName()))
	r.gh.send(r, "repository", "renamed", r.Owner, object{"changes": object{"repository": object{"name": object{"from": was}}}})
}

// Transfer gives the repository to another owner; the old name redirects. An
// installation on the old owner sees it no more.
func (r *Repo) Transfer(owner string) {
	defer r.gh.lock()()
	was := r.Owner
	r.gh.moved[strings.ToLower(r.FullName())] = r
	r.Owner = r.gh.account(owner, "Organization")
	r.collaborators[strings.ToLower(owner)] = "admin"
	delete(r.gh.moved, strings.ToLower(r.FullName()))
	from := object{"organization": account(r.gh, was)}
	if was.Type == "User" {
		from = object{"user": account(r.gh, was)}
	}
	r.gh.send(r, "repository", "transferred", r.Owner, object{"changes": object{"owner": object{"from": from}}})
}

func getRepo(c *call) *answer {
	out := c.repo.object(c)
	if c.repo.Owner.Type == "Organization" {
		out["organization"] = account(c.gh, c.repo.Owner)
	}
	return ok(out)
}

// object is the repository as GitHub shows it; each answer takes of it what its form
// has.
func (r *Repo) object(c *call) object {
	gh := r.gh
	url := gh.API + "/repos/" + r.FullName()
	web := gh.URL + "/" + r.FullName()
	visibility := "public"
	if r.Private {
		visibility = "private"
	}
	out := object{
		"id": r.ID, "node_id": node("R", r.ID), "name": r.Name, "full_name": r.FullName(), "owner": account(gh, r.Owner),
		"private": r.Private, "visibility": visibility, "fork": r.Parent != nil, "default_branch": r.DefaultBranch,
		"url": url, "html_url": web, "clone_url": web + ".git", "git_url": "git" + strings.TrimPrefix(web, "http") + ".git",
		"ssh_url": "git@github.invalid:" + r.FullName() + ".git", "svn_url": web,
		"archived": r.archived, "disabled": false, "allow_forking": true,
		"allow_merge_commit": true, "allow_squash_merge": true, "allow_rebase_merge": true,
		"has_issues": true, "topics": []string{}, "forks": 0, "forks_count": 0, "size": 1,
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "pushed_at": r.pushedAt(),
		"description": nil, "homepage": nil, "language": nil, "license": nil, "mirror_url": nil,
		"permissions": object{"admin": false, "maintain": false, "push": false, "triage": false, "pull": true},
	}
	if r.Parent != nil && !r.Parent.Gone {
		out["parent"] = r.Parent.object(nil)
		out["source"] = r.Parent.object(nil)
	}
	for name, path := range map[string]string{
		"commits_url": "/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "trees_url": "/git/trees{/sha}", "statuses_url": "/statuses/{sha}",
		"pulls_url": "/pulls{/number}", "issues_url": "/issues{/number}", "branches_url": "/branches{/branch}", "contents_url": "/contents/{+path}",
		"compare_url": "/compare/{base}...{head}", "collaborators_url": "/collaborators{/collaborator}", "hooks_url": "/hooks",
	} {
		out[name] = url + path
	}
	return out
}

func account(gh *GitHub, a *Account) object {
	if a == nil {
		return nil
	}
	url := gh.API + "/users/" + a.Login
	web := gh.URL + "/" + strings.TrimSuffix(a.Login, "[bot]")
	return object{
		"id": a.ID, "node_id": node("U", a.ID), "login": a.Login, "type": a.Type, "site_admin": false, "user_view_type": "public",
		"url": url, "html_url": web, "avatar_url": web + ".png", "gravatar_id": "",
		"followers_url": url + "/followers", "following_url": url + "/following{/other_user}", "gists_url": url + "/gists{/gist_id}",
		"starred_url": url + "/starred{/owner}{/repo}", "subscriptions_url": url + "/subscriptions", "organizations_url": url + "/orgs",
		"repos_url": url + "/repos", "events_url": url + "/events{/privacy}", "received_events_url": url + "/received_events",
		"hooks_url": url + "/hooks", "issues_url": url + "/issues", "members_url": url + "/members{/member}",
		"public_members_url": url + "/public_members{/member}", "description": nil,
		"name": a.Login, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
	}
}

func node(kind string, id int64) string { return fmt.Sprintf("%s_%08d", kind, id) }
