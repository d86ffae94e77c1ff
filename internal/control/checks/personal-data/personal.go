// Package personaldata finds people's data and credentials in what is said to agents and
// what they said: prompts, transcripts, instructions and settings.
package personaldata

import (
	"bytes"
	"context"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/agentfiles"
	"custody/internal/control/checks/secrets"
)

// Check is the built-in check personal-data.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	about := func(f *change.File) bool {
		kind, _ := agentfiles.Of(f.Path, in.Options.Prompts)
		return kind != agentfiles.None && (f.Added > 0 || f.Unread != "")
	}
	budget := &secrets.Budget{Left: in.Limits.Cost}
	return in.Read(ctx, out, about, func(t checks.Text) error {
		kind, _ := agentfiles.Of(t.File.Path, in.Options.Prompts)
		for _, b := range t.Added {
			out.LookedAt(b.Lines())
			find := func(rule string, first, last int, message string) {
				out.Find(checks.Found{Rule: rule, Path: t.File.Path, Start: b.Start + first, End: b.Start + last, Message: kind.String() + ": the line adds " + message})
			}
			hits, err := secrets.Default().Scan(string(t.File.Path), b.Text, budget)
			if err != nil {
				out.Unread(t.File.Path, "not searched by every rule: %s", err)
			}
			for _, h := range hits {
				find("credential", h.Start, h.End, "what looks like a secret ("+h.Rule.ID+")")
			}
			n := 0
			for line := range bytes.Lines(b.Text) {
				scan(string(line), kind, func(rule, what string) { find(rule, n, n, what) })
				n++
			}
		}
		return nil
	})
}

// longLine is how much of one line is searched at a time; a number over the cut is
// missed, unless it stands in the part that both have.
const longLine = 64 << 10

// scan looks for people's data in one line.
func scan(line string, kind agentfiles.Kind, fn func(rule, what string)) {
	told := map[string]bool{}
	once := func(rule, what string) {
		if !told[rule+what] {
			told[rule+what] = true
			fn(rule, what)
		}
	}
	for {
		part := line[:min(len(line), longLine)]
		if isMail(part) {
			once("email", "an e-mail address")
		}
		if isPhone(part) {
			once("phone", "a telephone number")
		}
		findNumbers(part, once)
		if kind == agentfiles.Prompt || kind == agentfiles.Transcript {
			if isSpokenPassword(part) {
				once("credential", "a password, told in a sentence")
			}
		}
		if len(line) <= longLine {
			return
		}
		line = line[longLine-200:]
	}
}
