package git_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"custody/internal/git"
	"custody/internal/git/gittest"
)

// served is a repository behind git's own HTTP server, which wants a token.
func served(t *testing.T, repo *gittest.Repo, token string) (url string, requests *atomic.Int64) {
	t.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	repo.Git("config", "uploadpack.allowFilter", "true")
	repo.Git("config", "uploadpack.allowAnySHA1InWant", "true")
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(repo.Dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + safe(t)},
	}
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if _, password, _ := r.BasicAuth(); password != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		// net/http/cgi does not hand this header on by the name that git knows.
		backend := *backend
		backend.Env = append(backend.Env[:len(backend.Env):len(backend.Env)], "GIT_PROTOCOL="+r.Header.Get("Git-Protocol"))
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/" + filepath.Base(repo.Dir), requests
}

func safe(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "gitconfig")
	if err := os.WriteFile(file, []byte("[safe]\n\tdirectory = *\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMirror(t *testing.T) {
	ctx := context.Background()
	origin := gittest.New(t)
	origin.Commit("main", "base", gittest.Write("a.txt", "one\n"), gittest.Write("big.txt", strings.Repeat("same\n", 100)))
	origin.Commit("main", "gone again", gittest.Write("a.txt", "never needed\n"))
	base := origin.Commit("main", "main", gittest.Write("a.txt", "two\n"))
	origin.Commit("topic", "topic", gittest.From(base), gittest.Write("b.txt", "three\n"))
	head := origin.Commit("topic", "more", gittest.Write("b.txt", "four\n"))
	origin.Git("update-ref", "refs/pull/7/head", head)
	origin.Git("-c", "user.name=a", "-c", "user.email=a@example.com", "notes", "--ref=ai", "add", "-m", "a note", head)
	notes := origin.ID("refs/notes/ai")
	url, requests := served(t, origin, "s3cret")

	dir := filepath.Join(t.TempDir(), "mirror.git")
	m, err := git.OpenMirror(dir)
	if err != nil {
		t.Fatal(err)
	}
	from := git.Remote{URL: url, Token: "s3cret"}
	if err := m.Fetch(ctx, from, git.Want{Refs: []string{"refs/heads/main", "refs/pull/7/head", "refs/notes/*"}}); err != nil {
		t.Fatal(err)
	}
	b, h := oid(t, base), oid(t, head)
	requests.Store(0)
	if err := m.FetchMissing(ctx, from, h, []git.OID{b}, oid(t, notes)); err != nil {
		t.Fatal(err)
	}
	if requests.Load() > 3 {
		t.Errorf("%d requests for a batch of blobs", requests.Load())
	}
	requests.Store(0)
	if err := m.FetchMissing(ctx, from, h, []git.OID{b}, oid(t, notes)); err != nil || requests.Load() != 0 {
		t.Errorf("a second time: %d requests, %v", requests.Load(), err)
	}

	repo, err := git.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	for spec, want := range map[string]string{"a.txt": "two\n", "b.txt": "four\n"} {
		c, err := repo.Commit(ctx, h)
		if err != nil {
			t.Fatal(err)
		}
		e, err := git.Lookup(ctx, repo, c.Tree, spec)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := repo.Blob(ctx, e.ID, 1000); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", spec, got, err)
		}
	}
	// Versions between base and head are read, too, and those before base are not.
	three := origin.ID("topic~1:b.txt")
	if _, err := repo.Blob(ctx, oid(t, three), 1000); err != nil {
		t.Error("a version in the middle of the change is missing:", err)
	}
	if _, err := repo.Blob(ctx, oid(t, origin.ID("refs/notes/ai:"+head)), 1000); err != nil {
		t.Error("a note is missing:", err)
	}
	never := origin.ID("main~1:a.txt")
	if _, err := repo.Blob(ctx, oid(t, never), 1000); !errors.Is(err, git.ErrMissing) && !errors.Is(err, git.ErrNotFound) {
		t.Errorf("a version from before the change was fetched, too: %v", err)
	}

	// Near a commit whose files are all here, the new ones come with the commits; near one
	// of which nothing is known, the commits come alone.
	for name, near := range map[string]git.OID{"complete": b, "unknown": oid(t, origin.ID("main~1"))} {
		next := origin.Commit("topic", name, gittest.Write("b.txt", name+"\n"))
		origin.Git("update-ref", "refs/pull/8/head", next)
		if err := m.Fetch(ctx, from, git.Want{Refs: []string{"refs/pull/8/head"}, Near: near}); err != nil {
			t.Fatal(err)
		}
		requests.Store(0)
		if err := m.FetchMissing(ctx, from, oid(t, next), []git.OID{b}); err != nil {
			t.Fatal(err)
		}
		if came := requests.Load() == 0; came != (name == "complete") {
			t.Errorf("near a commit that is %s: %d further requests", name, requests.Load())
		}
	}

	// Neither the token nor the address is kept in a file.
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "s3cret") || strings.Contains(string(text), "czNjcmV0") {
			t.Errorf("%s holds the token", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// What goes wrong is told apart, and no error holds a token.
	for name, c := range map[string]struct {
		from git.Remote
		refs []string
		want error
	}{
		"no such ref":  {from, []string{"refs/heads/gone"}, git.ErrNoRemoteRef},
		"wrong token":  {git.Remote{URL: url, Token: "wr0ng"}, []string{"refs/heads/main"}, nil},
		"no token":     {git.Remote{URL: url}, []string{"refs/heads/main"}, nil},
		"an option":    {from, []string{"--upload-pack=touch /tmp/x"}, nil},
		"a file":       {git.Remote{URL: origin.Dir}, []string{"refs/heads/main"}, nil},
		"ext":          {git.Remote{URL: "ext::sh -c true"}, []string{"refs/heads/main"}, nil},
		"user in URL":  {git.Remote{URL: strings.Replace(url, "http://", "http://u:p@", 1)}, []string{"refs/heads/main"}, nil},
		"not an owner": {git.Remote{URL: url + "x", Token: "s3cret"}, []string{"refs/heads/main"}, nil},
	} {
		err := m.Fetch(ctx, c.from, git.Want{Refs: c.refs})
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
	}

	// A head that was force-pushed away can still be had by its id.
	origin.Git("update-ref", "refs/pull/7/head", base)
	if err := m.Fetch(ctx, from, git.Want{Refs: []string{"refs/pull/7/head"}, Commits: []git.OID{h}}); err != nil {
		t.Fatal(err)
	}
	if id, err := repo.Resolve(ctx, "refs/pull/7/head"); err != nil || id != b {
		t.Errorf("the ref was not moved: %v, %v", id, err)
	}
}

// A branch that is now a folder of branches is fetched at once, and so is the way back.
func TestMirrorBranchBecomesFolder(t *testing.T) {
	ctx := context.Background()
	origin := gittest.New(t)
	base := origin.Commit("main", "base", gittest.Write("a.txt", "one\n"))
	url, _ := served(t, origin, "s3cret")
	m, err := git.OpenMirror(filepath.Join(t.TempDir(), "mirror.git"))
	if err != nil {
		t.Fatal(err)
	}
	was := ""
	for _, now := range []string{"release", "release/1", "release/1/a", "release"} {
		if was != "" {
			origin.Git("branch", "-D", was)
		}
		origin.Git("branch", now, base)
		was = now
		if err := m.Fetch(ctx, git.Remote{URL: url, Token: "s3cret"}, git.Want{Refs: []string{"refs/heads/main", "refs/heads/" + now}}); err != nil {
			t.Fatalf("%s: %v", now, err)
		}
		refs, err := exec.Command("git", "--git-dir="+m.Dir(), "for-each-ref", "--format=%(refname)").Output()
		if want := "refs/heads/main\nrefs/heads/" + now + "\n"; err != nil || string(refs) != want {
			t.Errorf("%s: %q, %v", now, refs, err)
		}
	}
}
