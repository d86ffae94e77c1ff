package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"custody/app/setup"
	"custody/internal/config"
	"custody/internal/config/yaml"
)

// Config is the server's configuration. Every key can also be given in the environment,
// which counts more: github.app_id is CUSTODY_GITHUB_APP_ID.
type Config struct {
	// Listen is the address to serve on.
	Listen string `yaml:"listen"`
	// PublicURL is where people reach the server, for links in check runs. Without one there are no links.
	PublicURL string `yaml:"public_url"`
	// GitHub is the GitHub App.
	GitHub GitHubConfig `yaml:"github"`
	// Store is where the state is: `sqlite:///absolute/path.db` for one process, `postgres://...` for several.
	Store string `yaml:"store"`
	// Blobs is where packs are: `file:///absolute/folder`.
	Blobs string `yaml:"blobs"`
	// Clones is the folder of bare copies of the repositories: a cache.
	Clones string `yaml:"clones"`
	// ClonesGB is how many gigabytes the copies may take; those that were not used for longest are removed. Default: 100.
	ClonesGB int `yaml:"clones_gb"`
	// ChangeMB is how many megabytes, packed, a pull request may bring at a time that its branch does not have; one that brings more is not judged, nor is one of which more than 200,000 files would have to be asked for one by one. Default: 512.
	ChangeMB int `yaml:"change_mb"`
	// SigningKeyFile is the private key (PEM, mode 0600) that signs packs.
	SigningKeyFile string `yaml:"signing_key_file"`
	// TrustedKeysFile are the keys under which signed waivers and statements count. Optional.
	TrustedKeysFile string `yaml:"trusted_keys_file"`
	// FloorFile is the organisation's policy, which repositories may only tighten. Optional.
	FloorFile string `yaml:"floor_file"`
	// Salts is the folder with a salt for each repository whose policy hashes names (`privacy.names: hashed`): `<number>.salt`, made when it is first needed. Processes that share a store share it. Optional.
	Salts string `yaml:"salts"`
	// Mode is `enforce`, in which only a pass lets a change through, or `report`. Default: the floor's, else `enforce`.
	Mode config.Mode `yaml:"mode"`
	// Publish says where verdicts and packs are put besides the check run and this server.
	Publish Publish `yaml:"publish"`
	// LogLevel is `error`, `warn`, `info` or `debug`. Default: `info`.
	LogLevel string `yaml:"log_level"`
	// Workers is how many reviews run at a time. Default: 2.
	Workers int `yaml:"workers"`
}

// GitHubConfig is the GitHub App and where it lives.
type GitHubConfig struct {
	// URL is that of the REST API. On GitHub Enterprise Server: `https://HOST/api/v3`.
	URL string `yaml:"url"`
	// AppID is the number of the GitHub App.
	AppID int `yaml:"app_id"`
	// TimeoutSeconds is how long an answer may take, and how long git may hear nothing. Default: 30.
	TimeoutSeconds int `yaml:"timeout_seconds"`
	// PrivateKeyFile is the App's private key, the PEM file that GitHub made.
	PrivateKeyFile string `yaml:"private_key_file"`
	// WebhookSecretFile holds the webhook's secret; while it is changed, two of them, a line each.
	WebhookSecretFile string `yaml:"webhook_secret_file"`
}

// Publish says where verdicts and packs are put besides the check run and this server. Each
// needs a permission that the App does not need otherwise.
type Publish struct {
	// Refs attaches packs to their repository, under `refs/custody/packs/HEAD/`. Needs `contents: write`. Default: `false`.
	Refs bool `yaml:"refs"`
	// Comment keeps one comment on each pull request that says what the check run says. Needs `pull_requests: write`. Default: `false`.
	Comment bool `yaml:"comment"`
	// Attestations hands the signed statement of each pack to GitHub's artifact attestations. Needs `attestations: write`. Default: `false`.
	Attestations bool `yaml:"attestations"`
}

// Needs are the permissions of the GitHub App that it takes.
func (p Publish) Needs() []setup.Permission {
	var all []setup.Permission
	for _, n := range []struct {
		is                bool
		name, level, what string
	}{
		{p.Refs, "contents", "write", "to attach packs to repositories (publish.refs)"},
		{p.Comment, "pull_requests", "write", "to comment on pull requests (publish.comment)"},
		{p.Attestations, "attestations", "write", "to hand over attestations (publish.attestations)"},
	} {
		if n.is {
			all = append(all, setup.For(n.name, n.level, n.what))
		}
	}
	return all
}

// EnvPrefix begins the names of variables of the environment.
const EnvPrefix = "CUSTODY_"

// ParseConfig reads a configuration file, nil for none, and puts the environment over it.
// What it does not know in the file is an error; so is what is missing.
func ParseConfig(name string, text []byte, env func(string) string) (Config, error) {
	c := Config{Listen: ":8080", ClonesGB: 100, ChangeMB: 512, GitHub: GitHubConfig{URL: "https://api.github.com", TimeoutSeconds: 30}}
	if text != nil {
		doc, err := yaml.Parse(name, text)
		if err != nil {
			return c, err
		}
		if err := doc.Decode(&c); err != nil {
			return c, err
		}
	}
	if err := fromEnvironment(reflect.ValueOf(&c).Elem(), EnvPrefix, env); err != nil {
		return c, err
	}
	return c, c.check()
}

// Variables are the names of all variables, in the order of the file.
func Variables() []string { return variables(reflect.TypeFor[Config](), EnvPrefix) }

func variables(t reflect.Type, prefix string) []string {
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + strings.ToUpper(key(f))
		if f.Type.Kind() == reflect.Struct {
			all = append(all, variables(f.Type, name+"_")...)
		} else {
			all = append(all, name)
		}
	}
	return all
}

func key(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

func fromEnvironment(v reflect.Value, prefix string, env func(string) string) error {
	for i := range v.NumField() {
		name := prefix + strings.ToUpper(key(v.Type().Field(i)))
		f := v.Field(i)
		if f.Kind() == reflect.Struct {
			if err := fromEnvironment(f, name+"_", env); err != nil {
				return err
			}
			continue
		}
		text := env(name)
		if text == "" {
			continue
		}
		switch {
		case f.Type() == reflect.TypeFor[config.Mode]():
			if err := f.Addr().Interface().(*config.Mode).UnmarshalText([]byte(text)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case f.Kind() == reflect.String:
			f.SetString(text)
		case f.Kind() == reflect.Bool:
			is, ok := map[string]bool{"true": true, "false": false}[text]
			if !ok {
				return fmt.Errorf("%s: %q is neither true nor false", name, text)
			}
			f.SetBool(is)
		default:
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("%s: %q is no number", name, text)
			}
			f.SetInt(n)
		}
	}
	return nil
}

// check finds what is missing or can not be.
func (c *Config) check() error {
	var missing []string
	for _, m := range []struct{ key, value string }{
		{"github.private_key_file", c.GitHub.PrivateKeyFile}, {"github.webhook_secret_file", c.GitHub.WebhookSecretFile},
		{"store", c.Store}, {"blobs", c.Blobs}, {"clones", c.Clones}, {"signing_key_file", c.SigningKeyFile},
	} {
		if m.value == "" {
			missing = append(missing, m.key)
		}
	}
	if c.GitHub.AppID <= 0 {
		missing = append(missing, "github.app_id")
	}
	if len(missing) > 0 {
		return fmt.Errorf("the configuration lacks %s", strings.Join(missing, ", "))
	}
	if u, err := url.Parse(c.GitHub.URL); err == nil && u.Scheme == "http" && !isHere(u.Hostname()) {
		return errors.New("github.url: the App's tokens would go over the network as they are: use https")
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("public_url: %q is no address: write it like https://custody.example.com", c.PublicURL)
		}
		c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	}
	if c.GitHub.TimeoutSeconds < 1 || c.GitHub.TimeoutSeconds > 600 {
		return errors.New("github.timeout_seconds: from 1 to 600")
	}
	if c.ClonesGB < 1 || c.ClonesGB > 1_000_000 {
		return errors.New("clones_gb: 1 or more")
	}
	if c.ChangeMB < 1 || c.ChangeMB > 1_000_000 {
		return errors.New("change_mb: 1 or more")
	}
	switch c.LogLevel {
	case "", "error", "warn", "info", "debug":
	default:
		return fmt.Errorf("log_level: %q: use one of error, warn, info, debug", c.LogLevel)
	}
	if c.Workers < 0 || c.Workers > 64 {
		return errors.New("workers: from 1 to 64")
	}
	return nil
}

// isHere says whether a host is this machine.
func isHere(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Secrets reads the file of webhook secrets: one a line, at most two.
func Secrets(text []byte) ([]string, error) {
	var all []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	switch {
	case len(all) == 0:
		return nil, errors.New("it holds no secret: without one, everybody could send deliveries")
	case len(all) > 2:
		return nil, errors.New("it holds more than two secrets: the new one and the old one are enough")
	}
	return all, nil
}
