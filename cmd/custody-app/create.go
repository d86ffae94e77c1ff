package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/app"
	"custody/app/setup"
	"custody/internal/sign"
)

// createOptions are what `custody-app create` needs.
type createOptions struct {
	public  string // address of the server
	api     string // of GitHub
	org     string
	name    string
	folder  string
	listen  string
	publish []string
	answers bool
}

func newCreate(p *process) *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make the GitHub App, and write its configuration",
		Long: `Open a page on this machine that has GitHub make the App with the permissions and events
that it needs. GitHub leads back here; its key and its webhook's secret, a new signing key
and a configuration are written into the folder, mode 0600. Nothing that is there is
overwritten.`,
		Example: "  custody-app create --url https://custody.example.com --org acme --folder /etc/custody",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return create(cmd.Context(), p, &o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.public, "url", "", "where GitHub and people reach the server: an `ADDRESS` (required)")
	f.StringVar(&o.api, "github", "https://api.github.com", "GitHub's API; of Enterprise Server https://HOST/api/v3: an `ADDRESS`")
	f.StringVar(&o.org, "org", "", "the `ORGANIZATION` that owns the App (default: you)")
	f.StringVar(&o.name, "name", "Custody", "what the App is called; no two at GitHub have one `NAME`")
	f.StringVar(&o.folder, "folder", ".", "the `FOLDER` to write into")
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "the `ADDRESS` of the page on this machine")
	f.StringSliceVar(&o.publish, "publish", nil, "what verdicts are published as besides: refs, comment, attestations")
	f.BoolVar(&o.answers, "answers", true, "answer commands in comments, which takes leave to write some")
	return cmd
}

func create(ctx context.Context, p *process, o *createOptions) (err error) {
	public, err := url.Parse(o.public)
	if err != nil || public.Host == "" || public.User != nil || public.Scheme != "https" && public.Scheme != "http" {
		return errors.New("--url: give the address at which GitHub reaches the server, such as https://custody.example.com")
	}
	var publish app.Publish
	for _, word := range o.publish {
		to := map[string]*bool{"refs": &publish.Refs, "comment": &publish.Comment, "attestations": &publish.Attestations}[word]
		if to == nil {
			return fmt.Errorf("--publish %q: use refs, comment, attestations", word)
		}
		*to = true
	}
	web, err := webOf(o.api)
	if err != nil {
		return err
	}
	files, err := openFiles(o.folder)
	if err != nil {
		return err
	}
	keep := false
	defer func() { err = errors.Join(err, files.close(keep)) }()
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	needs := publish.Needs()
	if o.answers {
		needs = append(needs, setup.ForAnswers...)
	}
	manifest, err := setup.NewManifest(o.name, strings.TrimSuffix(o.public, "/"), "http://"+l.Addr().String()+"/created", needs).Text()
	if err != nil {
		return err
	}
	form := &createForm{host: l.Addr().String(), web: web, action: web + formPath(o.org), manifest: manifest, codes: make(chan string, 1)}
	if form.state, err = instance(); err != nil {
		return err
	}
	server := &http.Server{Handler: form, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	defer server.Close()
	fmt.Fprintf(p.out, "Open http://%s/ in a browser on this machine.\n", l.Addr())
	var code string
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case code = <-form.codes:
	}
	made, err := setup.Convert(ctx, o.api, code)
	if err != nil {
		return err
	}
	keep = true // GitHub tells the key once
	if err := files.write(o, publish, made); err != nil {
		return fmt.Errorf("GitHub made the App %s (%s), and not all could be written: %w", made.Slug, made.Page, err)
	}
	fmt.Fprintf(p.out, `GitHub made the App %s. Written into %s: %s.
Next:
  1. Install it: %s/installations/new
  2. custody-app serve --config %[5]s
  3. custody-app check --config %[5]s
`, made.Slug, o.folder, strings.Join(createdFiles, ", "), made.Page, filepath.Join(o.folder, "app.yaml"))
	return nil
}

func formPath(org string) string {
	if org == "" {
		return "/settings/apps/new"
	}
	return "/organizations/" + url.PathEscape(org) + "/settings/apps/new"
}

// webOf is where GitHub's pages are.
func webOf(api string) (string, error) {
	u, err := url.Parse(api)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("--github: %q is no address", api)
	}
	host := u.Host
	if strings.Trim(u.Path, "/") == "" {
		host = strings.TrimPrefix(host, "api.")
	}
	return u.Scheme + "://" + host, nil
}

// A createForm is the page that posts the manifest to GitHub, and where GitHub leads back
// to. Nobody else can end it: the state is theirs to guess.
type createForm struct {
	host, web, action, manifest, state string
	codes                              chan string
}

var createPage = template.Must(template.New("").Parse(`<!doctype html>
<meta charset="utf-8"><title>Custody</title>
{{if .}}<h1>Make the GitHub App</h1>
<p>GitHub asks you for its name, and shows the permissions.</p>
<form action="{{.Action}}" method="post"><input type="hidden" name="manifest" value="{{.Manifest}}"><button>Go to GitHub</button></form>
{{else}}<h1>Done</h1><p>The rest is said where custody-app runs. You can close this page.</p>{{end}}
`))

// ServeHTTP implements http.Handler.
func (f *createForm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action "+f.web) // a path would be that one alone
	switch {
	case r.Host != f.host: // another site that has its name lead here
		http.Error(w, "not here", http.StatusMisdirectedRequest)
	case r.Method == http.MethodGet && r.URL.Path == "/":
		createPage.Execute(w, map[string]string{"Action": f.action + "?state=" + f.state, "Manifest": f.manifest})
	case r.Method == http.MethodGet && r.URL.Path == "/created":
		if subtle.ConstantTimeCompare([]byte(r.URL.Query().Get("state")), []byte(f.state)) != 1 || r.URL.Query().Get("code") == "" {
			http.Error(w, "This is not what GitHub leads to. Begin anew at the first page.", http.StatusBadRequest)
			return
		}
		select {
		case f.codes <- r.URL.Query().Get("code"):
		default: // it was here before
		}
		createPage.Execute(w, nil)
	default:
		http.NotFound(w, r)
	}
}

// createdFiles are what create writes, in this order.
var createdFiles = []string{"app.pem", "webhook.secret", "signing.pem", "app.yaml"}

// files are open before GitHub is asked: it tells the key once.
type files struct {
	folder string
	open   []*os.File
}

func openFiles(folder string) (*files, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	fs := &files{folder: folder}
	for _, name := range createdFiles {
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%w: it is not overwritten; give another --folder", err), fs.close(false))
		}
		fs.open = append(fs.open, f)
	}
	return fs, nil
}

// close takes the files away again unless they are to be kept.
func (fs *files) close(keep bool) error {
	var err error
	for _, f := range fs.open {
		err = errors.Join(err, f.Close())
		if !keep {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}
	return err
}

func (fs *files) write(o *createOptions, publish app.Publish, made setup.Made) error {
	key, err := sign.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		return err
	}
	config := fs.config(o, publish, made)
	for i, text := range []string{made.PEM, made.WebhookSecret + "\n", string(pem), config} {
		if _, err := fs.open[i].WriteString(text); err != nil {
			return err
		}
		if err := fs.open[i].Sync(); err != nil {
			return err
		}
	}
	if _, err := app.ParseConfig("app.yaml", []byte(config), func(string) string { return "" }); err != nil {
		return fmt.Errorf("the configuration that was written: %w", err)
	}
	return nil
}

func (fs *files) config(o *createOptions, publish app.Publish, made setup.Made) string {
	in := func(name string) string { return filepath.Join(fs.folder, name) }
	place := func(scheme, name string) string { return (&url.URL{Scheme: scheme, Path: in(name)}).String() }
	q := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	lines := []string{
		`listen: ":8080"`, "public_url: " + q(o.public), "github:", "  url: " + q(o.api), fmt.Sprintf("  app_id: %d", made.ID),
		"  private_key_file: " + q(in("app.pem")), "  webhook_secret_file: " + q(in("webhook.secret")),
		"store: " + q(place("sqlite", "custody.db")), "blobs: " + q(place("file", "packs")), "clones: " + q(in("clones")), "signing_key_file: " + q(in("signing.pem")),
	}
	if publish != (app.Publish{}) {
		lines = append(lines, fmt.Sprintf("publish: {refs: %v, comment: %v, attestations: %v}", publish.Refs, publish.Comment, publish.Attestations))
	}
	return strings.Join(slices.Concat(lines, []string{""}), "\n")
}
