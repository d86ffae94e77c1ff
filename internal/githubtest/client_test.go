package githubtest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// A recorder is the test that a GitHub under test would fail.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }

// said gives what was reported since the last time.
func (r *recorder) said() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.errors
	r.errors = nil
	return out
}

// A client is somebody who talks to it, by the standard library alone.
type client struct {
	t     *testing.T
	gh    *GitHub
	token string
}

// A reply is what came back.
type reply struct {
	status int
	header http.Header
	text   string
	body   map[string]any
	list   []any
}

func (c *client) do(method, path string, body any, headers ...string) reply {
	c.t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return reply{status: -1, text: err.Error()}
		}
		content = bytes.NewReader(text)
	}
	if !strings.HasPrefix(path, "http") {
		path = c.gh.API + path
	}
	r, err := http.NewRequest(method, path, content)
	if err != nil {
		return reply{status: -1, text: err.Error()}
	}
	if content != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h := &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := h.Do(r)
	if err != nil {
		return reply{status: -1, text: err.Error()}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{status: -1, text: err.Error()}
	}
	out := reply{status: response.StatusCode, header: response.Header, text: string(text)}
	json.Unmarshal(text, &out.body)
	json.Unmarshal(text, &out.list)
	return out
}

// want is do for what must be answered with a status.
func (c *client) want(status int, method, path string, body any, headers ...string) reply {
	c.t.Helper()
	r := c.do(method, path, body, headers...)
	if r.status != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, r.status, status, r.text)
	}
	return r
}

func jwt(k *rsa.PrivateKey, header, claims any) string {
	enc := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := enc(header) + "." + enc(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func asApp(t *testing.T, gh *GitHub) *client {
	now := time.Now().Unix()
	return &client{t: t, gh: gh, token: jwt(gh.App.Key, object{"alg": "RS256", "typ": "JWT"}, object{"iss": fmt.Sprint(gh.App.ID), "iat": now - 60, "exp": now + 540})}
}

// asInstallation gets a token in the way of an App, with these permissions or all.
func asInstallation(t *testing.T, gh *GitHub, i *Installation, permissions ...string) *client {
	t.Helper()
	var body any
	if len(permissions) > 0 {
		asked := object{}
		for _, p := range permissions {
			name, level, _ := strings.Cut(p, ":")
			asked[name] = level
		}
		body = object{"permissions": asked}
	}
	r := asApp(t, gh).want(201, "POST", fmt.Sprintf("/app/installations/%d/access_tokens", i.ID), body)
	return &client{t: t, gh: gh, token: r.body["token"].(string)}
}

// world is a GitHub with one repository, one pull request and the App on it.
type world struct {
	tb   *recorder
	gh   *GitHub
	src  *gittest.Repo
	repo *Repo
	pull *PullRequest
	inst *Installation
}

func newWorld(t *testing.T, options ...Option) *world {
	t.Helper()
	w := &world{tb: &recorder{TB: t}}
	w.src = gittest.New(t)
	w.src.Commit("main", "Begin", gittest.Write("README.md", "# Shop\n"), gittest.Write("shop/cart.go", "package shop\n"))
	w.src.Git("branch", "feature", "main")
	w.src.Commit("feature", "Add prices", gittest.Write("shop/price.go", "package shop\n\nfunc Price() int { return 1 }\n"))
	w.gh = New(w.tb, options...)
	w.gh.User("ada", "ada@example.com")
	w.repo = w.gh.Repo("acme/shop", w.src)
	w.repo.Collaborator("ada", "write")
	w.repo.Collaborator("bob", "maintain")
	w.inst = w.gh.Install("acme")
	w.pull = w.repo.OpenPullRequest(NewPull{Title: "Add prices", Author: "ada", Head: "feature"})
	t.Cleanup(func() {
		for _, e := range w.tb.said() {
			t.Error(e)
		}
	})
	return w
}
