package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"
)

// ForAnswers are the permissions that answers to commands and buttons need.
var ForAnswers = []Permission{{"pull_requests", "write", "to answer commands"}, {"issues", "write", "to react to commands"}}

// A Manifest is what GitHub makes an App of, when somebody posts it there by a form.
type Manifest struct {
	Name        string            `json:"name"`
	URL         string            `json:"url"`
	Hook        ManifestHook      `json:"hook_attributes"`
	Redirect    string            `json:"redirect_url"` // where GitHub leads to with a code
	Public      bool              `json:"public"`
	Permissions map[string]string `json:"default_permissions"`
	Events      []string          `json:"default_events"`
}

// A ManifestHook is its webhook.
type ManifestHook struct {
	URL    string `json:"url"`
	Active bool   `json:"active"`
}

// NewManifest is one of an App that reaches the server at an address, with the permissions
// that it always needs and some more.
func NewManifest(name, publicURL, redirect string, needs []Permission) Manifest {
	m := Manifest{
		Name: name, URL: publicURL, Hook: ManifestHook{strings.TrimSuffix(publicURL, "/") + "/webhook", true}, Redirect: redirect,
		Permissions: map[string]string{}, Events: Events,
	}
	for _, p := range slices.Concat(permissions, forEvents, needs) {
		if !enough(m.Permissions[p.name], p.level) {
			m.Permissions[p.name] = p.level
		}
	}
	return m
}

// Text is the manifest as it is posted.
func (m Manifest) Text() (string, error) {
	text, err := json.Marshal(m)
	return string(text), err
}

// A Made is an App that GitHub made.
type Made struct {
	ID            int64
	Slug, Page    string
	PEM           string
	WebhookSecret string
}

// Convert asks GitHub's API for what it made, once, by the code that it led to.
func Convert(ctx context.Context, api, code string) (Made, error) {
	base, err := url.Parse(strings.TrimSuffix(api, "/") + "/")
	if err != nil || base.Host == "" {
		return Made{}, fmt.Errorf("the address of GitHub's API: %q is none", api)
	}
	if code == "" || len(code) > 200 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return Made{}, errors.New("GitHub's code is none")
	}
	client := github.NewClient(&http.Client{Timeout: 30 * time.Second})
	client.BaseURL, client.UserAgent = base, "custody-app"
	got, _, err := client.Apps.CompleteAppManifest(ctx, code)
	if err != nil {
		return Made{}, fmt.Errorf("asking GitHub for the App that it made: %s", plain(err))
	}
	m := Made{ID: got.GetID(), Slug: got.GetSlug(), Page: got.GetHTMLURL(), PEM: got.GetPEM(), WebhookSecret: got.GetWebhookSecret()}
	if m.ID <= 0 || m.PEM == "" || m.WebhookSecret == "" {
		return Made{}, errors.New("GitHub made an App, and does not tell its number, key and secret: delete it there and try again")
	}
	return m, nil
}
