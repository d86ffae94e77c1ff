// Package hub is how the App speaks to GitHub: clients that act as the App or as one of
// its installations, with their tokens, and the few things of GitHub that every part needs
// to know.
//
// It promises that a token goes to the configured host and nowhere else, that errors are
// told apart by what can be done about them (see Class), and that no error holds a token.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v62/github"

	"custody/internal/git"
)

// A Hub makes clients.
type Hub struct {
	api  *url.URL // https://api.github.com/
	web  *url.URL // https://github.com
	app  *ghinstallation.AppsTransport
	id   int64
	base http.RoundTripper

	timeout time.Duration

	mu      sync.Mutex
	clients map[int64]*Client
	readers map[reader]*ghinstallation.Transport
}

// A reader is an installation that reads one repository.
type reader struct{ installation, repo int64 }

// Options are what New needs.
type Options struct {
	URL        string // of the REST API: https://api.github.com, or https://HOST/api/v3
	AppID      int64
	PrivateKey []byte            // PEM
	Transport  http.RoundTripper // nil: one with timeouts
	Timeout    time.Duration     // of one request, and of silence while git fetches; 0: 30 seconds
}

const callTime = 30 * time.Second

// New prepares clients. It asks GitHub nothing.
func New(o Options) (*Hub, error) {
	api, err := url.Parse(strings.TrimSuffix(o.URL, "/") + "/")
	if err != nil || api.Host == "" || api.User != nil || api.Scheme != "https" && api.Scheme != "http" {
		return nil, fmt.Errorf("the address of GitHub's API: write https://api.github.com, or https://HOST/api/v3 for Enterprise Server, instead of %q", o.URL)
	}
	if o.AppID <= 0 {
		return nil, errors.New("the id of the GitHub App is missing")
	}
	if o.Timeout <= 0 {
		o.Timeout = callTime
	}
	base := o.Transport
	if base == nil {
		base = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: o.Timeout,
		}
	}
	app, err := ghinstallation.NewAppsTransport(base, o.AppID, o.PrivateKey)
	if err != nil {
		return nil, errors.New("the App's private key can not be read: it has to be the PEM file that GitHub made")
	}
	app.BaseURL = strings.TrimSuffix(api.String(), "/")
	return &Hub{api: api, web: webOf(api), app: app, id: o.AppID, base: base, timeout: o.Timeout, clients: map[int64]*Client{}, readers: map[reader]*ghinstallation.Transport{}}, nil
}

// webOf is where the pages and repositories are that belong to an API.
func webOf(api *url.URL) *url.URL {
	web := &url.URL{Scheme: api.Scheme, Host: api.Host}
	if strings.Trim(api.Path, "/") == "" { // on Enterprise Server the API is a folder of the host
		web.Host = strings.TrimPrefix(api.Host, "api.")
	}
	return web
}

// Host is the host of repositories, as a context names it: "github.com".
func (h *Hub) Host() string { return h.web.Hostname() }

// AppID is the id of our App.
func (h *Hub) AppID() int64 { return h.id }

// App is a client that acts as the App itself.
func (h *Hub) App() *github.Client { return h.client(h.app) }

func (h *Hub) client(t http.RoundTripper) *github.Client {
	c := github.NewClient(&http.Client{Transport: t, Timeout: h.timeout, CheckRedirect: h.sameHost})
	c.BaseURL, c.UploadURL = h.api, h.api
	c.UserAgent = "custody-app"
	return c
}

// sameHost follows what moved, on the same host only: our token goes with the request.
func (h *Hub) sameHost(req *http.Request, via []*http.Request) error {
	if req.URL.Host != h.api.Host || req.URL.Scheme != h.api.Scheme || len(via) > 5 {
		return errors.New("GitHub's answer leads to another host")
	}
	return nil
}

// A Client acts as one installation.
type Client struct {
	*github.Client
	hub    *Hub
	tokens *ghinstallation.Transport
	id     int64
}

// Installation is the client of an installation; its token is kept until it is about to
// expire.
func (h *Hub) Installation(id int64) *Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.clients[id]; c != nil {
		return c
	}
	t := h.tokens(id, &github.InstallationTokenOptions{}) // without it the body is null
	c := &Client{Client: h.client(t), hub: h, tokens: t, id: id}
	h.clients[id] = c
	return c
}

// tokens are those of an installation, each kept until it is about to expire.
func (h *Hub) tokens(installation int64, o *github.InstallationTokenOptions) *ghinstallation.Transport {
	app := *h.app // a transport writes its address and client into the App's that it was given
	t := ghinstallation.NewFromAppsTransport(&app, installation)
	t.BaseURL = h.app.BaseURL
	t.InstallationTokenOptions = o
	t.Client = &http.Client{Transport: h.base, Timeout: h.timeout}
	return t
}

// Forget makes the next client of an installation ask for new tokens: those that are there
// have the permissions of when they were made, and may have been revoked.
func (h *Hub) Forget(installation int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, installation)
	for r := range h.readers {
		if r.installation == installation {
			delete(h.readers, r)
		}
	}
}

// Permissions are those that the installation's owner granted, once a token was asked for.
func (c *Client) Permissions(ctx context.Context) (github.InstallationPermissions, error) {
	if _, err := c.tokens.Token(ctx); err != nil {
		return github.InstallationPermissions{}, err
	}
	return c.tokens.Permissions()
}

// A Repository is one as GitHub has it now.
type Repository struct {
	ID            int64
	Owner, Name   string
	DefaultBranch string
	Visibility    string
	Private       bool
	Archived      bool
	CloneURL      string
}

// FullName is "owner/name".
func (r *Repository) FullName() string { return r.Owner + "/" + r.Name }

// Repository finds a repository by its id: under the name that it had, which GitHub may
// lead on to the one that it has now. If another one has that name by now, those of the
// installation are searched.
func (c *Client) Repository(ctx context.Context, id int64, fullName string) (*Repository, error) {
	if owner, name, ok := strings.Cut(fullName, "/"); ok {
		got, _, err := c.Repositories.Get(ctx, owner, name)
		if class, _ := Classify(err); err != nil && class != Gone {
			return nil, fmt.Errorf("reading repository %d: %w", id, err)
		}
		if err == nil && got.GetID() == id {
			return c.repository(got), nil
		}
	}
	for page := 1; page > 0; {
		list, resp, err := c.Apps.ListRepos(ctx, &github.ListOptions{PerPage: 100, Page: page})
		if err != nil {
			return nil, fmt.Errorf("looking for repository %d: %w", id, err)
		}
		for _, r := range list.Repositories {
			if r.GetID() == id {
				return c.repository(r), nil
			}
		}
		page = resp.NextPage
	}
	return nil, fmt.Errorf("repository %d: %w", id, ErrNotOurs)
}

// ErrNotOurs says that an installation has no such repository. Its Class is Gone.
var ErrNotOurs = errors.New("the installation has it not, or not any more")

func (c *Client) repository(got *github.Repository) *Repository {
	r := &Repository{
		ID: got.GetID(), Owner: got.GetOwner().GetLogin(), Name: got.GetName(), DefaultBranch: got.GetDefaultBranch(),
		Visibility: got.GetVisibility(), Private: got.GetPrivate(), Archived: got.GetArchived(),
	}
	// Built from the configured host, not from the answer: the token goes there.
	r.CloneURL = c.hub.web.JoinPath(r.Owner, r.Name+".git").String()
	return r
}

// Remote is where git fetches a repository from, with a token that lives for a while, and
// reads the contents of this repository and nothing else.
func (c *Client) Remote(ctx context.Context, r *Repository) (git.Remote, error) {
	token, err := c.hub.reader(c.id, r.ID).Token(ctx)
	if err != nil {
		return git.Remote{}, fmt.Errorf("asking for a token of installation %d: %w", c.id, err)
	}
	return git.Remote{URL: r.CloneURL, Token: token, Quiet: c.hub.timeout}, nil
}

func (h *Hub) reader(installation, repo int64) *ghinstallation.Transport {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := reader{installation, repo}
	if h.readers[key] == nil {
		h.readers[key] = h.tokens(installation, &github.InstallationTokenOptions{
			RepositoryIDs: []int64{repo}, Permissions: &github.InstallationPermissions{Contents: github.String("read")},
		})
	}
	return h.readers[key]
}

// ID is a number of GitHub's as contexts write it; empty for none.
func ID(n int64) string {
	if n <= 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
