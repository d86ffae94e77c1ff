package hooks

import (
	"fmt"
	"io"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/pack"
	"custody/internal/review"
)

// What is shown at most: an answer is one screen, the packs have everything.
const (
	maxWhole = 2 // refusals told at length
	maxBrief = 8 // refs told in one line
)

// Write writes the answer for the pusher's terminal: what was judged, why it was refused,
// what to do, who can help and where the pack is. It uses no colours, since what reaches
// the terminal is up to the server, and what strangers wrote is made printable, each line
// by itself.
func (a *Answer) Write(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(a.Server.Prefix)
		b.WriteString(change.Printable(fmt.Sprintf(format, args...)))
		b.WriteByte('\n')
	}
	switch {
	case a.Err != nil && a.Accepted:
		line("custody: nothing was judged, and everything is accepted: the mode is report")
	case a.Err != nil:
		line("custody: refused, because nothing could be judged")
	}
	if a.Err != nil {
		writeErr(line, a.Err)
	}
	if a.Server.Skip != "" && a.Err == nil {
		line("custody: nothing here is judged: %s", a.Server.Skip)
	}
	// What is refused comes first. Where that refuses all, the others are only counted.
	whole, brief, left, fine := 0, 0, 0, 0
	for i := range a.Results {
		switch r := &a.Results[i]; {
		case r.Accepted:
		case whole < maxWhole:
			whole++
			a.writeRefusal(line, r)
		case brief < maxBrief:
			brief++
			line("custody: %s %s: %s", a.word(r), r.Ref, summary(r))
		default:
			left++
		}
	}
	for i := range a.Results {
		switch r := &a.Results[i]; {
		case !r.Accepted || r.Verdict == nil && !a.Verbose:
			// Of what needed no judging nobody waits to hear.
		case !a.Accepted:
			fine++
		case brief < maxBrief:
			brief++
			line("custody: %s %s: %s", a.word(r), r.Ref, summary(r))
		default:
			left++
		}
	}
	if left > 0 {
		line("custody: and %s; the packs have everything", plural(left, "more ref", "more refs"))
	}
	if fine > 0 {
		line("custody: %s would be accepted without what is refused", plural(fine, "other ref", "other refs"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// word is what becomes of an update.
func (a *Answer) word(r *Result) string {
	switch {
	case r.Accepted:
		return "accepted"
	case a.Mode == config.Report:
		return "accepted (mode report), would be refused:"
	}
	return "refused"
}

func writeErr(line func(string, ...any), err error) {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	line("  why:    %s", lines[0])
	for _, l := range lines[1:min(len(lines), 4)] {
		line("          %s", l)
	}
	line("  to do:  who runs this server has to look at it")
}

// writeRefusal tells all of one update that is not accepted.
func (a *Answer) writeRefusal(line func(string, ...any), r *Result) {
	line("custody: %s %s", a.word(r), r.Ref)
	if r.Target != "" {
		line("  leads:  to %s, which would be updated", r.Target)
	}
	if r.Verdict == nil {
		line("  why:    %s", r.Why)
		line("  to do:  %s", r.Next)
		return
	}
	v, said := r.Verdict, pack.AnswerOf(r.Verdict)
	line("  %s", said.Headline)
	line("  judged: %s (%s, stage %s)", said.Change, between(v), v.Stage)
	line("  why:    %s", said.Why)
	if said.More > 0 {
		line("          and %s", plural(said.More, "more reason", "more reasons"))
	}
	if said.First != "" {
		line("  first:  %s", said.First)
	}
	if said.Findings > 1 {
		line("          and %s", plural(said.Findings-1, "more finding that blocks", "more findings that block"))
	}
	line("  to do:  %s", said.Next)
	if said.Who != "" {
		line("  who:    %s", said.Who)
	}
	if r.Kept.Path != "" {
		line("  pack:   custody/packs/%s.zip, in the repository on the server", strings.TrimPrefix(r.Kept.Digest, "sha256:"))
	}
}

func between(v *review.Verdict) string {
	if v.Inputs.Base.IsZero() {
		return "everything up to " + v.Inputs.Head.Short()
	}
	return v.Inputs.Base.Short() + ".." + v.Inputs.Head.Short()
}

// summary is an update in one line.
func summary(r *Result) string {
	if r.Verdict == nil {
		return r.Why
	}
	said := pack.AnswerOf(r.Verdict)
	text := said.Change
	switch {
	case r.Merged:
		text += "; merged on a trusted path, although: " + said.Why
	case !r.Accepted:
		text = strings.TrimSuffix(said.Why, ".")
	}
	if r.Kept.Digest != "" {
		text += "; pack " + strings.TrimPrefix(r.Kept.Digest, "sha256:")[:12]
	}
	return text
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
