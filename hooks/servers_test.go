package hooks

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
)

// Environments as the servers document them, and as a client may make them.
func TestServers(t *testing.T) {
	const ssh = "203.0.113.7 50022 198.51.100.1 22"
	gitlabPush := map[string]string{"GL_ID": "user-2234", "GL_USERNAME": "ada", "GL_PROJECT_PATH": "acme/web/shop", "GL_REPOSITORY": "project-1234", "GL_PROTOCOL": "ssh"}
	giteaPush := map[string]string{"GITEA_REPO_NAME": "shop", "GITEA_REPO_USER_NAME": "acme", "GITEA_REPO_ID": "12", "GITEA_REPO_IS_WIKI": "false", "GITEA_PUSHER_NAME": "ada", "GITEA_PUSHER_ID": "7",
		"GITEA_KEY_ID": "3", "GITEA_DEPLOY_KEY_ID": "0", "GITEA_PR_ID": "0", "SSH_CONNECTION": ssh, "SSH_ORIGINAL_COMMAND": "git-receive-pack 'acme/shop.git'"}
	with := func(env map[string]string, more ...string) map[string]string {
		env = maps.Clone(env)
		for i := 0; i < len(more); i += 2 {
			env[more[i]] = more[i+1]
		}
		return env
	}
	for name, c := range map[string]struct {
		server string
		env    map[string]string
		want   Server // without functions
		refs   string // what is internal
	}{
		"git, nothing known":   {"git", nil, Server{}, ""},
		"git, ssh":             {"git", map[string]string{"SSH_CONNECTION": ssh, "LOGNAME": "ada"}, Server{Pusher: Pusher{Name: "ada"}}, ""},
		"git, forced command":  {"git", map[string]string{"SSH_CONNECTION": ssh, "LOGNAME": "git", "SSH_ORIGINAL_COMMAND": "x", "CUSTODY_PUSHER": "ada"}, Server{Pusher: Pusher{Name: "ada"}}, ""},
		"git, not by force":    {"git", map[string]string{"SSH_CONNECTION": ssh, "LOGNAME": "eve", "CUSTODY_PUSHER": "ada"}, Server{Pusher: Pusher{Name: "eve"}}, ""},
		"git, http":            {"git", map[string]string{"GATEWAY_INTERFACE": "CGI/1.1", "REMOTE_USER": "ada"}, Server{Pusher: Pusher{Name: "ada"}}, ""},
		"git, http over ssh":   {"git", map[string]string{"SSH_CONNECTION": ssh, "LOGNAME": "eve", "GATEWAY_INTERFACE": "CGI/1.1", "REMOTE_USER": "ada"}, Server{Pusher: Pusher{Name: "eve"}}, ""},
		"git, locally":         {"git", map[string]string{"LOGNAME": "ada", "REMOTE_USER": "ada", "CUSTODY_PUSHER": "ada"}, Server{}, ""},
		"gitolite":             {"gitolite", map[string]string{"GL_USER": "ada", "GL_REPO": "team/shop", "SSH_CONNECTION": ssh}, Server{Pusher: Pusher{Name: "ada"}, Repository: &change.Repository{Owner: "team", Name: "shop"}}, ""},
		"gitolite, on console": {"gitolite", nil, Server{}, ""},
		"gitea":                {"gitea", giteaPush, Server{Pusher: Pusher{Name: "ada", ID: "7", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}}, ""},
		"gitea, merge": {"gitea", with(giteaPush, "SSH_CONNECTION", "", "SSH_ORIGINAL_COMMAND", "gitea-internal", "GITEA_PUSH_TRIGGER", "pr-merge-to-base", "GITEA_PR_ID", "4", "GITEA_PR_INDEX", "2"),
			Server{Pusher: Pusher{Name: "ada", ID: "7", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}, Via: "pr-merge-to-base"}, ""},
		"gitea, merge injected": {"gitea", with(giteaPush, "GITEA_PUSH_TRIGGER", "pr-merge-to-base", "GITEA_INTERNAL_PUSH", "true"),
			Server{Pusher: Pusher{Name: "ada", ID: "7", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}}, ""},
		"gitea, its own refs": {"gitea", with(giteaPush, "SSH_ORIGINAL_COMMAND", "gitea-internal", "GITEA_INTERNAL_PUSH", "true"),
			Server{Pusher: Pusher{Name: "ada", ID: "7", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}}, "refs/pull/1/head"},
		"gitea, deploy key": {"gitea", with(giteaPush, "GITEA_DEPLOY_KEY_ID", "9"),
			Server{Pusher: Pusher{Name: "deploy key 9"}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}}, ""},
		"gitea, actions": {"gitea", with(giteaPush, "GITEA_PUSHER_ID", "-2", "GITEA_PUSHER_NAME", "gitea-actions", "GITEA_ACTIONS_TASK_ID", "5"),
			Server{Pusher: Pusher{Name: "gitea-actions", Type: change.Bot}, Repository: &change.Repository{Owner: "acme", Name: "shop", ID: "12"}}, ""},
		"forgejo, wiki": {"forgejo", with(giteaPush, "GITEA_REPO_IS_WIKI", "true", "GITEA_REPO_NAME", "shop.wiki"),
			Server{Skip: "it is a wiki", Pusher: Pusher{Name: "ada", ID: "7", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop.wiki", ID: "12"}}, ""},
		"gitlab": {"gitlab", gitlabPush, Server{Prefix: "GL-HOOK-ERR: ", Pusher: Pusher{Name: "ada", ID: "2234", Type: change.User}, Repository: &change.Repository{Owner: "acme/web", Name: "shop", ID: "1234"}},
			"refs/environments/1 refs/keep-around/1 refs/merge-requests/1/head"},
		"gitlab, browser": {"gitlab", with(gitlabPush, "GL_PROTOCOL", "web"), Server{Prefix: "GL-HOOK-ERR: ", Via: "web", Pusher: Pusher{Name: "ada", ID: "2234", Type: change.User}, Repository: &change.Repository{Owner: "acme/web", Name: "shop", ID: "1234"}},
			"refs/environments/1 refs/keep-around/1 refs/merge-requests/1/head"},
		"gitlab, wiki": {"gitlab", with(gitlabPush, "GL_REPOSITORY", "wiki-1234"), Server{Prefix: "GL-HOOK-ERR: ", Skip: "it is a wiki", Pusher: Pusher{Name: "ada", ID: "2234", Type: change.User}, Repository: &change.Repository{Owner: "acme/web", Name: "shop", ID: "1234"}},
			"refs/environments/1 refs/keep-around/1 refs/merge-requests/1/head"},
		"gitlab, group wiki, key": {"gitlab", with(gitlabPush, "GL_REPOSITORY", "group-7-wiki", "GL_ID", "key-4", "GL_PROJECT_PATH", ""), Server{Prefix: "GL-HOOK-ERR: ", Skip: "it is a wiki", Pusher: Pusher{Name: "deploy key 4"}},
			"refs/environments/1 refs/keep-around/1 refs/merge-requests/1/head"},
		"gitlab, project of that name": {"gitlab", with(gitlabPush, "GL_PROJECT_PATH", "acme/wiki-1"), Server{Prefix: "GL-HOOK-ERR: ", Pusher: Pusher{Name: "ada", ID: "2234", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "wiki-1", ID: "1234"}},
			"refs/environments/1 refs/keep-around/1 refs/merge-requests/1/head"},
		"ghes": {"ghes", map[string]string{"GITHUB_USER_LOGIN": "ada", "GITHUB_REPO_NAME": "acme/shop", "GITHUB_REPO_PUBLIC": "false"},
			Server{Pusher: Pusher{Name: "ada", Type: change.User}, Repository: &change.Repository{Owner: "acme", Name: "shop", Visibility: "private"}}, "refs/pull/1/head"},
		"ghes, merge": {"ghes", map[string]string{"GITHUB_USER_LOGIN": "robot[bot]", "GITHUB_REPO_NAME": "acme/shop", "GITHUB_VIA": "pull request merge button"},
			Server{Pusher: Pusher{Name: "robot[bot]", Type: change.Bot}, Via: "pull request merge button", Repository: &change.Repository{Owner: "acme", Name: "shop"}},
			"refs/heads/gh-readonly-queue/main/pr-1 refs/pull/1/head"},
	} {
		got, err := FindServer(c.server, func(name string) string { return c.env[name] })
		if err != nil {
			t.Fatal(err)
		}
		var refs []string
		for _, ref := range []string{"refs/heads/main", "refs/heads/pull/1", "refs/tags/v1", "refs/notes/commits", "refs/for/main", "refs/pull/", "refs/pull/1/head", "refs/merge-requests/1/head",
			"refs/keep-around/1", "refs/environments/1", "refs/heads/gh-readonly-queue/main/pr-1"} {
			if got.internal(ref) {
				refs = append(refs, ref)
			}
		}
		slices.Sort(refs)
		if s := strings.Join(refs, " "); s != c.refs {
			t.Errorf("%s: internal are %q, want %q", name, s, c.refs)
		}
		c.want.Name = c.server
		want, is := c.want.Repository, got.Repository
		if (want == nil) != (is == nil) || want != nil && *want != *is {
			t.Errorf("%s: repository %+v, want %+v", name, is, want)
		}
		if got.Name != c.want.Name || got.Skip != c.want.Skip || got.Pusher != c.want.Pusher || got.Via != c.want.Via || got.Prefix != c.want.Prefix {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	s, err := FindServer("gitlab", func(name string) string {
		return map[string]string{"GIT_DIR": "/data/repositories/@hashed/aa/bb/aabb.git"}[name]
	})
	if want := []string{"/data/repositories/+gitaly/tmp"}; err != nil || !slices.Equal(s.Quarantines, want) || !s.Unmarked {
		t.Errorf("gitlab's quarantines are %q, want %q", s.Quarantines, want)
	}
	if _, err := FindServer("svn", nil); err == nil || !strings.Contains(err.Error(), "git, gitolite, gitea, forgejo, gitlab, ghes") {
		t.Errorf("an unknown server: %v", err)
	}
}

// Whatever is in the environment, no row fails, and none knows more of a pusher than
// fits into a document.
func FuzzServers(f *testing.F) {
	f.Add("user-1", "acme/shop", "project-1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		values := []string{a, b, c}
		env := func(name string) string { return values[len(name)%3] }
		for _, row := range Servers {
			s := row.Make(env)
			if !change.IsAccountID(s.Pusher.ID) || s.Repository != nil && !change.IsAccountID(s.Repository.ID) {
				t.Errorf("%s: %+v", row.Name, s)
			}
		}
	})
}
