package control

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"custody/internal/change"
	"custody/internal/finding"
)

// NoticeBriefs is the id of the notice about briefs that commits claim.
const NoticeBriefs = "briefs"

// maxBriefs is how many claims of a change are compared.
const maxBriefs = 100

// maxBriefPaths is how many paths all claims together may name: each is held against
// every requirement.
const maxBriefPaths = 10_000

// A claimed brief is what a trailer says.
type claimed struct {
	commit string
	digest string
	paths  []change.Path
	odd    bool // it does not read as one
}

var briefDigest = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`) })

// claimedBriefs reads the trailers of the change's commits.
func claimedBriefs(commits []change.Commit) (all []claimed, more bool) {
	left := maxBriefPaths
	for _, c := range commits {
		for _, t := range c.Trailers {
			if !strings.EqualFold(t.Key, BriefTrailer) {
				continue
			}
			if len(all) == maxBriefs {
				return all, true
			}
			one := claimed{commit: c.ID.Short()}
			words := strings.Fields(t.Value)
			if left -= len(words); left < 0 {
				return all, true
			}
			if one.odd = len(words) < 2 || !briefDigest().MatchString(words[0]); !one.odd {
				one.digest = words[0]
				for _, w := range words[1:] {
					p, err := change.Unescape(w)
					one.odd = one.odd || err != nil
					one.paths = append(one.paths, p)
				}
			}
			all = append(all, one)
		}
	}
	return all, false
}

// briefs compares what commits claim to have been told with what base tells. That is a
// claim, and decides nothing.
func (e *evaluation) briefs(ctx context.Context) error {
	claims, more := claimedBriefs(e.Change.Commits)
	if len(claims) == 0 {
		return nil
	}
	c := &finding.Check{ID: NoticeBriefs, Kind: finding.Notice, Name: "Briefs that commits claim", Origin: "custody", Level: finding.Note}
	e.delivered = c
	say := func(format string, args ...any) {
		c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonCounted, Detail: fmt.Sprintf(format, args...)})
	}
	all, err := Applicable(ctx, e.Requirements, e.Base)
	if err != nil {
		return fmt.Errorf("comparing briefs: %w", err)
	}
	told := map[string]bool{}
	for _, one := range claims {
		brief, err := NewBrief(all, e.Config, one.paths)
		if err != nil {
			return err
		}
		if one.odd || brief.Digest != one.digest {
			c.Found = append(c.Found, finding.Finding{
				Rule: c.ID, Level: c.Level, Place: finding.Place{Commit: one.commit},
				Message: "the message claims a brief that base does not give",
				Remedy:  "Ask 'custody brief' again for these paths, and keep the trailer as it is printed.",
				Who:     "the authors of the commit",
			})
			continue
		}
		for _, r := range brief.Requirements {
			told[r.ID] = true
		}
		say("commit %s claims the brief for %s, and base gives it: %s", one.commit, clip(strings.Join(brief.Paths, ", ")), plural(len(brief.Requirements), "requirement", "requirements"))
	}
	var paths []change.Path
	for _, f := range e.Change.Files {
		paths = append(paths, f.Path)
	}
	var untold []string
	for _, a := range all {
		if a.Applies && !told[string(a.Requirement.ID)] && slices.ContainsFunc(paths, a.Requirement.Concerns) {
			untold = append(untold, string(a.Requirement.ID))
		}
	}
	if len(untold) > 0 {
		say("no brief told of %s, about files that the change touches", clip(strings.Join(untold, ", ")))
	}
	_, whole := filesWhole(e.Change)
	switch {
	case len(c.Found) > 0:
		c.Outcome = finding.NotSatisfied
	case len(untold) == 0 && !more && whole:
		c.Outcome = finding.Satisfied
	}
	return nil
}
