package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"custody/app"
	"custody/app/clone"
	"custody/app/hub"
	"custody/app/web"
	"custody/internal/config/yaml"
	"custody/internal/private"
	"custody/internal/program"
	"custody/internal/sign"
	"custody/internal/store"
)

// A process is what the commands may ask of the world.
type process struct {
	out, err io.Writer
	env      func(string) string
	environ  []string
	now      func() time.Time
}

func newRoot(p *process) *cobra.Command {
	root := &cobra.Command{
		Use:   "custody-app",
		Short: "Serve the GitHub App of Custody",
		Long: `custody-app receives GitHub's webhooks, reviews the changes that they are about, and
answers with check runs and signed audit packs.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { // or a unit file without "serve" would succeed at doing nothing
			return errors.Join(cmd.Help(), errors.New("no command is named"))
		},
	}
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.AddCommand(newServe(p), newCheck(p), newCreate(p), newVersion(p))
	return root
}

func newVersion(p *process) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, "custody-app", program.Version())
			return err
		},
	}
}

func newServe(p *process) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Receive webhooks and review changes",
		Long:    "Serve until it is told to stop (SIGTERM, or Ctrl-C); reviews that are under way end, or begin anew with the next start.",
		Example: "  custody-app serve --config /etc/custody/app.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return serve(cmd.Context(), p, file) },
	}
	cmd.Flags().StringVar(&file, "config", "", "read the configuration from `FILE`; variables such as CUSTODY_GITHUB_APP_ID count more")
	return cmd
}

func serve(ctx context.Context, p *process, file string) error {
	c, err := readConfig(p, file)
	if err != nil {
		return err
	}
	log, err := newLog(p, c.LogLevel)
	if err != nil {
		return err
	}
	secrets, err := readSecrets(c.GitHub.WebhookSecretFile)
	if err != nil {
		return err
	}
	a, err := newApp(p, &c, log, secrets)
	if err != nil {
		return err
	}
	clones, err := a.Clones.Hold()
	if err != nil {
		return err
	}
	defer clones.Close()
	id, err := instance()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, c.Store, store.Options{
		Now: p.now, Log: app.QueueLog(log), ID: id, Worker: a, Limits: store.Limits{Reviews: c.Workers},
	})
	if err != nil {
		return err
	}
	a.Use(s)
	defer s.Close()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return (&app.Server{App: a, Store: s, Secrets: secrets, Log: log}).Serve(ctx, l)
}

func readConfig(p *process, file string) (app.Config, error) {
	var text []byte
	if file != "" {
		var err error
		if text, err = readFile(file, yaml.MaxBytes); err != nil {
			return app.Config{}, fmt.Errorf("reading the configuration: %w", err)
		}
	}
	return app.ParseConfig(file, text, p.env)
}

func newLog(p *process, level string) (*logrus.Logger, error) {
	log := logrus.New()
	log.SetOutput(p.err)
	log.SetFormatter(&logrus.JSONFormatter{TimestampFormat: time.RFC3339Nano})
	if level == "" {
		level = "info"
	}
	l, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log_level: %w", err)
	}
	log.SetLevel(l)
	return log, nil
}

func readSecrets(file string) ([]string, error) {
	text, err := private.Read(file, maxSecretFile)
	if err != nil {
		return nil, fmt.Errorf("reading the webhook secret: %w", err)
	}
	secrets, err := app.Secrets(text)
	if err != nil {
		return nil, fmt.Errorf("the webhook secret %s: %w", file, err)
	}
	return secrets, nil
}

// newApp reads every file that the configuration names.
func newApp(p *process, c *app.Config, log *logrus.Logger, secrets []string) (*app.App, error) {
	parts := app.Parts{Mode: c.Mode, Publish: c.Publish, MaxChange: int64(c.ChangeMB) << 20, Version: program.Version(), Log: log, Now: p.now}
	var err error
	if parts.Links, err = web.NewLinks(c.PublicURL, secrets, p.now); err != nil {
		return nil, err
	}
	pem, err := private.Read(c.GitHub.PrivateKeyFile, maxSecretFile)
	if err != nil {
		return nil, fmt.Errorf("reading the App's private key: %w", err)
	}
	if parts.Hub, err = hub.New(hub.Options{URL: c.GitHub.URL, AppID: int64(c.GitHub.AppID), PrivateKey: pem, Timeout: time.Duration(c.GitHub.TimeoutSeconds) * time.Second}); err != nil {
		return nil, err
	}
	if pem, err = private.Read(c.SigningKeyFile, maxSecretFile); err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	key, err := sign.ParseKey(pem)
	if err != nil {
		return nil, fmt.Errorf("the signing key %s: %w", c.SigningKeyFile, err)
	}
	parts.Signer = key
	if parts.Floor, err = named(c.FloorFile, yaml.MaxBytes); err != nil {
		return nil, fmt.Errorf("reading the floor: %w", err)
	}
	if parts.Keys, err = named(c.TrustedKeysFile, maxKeyRing); err != nil {
		return nil, fmt.Errorf("reading the trusted keys: %w", err)
	}
	if c.Salts != "" {
		if parts.Salts, err = app.OpenSalts(c.Salts, rand.Reader); err != nil {
			return nil, err
		}
	}
	if parts.Blobs, err = store.OpenBlobs(c.Blobs); err != nil {
		return nil, err
	}
	if parts.Clones, err = clone.Open(c.Clones, clone.Options{Environ: p.environ, Program: program.Build(), Bytes: int64(c.ClonesGB) << 30}); err != nil {
		return nil, err
	}
	return app.New(parts)
}

// maxKeyRing is more than the largest file of trusted keys has, in bytes.
const maxKeyRing = 16 << 20

func named(file string, limit int64) (*app.File, error) {
	if file == "" {
		return nil, nil
	}
	text, err := readFile(file, limit)
	if err != nil {
		return nil, err
	}
	return &app.File{Name: file, Text: text}, nil
}

// maxSecretFile is more than a key or a list of secrets has, in bytes.
const maxSecretFile = 1 << 20

func readFile(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", file, limit)
	}
	return text, err
}

// instance is a name that no other process of ours has.
func instance() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", errors.New("no randomness for the name of this process")
	}
	return hex.EncodeToString(b[:]), nil
}
