package app

import (
	"slices"
	"strings"
	"testing"

	"custody/internal/config"
)

const whole = `listen: ":1"
public_url: https://custody.example.com/
github:
  url: https://ghe.example.com/api/v3
  app_id: 123
  private_key_file: app.pem
  webhook_secret_file: webhook.secret
store: sqlite:///var/lib/custody/custody.db
blobs: file:///var/lib/custody/packs
clones: /var/lib/custody/clones
clones_gb: 20
change_mb: 64
signing_key_file: signing.pem
trusted_keys_file: trusted_keys
floor_file: floor.yaml
mode: report
log_level: debug
workers: 3
publish: {refs: true, comment: false}
`

func TestConfig(t *testing.T) {
	none := func(string) string { return "" }
	c, err := ParseConfig("app.yaml", []byte(whole), none)
	if err != nil {
		t.Fatal(err)
	}
	if c.GitHub.AppID != 123 || c.Mode != config.Report || c.Workers != 3 || c.ClonesGB != 20 || c.ChangeMB != 64 || c.PublicURL != "https://custody.example.com" || c.Publish != (Publish{Refs: true}) {
		t.Errorf("%+v", c)
	}
	// The environment counts more, and alone it is enough.
	env := map[string]string{"CUSTODY_GITHUB_APP_ID": "7", "CUSTODY_MODE": "enforce", "CUSTODY_GITHUB_PRIVATE_KEY_FILE": "a", "CUSTODY_GITHUB_WEBHOOK_SECRET_FILE": "b",
		"CUSTODY_STORE": "postgres://x/y", "CUSTODY_BLOBS": "file:///b", "CUSTODY_CLONES": "/c", "CUSTODY_PUBLISH_COMMENT": "true", "CUSTODY_SIGNING_KEY_FILE": "d"}
	get := func(k string) string { return env[k] }
	if c, err = ParseConfig("app.yaml", []byte(whole), get); err != nil || c.GitHub.AppID != 7 || c.Mode != config.Enforce || c.Store != "postgres://x/y" || c.Publish != (Publish{Refs: true, Comment: true}) {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = ParseConfig("", nil, get); err != nil || c.GitHub.URL != "https://api.github.com" || c.Listen != ":8080" || c.ClonesGB != 100 || c.ChangeMB != 512 {
		t.Errorf("%+v, %v", c, err)
	}
	for name := range env {
		if !slices.Contains(Variables(), name) {
			t.Errorf("%s is not listed", name)
		}
	}
	for name, change := range map[string][2]string{
		"unknown key":    {"workers: 3", "worker: 3"},
		"unknown inside": {"  app_id:", "  app_ids:"},
		"no number":      {"app_id: 123", "app_id: many"},
		"no mode":        {"mode: report", "mode: off"},
		"no store":       {"store: sqlite:///var/lib/custody/custody.db\n", ""},
		"no secret":      {"  webhook_secret_file: webhook.secret\n", ""},
		"no signing key": {"signing_key_file: signing.pem\n", ""},
		"twice":          {"mode: report", "mode: report\nmode: report"},
		"no address":     {"https://custody.example.com/", "custody"},
		"user in it":     {"https://custody.example.com/", "https://u:p@custody.example.com/"},
		"in the clear":   {"  url: https://ghe.example.com/api/v3", "  url: http://github.example.com/api/v3"},
		"no patience":    {"  app_id: 123", "  app_id: 123\n  timeout_seconds: 0"},
		"no room":        {"clones_gb: 20", "clones_gb: 0"},
		"no change":      {"change_mb: 64", "change_mb: 0"},
		"loud":           {"log_level: debug", "log_level: loud"},
		"many workers":   {"workers: 3", "workers: 1000"},
	} {
		text := strings.Replace(whole, change[0], change[1], 1)
		if _, err := ParseConfig("app.yaml", []byte(text), none); err == nil || text == whole {
			t.Errorf("%s: no error", name)
		}
	}
	for _, bad := range []map[string]string{{"CUSTODY_GITHUB_APP_ID": "x"}, {"CUSTODY_MODE": "off"}, {"CUSTODY_PUBLISH_REFS": "yes"}} {
		if _, err := ParseConfig("app.yaml", []byte(whole), func(k string) string { return bad[k] }); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

func TestSecretsFile(t *testing.T) {
	for text, want := range map[string]int{"one\n": 1, "one": 1, "new\nold\n": 2, " new \r\n\r\nold": 2, "": 0, "\n \n": 0, "a\nb\nc\n": 0} {
		got, err := Secrets([]byte(text))
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
