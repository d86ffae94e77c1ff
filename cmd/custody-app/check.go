package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"custody/app"
	"custody/app/setup"
	"custody/internal/finding"
	"custody/internal/sign"
	"custody/internal/store"
)

// Exit codes beside 0 and 2.
const (
	exitFail       = 1
	exitIncomplete = 3
)

// exitError ends the program with a code, without a word more.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func newCheck(p *process) *cobra.Command {
	var file, format string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what is missing before the checks mean anything",
		Long: `Look at the configuration, its files and the store, and ask GitHub about the App: its
permissions, events and webhook, where it is installed, and whether its check is required
and pinned on each default branch. GitHub is only asked, and the store only looked at:
serve sets up an empty one, and brings an older one up to date.

Exit code 0: nothing is missing. 1: something is. 3: something could not be found out.
2: the configuration can not be read.`,
		Example: "  custody-app check --config /etc/custody/app.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q: use text or json", format)
			}
			return check(cmd.Context(), p, file, format)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "read the configuration from `FILE`; variables such as CUSTODY_GITHUB_APP_ID count more")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func check(ctx context.Context, p *process, file, format string) error {
	c, err := readConfig(p, file)
	if err != nil {
		return err
	}
	points := here(ctx, &c)
	log, err := newLog(p, "error")
	if err != nil {
		return err
	}
	if a, err := newApp(p, &c, log, []string{"of no use: no link is made"}); err != nil {
		points = append(points, setup.Point{Outcome: finding.NotSatisfied, What: "The configuration and its files can be used", Detail: inWords(err), ToDo: "Correct that key or file; GitHub was not asked."})
	} else {
		points = append(points, kept(&c), grants(a))
		points = append(points, setup.Look(ctx, setup.Input{Hub: a.Hub, PublicURL: c.PublicURL, Now: p.now, Check: app.CheckName, Needs: c.Publish.Needs()})...)
	}
	if format == "json" {
		err = json.NewEncoder(p.out).Encode(setup.Document{Schema: setup.Schema, Outcome: setup.Outcome(points), Points: points})
	} else {
		err = writePoints(p.out, points)
	}
	if err != nil {
		return err
	}
	switch setup.Outcome(points) {
	case finding.NotSatisfied:
		return exitError(exitFail)
	case finding.NotAssessed:
		return exitError(exitIncomplete)
	}
	return nil
}

// here looks at what is on this machine.
func here(ctx context.Context, c *app.Config) []setup.Point {
	secret := setup.Point{Outcome: finding.Satisfied, What: "There is a webhook secret"}
	if _, err := readSecrets(c.GitHub.WebhookSecretFile); err != nil {
		secret.Outcome, secret.Detail, secret.ToDo = finding.NotSatisfied, inWords(err), "Put the secret of the App's webhook into that file, mode 0600."
	}
	db := setup.Point{Outcome: finding.Satisfied, What: "The store answers"}
	switch is, err := store.Look(ctx, c.Store); {
	case errors.Is(err, store.ErrInUse): // as docs/app.md says: start serve, and ask
		db.Detail = "a server has it open"
	case err == nil && is == store.Older:
		db.Detail = "it is of an older version: serve brings it up to date, and servers of that version do not start on it any more"
	case err == nil && is == store.Unmade && room(c.Store) == nil:
		db.Detail = "there is nothing in it yet: serve sets it up"
	case err == nil && is == store.Unmade:
		db.Outcome, db.Detail, db.ToDo = finding.NotSatisfied, inWords(room(c.Store)), "Let the user that the server runs as write there, or correct store."
	case err != nil:
		db.Outcome, db.Detail, db.ToDo = finding.NotSatisfied, inWords(err), "Start the database, or correct store."
	}
	return []setup.Point{secret, db}
}

// room says whether a file of SQLite can be made where there is none.
func room(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "sqlite" {
		return err
	}
	folder := filepath.Dir(u.Path)
	for folder != filepath.Dir(folder) {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		folder = filepath.Dir(folder) // serve makes those below
	}
	return writable("store", folder)
}

// kept says whether packs and copies of repositories can be put where they belong.
func kept(c *app.Config) setup.Point {
	p := setup.Point{Outcome: finding.Satisfied, What: "Packs and copies of repositories can be kept"}
	packs, err := url.Parse(c.Blobs)
	if err == nil {
		err = errors.Join(writable("blobs", packs.Path), writable("clones", c.Clones))
	}
	if err != nil {
		p.Outcome, p.Detail, p.ToDo = finding.NotSatisfied, inWords(err), "Let the user that the server runs as write there, or name another folder."
	}
	return p
}

// writable puts a file into a folder, and takes it out.
func writable(key, folder string) error {
	f, err := os.CreateTemp(folder, ".check-*")
	if err == nil {
		_, err = f.Write([]byte("x"))
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

var marks = map[finding.Outcome]string{
	finding.Satisfied: "ok", finding.NotSatisfied: "missing", finding.NotAssessed: "unknown", finding.NotApplicable: "optional",
}

func writePoints(w io.Writer, points []setup.Point) error {
	for _, point := range points {
		line := fmt.Sprintf("%-8s  %s", marks[point.Outcome], point.What)
		if point.Detail != "" {
			line += ": " + point.Detail
		}
		if point.ToDo != "" {
			line += "\n          " + point.ToDo
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}

// grants says whether comments may grant waivers.
func grants(a *app.App) setup.Point {
	p := setup.Point{Outcome: finding.Satisfied, What: "Comments may grant waivers"}
	var text []byte
	if a.Keys != nil {
		text = a.Keys.Text
	}
	keys, err := sign.ParseTrustedKeys(text)
	if err != nil {
		return setup.Point{What: p.What, Detail: err.Error()}
	}
	if k, ok := keys.Lookup(a.Signer.Public()); ok && k.Is(sign.ForWaivers) {
		return p
	}
	line := sign.TrustedKey{Key: a.Signer.Public(), Name: "NAME", Purposes: sign.ForPacks | sign.ForWaivers}
	return setup.Point{Outcome: finding.NotApplicable, What: p.What, Detail: "the server's key is not trusted for waivers", ToDo: "If they shall, put this line into trusted_keys_file, with a name for NAME: " + line.String()}
}
