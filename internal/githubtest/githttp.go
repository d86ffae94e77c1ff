package githubtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"custody/internal/git/gittest"
)

// backend is git's own server.
var backend = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return "", fmt.Errorf("looking for git http-backend: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"), nil
})

// serveGit is git over HTTP, by git itself, for whoever may.
func (gh *GitHub) serveGit(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	push := strings.Contains(r.URL.RawQuery, "git-receive-pack") || strings.HasSuffix(rest, "git-receive-pack")
	op := "git fetch"
	if push {
		op = "git push"
	}

	gh.mu.Lock()
	fault := gh.fault(op, "/repos/"+name)
	gh.mu.Unlock()
	if !fault.happen(r.Context(), gh.hooks.done()) || fault.lose() {
		panic(http.ErrAbortHandler)
	}

	gh.mu.Lock()
	repo, who, status := gh.openGit(r, name, push)
	if fault.instead() {
		status = fault.answer(gh).status
	}
	gh.calls = append(gh.calls, Call{Operation: op, Path: r.URL.RequestURI(), Status: status, Token: who.String(), At: gh.now()})
	gh.stir()
	var before map[string]string
	if status == 200 {
		before = repo.Refs()
	}
	gh.mu.Unlock()

	switch status {
	case 200:
	case 301:
		http.Redirect(w, r, "/"+repo.FullName()+".git/"+rest+"?"+r.URL.RawQuery, status)
		return
	case 401:
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		fallthrough
	default:
		http.Error(w, http.StatusText(status), status)
		return
	}
	program, err := backend()
	if err != nil {
		gh.tb.Error(err)
		http.Error(w, err.Error(), 500)
		return
	}
	body, err := io.ReadAll(r.Body) // CGI takes no chunks
	if err != nil {
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path = "/" + filepath.Base(repo.Dir) + "/" + rest
	inner.Body, inner.ContentLength, inner.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	var stderr bytes.Buffer
	env := append(gittest.Env(), "GIT_PROJECT_ROOT="+gh.dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_PROTOCOL="+r.Header.Get("Git-Protocol"), "REMOTE_USER="+who.String())
	(&cgi.Handler{Path: program, Root: "/", Dir: gh.dir, Env: env, Stderr: &stderr}).ServeHTTP(w, inner)
	if push && strings.HasSuffix(rest, "git-receive-pack") {
		gh.mu.Lock()
		defer gh.mu.Unlock()
		repo.pushed(gh.bot(who.app), before)
	}
}

// openGit finds the repository of a request, if who asks may have it.
func (gh *GitHub) openGit(r *http.Request, name string, push bool) (*Repo, *token, int) {
	repo, status := gh.find(name), 200
	if repo == nil {
		if repo = gh.moved[strings.ToLower(name)]; repo == nil || repo.Gone {
			repo = nil
		}
		status = 301
	}
	_, password, given := r.BasicAuth()
	if !given {
		if repo == nil || repo.Private || push {
			return nil, nil, 401
		}
		return repo, nil, status
	}
	t := gh.tokens[password]
	switch {
	case t == nil || !gh.now().Before(t.expires) || t.installation.Deleted:
		return nil, nil, 401
	case t.installation.Suspended:
		return nil, t, 403
	case repo == nil || !gh.visible(t, repo):
		return nil, t, 404
	}
	level := "contents:read"
	if push {
		level = "contents:write"
	}
	if (push || repo.Private) && !(t.covers(repo) && may(t.permissions, level)) {
		return nil, t, 403
	}
	return repo, t, status
}
