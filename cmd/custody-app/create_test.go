package main

import (
	"context"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"custody/app/setup"
	"custody/internal/githubtest"
)

// An App is made by the form that a browser posts to GitHub, and by nobody who does not
// know its state; what is written is a configuration that serves.
func TestCreate(t *testing.T) {
	gh := githubtest.New(t)
	gh.Manifest("the-code", &githubtest.App{Slug: "custody-acme", Name: "Custody", WebhookSecret: "a secret of GitHub's", Permissions: map[string]string{"checks": "write"}, Events: []string{"push"}})
	dir := filepath.Join(t.TempDir(), "it's here")
	out, says := io.Pipe()
	p := &process{out: says, err: io.Discard, env: func(string) string { return "" }, now: time.Now}
	root := newRoot(p)
	root.SetArgs([]string{"create", "--url", "https://custody.example.com/", "--github", gh.API, "--org", "acme", "--folder", dir, "--publish", "refs,comment"})
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(context.Background()); says.Close() }()
	buffer := make([]byte, 4096)
	n, err := out.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`http://[0-9.:]+/`).FindString(string(buffer[:n]))
	rest := make(chan string, 1)
	go func() { text, _ := io.ReadAll(out); rest <- string(text) }()
	policy := ""
	get := func(address, host string) (int, string) {
		t.Helper()
		req, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		policy = resp.Header.Get("Content-Security-Policy")
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	_, form := get(page, "")
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(form)
	field := regexp.MustCompile(`name="manifest" value="([^"]*)"`).FindStringSubmatch(form)
	if action == nil || field == nil || !strings.HasPrefix(html.UnescapeString(action[1]), gh.URL+"/organizations/acme/settings/apps/new?state=") {
		t.Fatalf("%s", form)
	}
	if !strings.HasSuffix(policy, "; form-action "+gh.URL) { // a source with a path is that path alone: browsers post to no other
		t.Errorf("the page may post to %q", policy)
	}
	var m setup.Manifest
	if err := json.Unmarshal([]byte(html.UnescapeString(field[1])), &m); err != nil {
		t.Fatal(err)
	}
	if m.Hook.URL != "https://custody.example.com/webhook" || m.Redirect != page+"created" || m.Public || !slices.Equal(m.Events, setup.Events) {
		t.Errorf("%+v", m)
	}
	want := map[string]string{"checks": "write", "contents": "write", "metadata": "read", "pull_requests": "write", "issues": "write", "merge_queues": "read", "statuses": "read"}
	if no := githubtest.Unsupported(m.Permissions, m.Events); len(no) > 0 {
		t.Errorf("GitHub makes no App of it: events without their permissions: %v", no)
	}
	for name, level := range want {
		if m.Permissions[name] != level || len(m.Permissions) != len(want) {
			t.Errorf("permissions %v, want %v", m.Permissions, want)
		}
	}
	state := html.UnescapeString(action[1])[strings.Index(html.UnescapeString(action[1]), "state=")+len("state="):]
	for _, bad := range []struct{ address, host string }{
		{page + "created?code=the-code&state=x", ""}, {page + "created?code=the-code", ""}, {page + "created?state=" + state, ""},
		{page + "other", ""}, {page + "created?code=the-code&state=" + state, "evil.example"},
	} {
		if code, _ := get(bad.address, bad.host); code < 400 {
			t.Errorf("%s %s answers %d", bad.address, bad.host, code)
		}
	}
	if code, _ := get(page+"created?code=the-code&state="+state, ""); code != 200 {
		t.Fatalf("it answers %d", code)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if text := <-rest; !strings.Contains(text, "custody-acme") || strings.Contains(text, "a secret") {
		t.Errorf("it says %s", text)
	}
	for _, name := range createdFiles {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	c, err := readConfig(p, filepath.Join(dir, "app.yaml"))
	if err != nil || c.GitHub.AppID <= 0 || !c.Publish.Refs || c.Publish.Attestations {
		t.Fatalf("%+v, %v", c, err)
	}
	log, err := newLog(p, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newApp(p, &c, log, []string{"x"}); err != nil {
		t.Errorf("what was written does not serve: %v", err)
	}

	// What is there is not overwritten, and what is wrong leaves nothing behind.
	for _, args := range [][]string{
		{"create", "--url", "https://custody.example.com", "--folder", dir},
		{"create", "--url", "custody", "--folder", filepath.Join(dir, "new")},
		{"create", "--url", "https://custody.example.com", "--publish", "all", "--folder", filepath.Join(dir, "new")},
		{"create", "--url", "https://custody.example.com", "--listen", "nowhere", "--folder", filepath.Join(dir, "new")},
	} {
		root := newRoot(&process{out: io.Discard, err: io.Discard, env: p.env, now: time.Now})
		root.SetArgs(args)
		if err := root.ExecuteContext(context.Background()); err == nil {
			t.Errorf("%v: no error", args)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "new", "*")); len(left) > 0 {
			t.Errorf("%v leaves %v", args, left)
		}
	}
}
