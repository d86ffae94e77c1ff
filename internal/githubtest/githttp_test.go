package githubtest

import (
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"

	"custody/internal/git/gittest"
)

// git runs git with a token in a header, as the App does.
func git(t *testing.T, token, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), gittest.Env()...)
	if token != "" {
		cmd.Env = append(cmd.Env, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader",
			"GIT_CONFIG_VALUE_0=Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("x-access-token:"+token)))
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestGit(t *testing.T) {
	w := newWorld(t)
	c := asInstallation(t, w.gh, w.inst)
	url := w.gh.URL + "/acme/shop.git"
	dir := t.TempDir()
	if out, err := git(t, c.token, dir, "clone", "--quiet", "--bare", "--filter=blob:none", url, "clone"); err != nil {
		t.Fatal(out)
	}
	if out, err := git(t, c.token, dir+"/clone", "fetch", "--quiet", "origin", "refs/pull/1/head:refs/pull/1/head"); err != nil {
		t.Fatal(out)
	}
	if out, _ := git(t, "", dir+"/clone", "rev-parse", "refs/pull/1/head"); strings.TrimSpace(out) != w.pull.HeadSHA {
		t.Errorf("refs/pull/1/head is %s, the head %s", out, w.pull.HeadSHA)
	}
	if out, err := git(t, "", dir, "clone", "--quiet", url, "none"); err == nil {
		t.Errorf("a private repository came without a token: %s", out)
	}
	readOnly := asInstallation(t, w.gh, w.inst, "contents:read")
	if out, err := git(t, readOnly.token, dir+"/clone", "push", "--quiet", "origin", "refs/pull/1/head:refs/heads/other"); err == nil {
		t.Errorf("a push without contents:write went through: %s", out)
	}
	if out, err := git(t, c.token, dir+"/clone", "push", "--quiet", "origin", "refs/pull/1/head:refs/notes/x"); err != nil {
		t.Error(out)
	}
	if out, err := git(t, c.token, dir+"/clone", "push", "--quiet", "origin", "refs/pull/1/head:refs/pull/1/head2"); err == nil {
		t.Errorf("a push to refs/pull went through: %s", out)
	}
}
