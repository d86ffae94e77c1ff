// Package secrets finds passwords, keys and tokens in added lines.
//
// It follows the rules of gitleaks, loaded as data, with an engine of its own: one pass
// looks for the rules' keywords, and only where one stands is an expression tried. What
// it finds is told by rule and place; no byte of a secret leaves the package.
package secrets

import (
	"context"
	"strings"

	"custody/internal/change"
	"custody/internal/control/checks"
)

// Check is the built-in check secrets.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	e := Default()
	for _, f := range in.Files {
		if f.Status != change.Added && f.Status != change.Renamed || !f.Mode.IsRegular() {
			continue
		}
		rules, err := e.Named(string(f.Path))
		if err != nil {
			out.Unread(f.Path, "%s", err)
		}
		for _, r := range rules {
			out.Looked()
			out.Find(checks.Found{Rule: r.ID, Path: f.Path, Message: "a file of this name holds a secret (" + r.ID + ")"})
		}
	}
	budget := &Budget{in.Limits.Cost}
	wanted := func(f *change.File) bool {
		return (f.Added > 0 || f.Unread != "") && !e.Passes(string(f.Path)) && !vendored(string(f.Path))
	}
	return in.Read(ctx, out, wanted, func(t checks.Text) error {
		for _, b := range t.Added {
			out.LookedAt(b.Lines())
			hits, err := e.Scan(string(t.File.Path), b.Text, budget)
			if err != nil {
				out.Unread(t.File.Path, "not searched by every rule: %s", err)
			}
			for _, h := range hits {
				if h.Stand() {
					continue
				}
				out.Find(checks.Found{
					Rule: h.Rule.ID, Path: t.File.Path, Start: b.Start + h.Start, End: b.Start + h.End,
					Message: lines(h) + " what looks like a secret (" + h.Rule.ID + ")",
				})
			}
		}
		return nil
	})
}

func lines(h Hit) string {
	if h.End > h.Start {
		return "the lines add"
	}
	return "the line adds"
}

// vendored says whether a file is other people's Go code, of whatever host; gitleaks
// knows some hosts.
func vendored(path string) bool {
	_, rest, ok := strings.Cut("/"+path, "/vendor/")
	host, _, deeper := strings.Cut(rest, "/")
	return ok && deeper && strings.Contains(strings.Trim(host, "."), ".")
}
