package hooks

import (
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
)

// An Adapter is one git server: what its hooks find in their environment, and where it
// wants them. The operator names it when the hook is installed; see docs/hooks/.
type Adapter struct {
	Name  string
	Title string
	// Folder, below the repository, holds the hooks that the server runs besides its own,
	// in folders such as pre-receive.d; empty: git's hooks, one file each.
	Folder string
	// Signs are paths in a repository of this server and of no other.
	Signs []string
	// Make reads the environment. A client of sshd may set there whatever the server
	// does not set itself, so that each variable has to be one that the server sets for
	// every push, or to come with another that says that no client is in play.
	Make func(env func(string) string) Server
}

// Servers are the git servers that are known, the plain one first.
var Servers = []Adapter{
	{Name: "git", Title: "git itself, over ssh or git http-backend", Make: plainGit},
	{Name: "gitolite", Title: "gitolite 3", Signs: []string{"gl-conf"}, Make: gitolite},
	{Name: "gitea", Title: "Gitea", Folder: "hooks", Signs: []string{"hooks/pre-receive.d/gitea"}, Make: gitea},
	{Name: "forgejo", Title: "Forgejo", Folder: "hooks", Signs: []string{"hooks/pre-receive.d/forgejo"}, Make: gitea},
	{Name: "gitlab", Title: "GitLab, self-managed", Folder: "custom_hooks", Make: gitlab},
	{Name: "ghes", Title: "GitHub Enterprise Server", Make: ghes},
}

// FindServer makes the Server of an adapter by its name.
func FindServer(name string, env func(string) string) (Server, error) {
	a, err := FindAdapter(name)
	if err != nil {
		return Server{}, err
	}
	s := a.Make(env)
	s.Name = name
	return s, nil
}

// FindAdapter is the row of a name.
func FindAdapter(name string) (Adapter, error) {
	i := slices.IndexFunc(Servers, func(a Adapter) bool { return a.Name == name })
	if i < 0 {
		return Adapter{}, fmt.Errorf("unknown git server %q: use one of %s", name, strings.Join(ServerNames(), ", "))
	}
	return Servers[i], nil
}

// ServerNames are the names of all adapters.
func ServerNames() []string {
	names := make([]string, len(Servers))
	for i, a := range Servers {
		names[i] = a.Name
	}
	return names
}

// plainGit knows who logged in. sshd sets SSH_CONNECTION and LOGNAME after everything
// that it accepted from the client; the web server sets REMOTE_USER, and no header of a
// request becomes a variable of that name. Where many people share one account, a forced
// command tells them apart by CUSTODY_PUSHER (docs/hooks/git.md).
func plainGit(env func(string) string) Server {
	var s Server
	switch {
	case env("SSH_CONNECTION") != "" && env("SSH_ORIGINAL_COMMAND") != "" && env("CUSTODY_PUSHER") != "":
		s.Pusher = Pusher{Name: env("CUSTODY_PUSHER")}
	case env("SSH_CONNECTION") != "":
		s.Pusher = Pusher{Name: env("LOGNAME")}
	case env("GATEWAY_INTERFACE") != "":
		s.Pusher = Pusher{Name: env("REMOTE_USER")}
	}
	return s
}

// gitolite-shell sets GL_USER and GL_REPO for every push, over ssh and http.
func gitolite(env func(string) string) Server {
	return Server{
		Pusher:     Pusher{Name: env("GL_USER")},
		Repository: place(env("GL_REPO"), ""),
	}
}

// gitea serves Gitea and Forgejo. Both set the names and ids for every push; what they
// set for pushes of their own only (trigger, internal) counts if they also say that no
// client is behind it: sshd sets SSH_ORIGINAL_COMMAND to what the client asked for.
func gitea(env func(string) string) Server {
	s := Server{Pusher: Pusher{Name: env("GITEA_PUSHER_NAME"), ID: digits(env("GITEA_PUSHER_ID")), Type: change.User}}
	if key := env("GITEA_DEPLOY_KEY_ID"); key != "" && key != "0" {
		// The name is that of the repository's owner, who need not know of it.
		s.Pusher = Pusher{Name: "deploy key " + key}
	} else if env("GITEA_ACTIONS_TASK_ID") != "" {
		s.Pusher.Type = change.Bot
	}
	s.Repository = place(env("GITEA_REPO_USER_NAME")+"/"+env("GITEA_REPO_NAME"), digits(env("GITEA_REPO_ID")))
	if env("GITEA_REPO_IS_WIKI") == "true" {
		s.Skip = "it is a wiki"
	}
	if env("SSH_ORIGINAL_COMMAND") == "gitea-internal" {
		s.Via = env("GITEA_PUSH_TRIGGER")
		if env("GITEA_INTERNAL_PUSH") == "true" {
			s.Internal = below("refs/pull/")
		}
	}
	return s
}

// gitlab takes what Gitaly sets, which no client reaches: pushes come to it by gRPC. It
// gives hooks an environment of its own making, without GIT_QUARANTINE_PATH (its
// internal/gitaly/hook/custom.go), and keeps the objects of what is done in the browser in
// a folder of the storage.
func gitlab(env func(string) string) Server {
	s := Server{
		Prefix:   "GL-HOOK-ERR: ",
		Unmarked: true,
		// Gitaly hides these from receive-pack, which refuses to update them.
		Internal: below("refs/merge-requests/", "refs/keep-around/", "refs/environments/", "refs/pipelines/", "refs/tmp/"),
	}
	if storage, _, ok := strings.Cut(env("GIT_DIR"), "/@"); ok { // /@hashed, /@snippets, /@cluster ...
		s.Quarantines = []string{storage + "/+gitaly/tmp"}
	}
	kind, number, _ := strings.Cut(env("GL_REPOSITORY"), "-")
	switch {
	case kind == "wiki" || kind == "group" && strings.HasSuffix(number, "-wiki"):
		s.Skip = "it is a wiki"
	case kind == "design":
		s.Skip = "it holds the designs of a project"
	case kind == "snippet":
		s.Skip = "it is a snippet"
	case kind != "project":
		number = ""
	}
	s.Repository = place(env("GL_PROJECT_PATH"), digits(number))
	s.Pusher.Name = env("GL_USERNAME")
	if who, id, _ := strings.Cut(env("GL_ID"), "-"); who == "user" {
		s.Pusher.ID, s.Pusher.Type = digits(id), change.User
	} else if who == "key" {
		s.Pusher = Pusher{Name: "deploy key " + id}
	}
	if env("GL_PROTOCOL") == "web" {
		s.Via = "web" // merges, and edits in the browser and by the API too
	}
	return s
}

// ghes takes what GitHub sets. Nothing of it comes from a client.
func ghes(env func(string) string) Server {
	s := Server{
		Pusher:     Pusher{Name: env("GITHUB_USER_LOGIN"), Type: change.User},
		Repository: place(env("GITHUB_REPO_NAME"), ""),
		Via:        env("GITHUB_VIA"),
		Unmarked:   true, // which of git's variables it passes on is not documented
	}
	if strings.HasSuffix(s.Pusher.Name, "[bot]") {
		s.Pusher.Type = change.Bot
	}
	if public := env("GITHUB_REPO_PUBLIC"); s.Repository != nil && public == "true" {
		s.Repository.Visibility = "public"
	} else if s.Repository != nil && public == "false" {
		s.Repository.Visibility = "private"
	}
	internal := []string{"refs/pull/"}
	if s.Via != "" {
		internal = append(internal, "refs/heads/gh-readonly-queue/") // else somebody pushes to a branch of that name
	}
	s.Internal = below(internal...)
	return s
}

// below accepts refs under one of the prefixes.
func below(prefixes ...string) func(string) bool {
	return func(ref string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(ref, p) && len(ref) > len(p) })
	}
}

// place is a repository by its path on the server, "group/subgroup/name".
func place(path, id string) *change.Repository {
	path = strings.Trim(path, "/")
	if path == "" && id == "" {
		return nil
	}
	r := &change.Repository{Name: change.Printable(path), ID: id}
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		r.Owner, r.Name = change.Printable(path[:i]), change.Printable(path[i+1:])
	}
	return r
}

// digits is an id as the server counts them, else nothing.
func digits(id string) string {
	if !change.IsAccountID(id) {
		return ""
	}
	return id
}
