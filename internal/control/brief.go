package control

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks"
	"custody/internal/finding"
	"custody/internal/sign"
)

// A Brief is what holds for some paths, said before anything is written there.
type Brief struct {
	Paths        []string   `json:"paths"` // escaped, sorted
	Requirements []Resolved `json:"requirements"`
	Rules        []Asked    `json:"rules"`
	// Digest is that of the rest. A commit names it in a trailer `Custody-Brief`, so that a
	// later pack can tell what was delivered.
	Digest string `json:"digest"`
}

// A Resolved requirement is one that applies, or does not, and why.
type Resolved struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Requirement string            `json:"requirement"`
	Level       finding.Level     `json:"level"`
	Expect      Expect            `json:"expect,omitempty"`      // of a verification
	VerifiedBy  string            `json:"verified_by,omitempty"` // the verification
	Checks      []string          `json:"checks,omitempty"`      // a typed check in words, a line for each part
	Values      []string          `json:"values,omitempty"`      // prescribed values, "name = value"
	Owner       string            `json:"owner,omitempty"`
	How         string            `json:"how,omitempty"`         // how it is meant to be met
	Unevaluated string            `json:"unevaluated,omitempty"` // why the verification can not be evaluated
	Origin      string            `json:"origin"`                // the file that it stands in
	Why         string            `json:"why"`
	Maps        []finding.Control `json:"maps"`
}

// An Asked rule is one that a change of the paths will meet.
type Asked struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	Level finding.Level  `json:"level"`
	At    []change.Stage `json:"at"`
	Needs string         `json:"needs"` // of whoever writes the change
}

// Resolve writes a requirement down.
func Resolve(a Applicability) Resolved {
	r := a.Requirement
	row := Resolved{
		ID: string(r.ID), Name: r.Name, Requirement: r.Requirement, Level: r.Severity, Owner: r.Owner, How: r.Implementation,
		Unevaluated: r.Unevaluated(), Origin: a.File, Why: a.Why, Maps: []finding.Control{},
	}
	if r.Check != nil {
		row.Checks = r.Check.says(r.values)
	} else {
		row.VerifiedBy, row.Expect = r.Verification, r.Expects()
	}
	for _, v := range r.used() {
		row.Values = append(row.Values, v.Name+" = "+shown(v.Value))
	}
	for _, m := range r.Maps {
		row.Maps = append(row.Maps, m.Control())
	}
	return row
}

// NewBrief says what will be asked of changes to the paths.
func NewBrief(all []Applicability, policy *config.Effective, paths []change.Path) (Brief, error) {
	paths = slices.Compact(slices.Sorted(slices.Values(paths)))
	b := Brief{Paths: []string{}, Requirements: []Resolved{}, Rules: askedOf(policy, paths)}
	for _, p := range paths {
		b.Paths = append(b.Paths, p.Escaped())
	}
	for _, a := range all {
		if i := slices.IndexFunc(paths, a.Requirement.Concerns); a.Applies && i >= 0 {
			a.Why += ", and its verification looks at " + paths[i].Escaped()
			b.Requirements = append(b.Requirements, Resolve(a))
		}
	}
	doc, err := sign.Canonical(b)
	if err != nil {
		return b, fmt.Errorf("encoding the brief: %w", err)
	}
	sum := sha256.Sum256(doc)
	b.Digest = "sha256:" + hex.EncodeToString(sum[:])
	return b, nil
}

// Trailer is the line for a commit's message by which it says that the brief was given to
// whoever wrote it.
func (b Brief) Trailer() string {
	paths := make([]string, len(b.Paths))
	for i, p := range b.Paths {
		paths[i] = strings.ReplaceAll(p, " ", "%20")
	}
	return BriefTrailer + ": " + b.Digest + " " + strings.Join(paths, " ")
}

// BriefTrailer is the key of that line.
const BriefTrailer = "Custody-Brief"

// askedOf lists the rules that a change of the paths will meet, whoever writes it.
func askedOf(policy *config.Effective, paths []change.Path) []Asked {
	out := []Asked{}
	if policy == nil {
		return out
	}
	for _, r := range policy.Rules {
		about := len(r.When.Paths) == 0 || slices.ContainsFunc(paths, func(p change.Path) bool { return config.MatchAny(r.When.Paths, p) })
		if r.Kind == config.KindJudge {
			about = about && slices.ContainsFunc(paths, func(p change.Path) bool { return policy.JudgeFile(p) != "" })
		}
		if about {
			out = append(out, Asked{ID: r.CheckID, Name: r.Name, Level: r.Level, At: r.At, Needs: needs(r.Rule)})
		}
	}
	return out
}

func needs(r config.Rule) string {
	var b strings.Builder
	switch r.Kind {
	case config.KindApprovals, config.KindJudge:
		b.WriteString("It needs " + plural(r.Approvals.Humans, "approval", "approvals") + " by people who did not write it.")
	case config.KindAuthorshipLimit:
		fmt.Fprintf(&b, "Say in every commit who or what wrote it, with a trailer `Assisted-by: NAME` or `AI-Assistance: none`: at most %s of the added lines may be of class %s.", r.Share(), config.ClassList(r.Classes))
	case config.KindRequirements:
		b.WriteString("Every security requirement must hold, those about other files too.")
	case config.KindReason:
		if r.Reason.EveryCommit {
			fmt.Fprintf(&b, "The message of each commit must match %q.", string(r.Reason.Pattern))
		} else {
			fmt.Fprintf(&b, "Name a reason or ticket that matches %q in the text of the change or in a commit's message.", string(r.Reason.Pattern))
		}
	case config.KindCheckRuns:
		names := make([]string, len(r.CheckRuns))
		for i, c := range r.CheckRuns {
			names[i] = c.Name + " (" + c.App + ")"
		}
		b.WriteString("These checks must succeed on the head: " + strings.Join(names, ", ") + ".")
	case config.KindChangeRecord:
		names := make([]string, len(r.Fields))
		for i, f := range r.Fields {
			names[i] = string(f)
		}
		b.WriteString("Say in the text of the change, or in trailers of a commit: " + strings.Join(names, ", ") + ". Write `Roll-back: HOW`, for instance.")
	case config.KindPullRequest:
		b.WriteString("Open a pull request; do not push it directly.")
	case config.KindChecks:
		for i, id := range r.Checks {
			if i > 0 {
				b.WriteString(" ")
			}
			d := checks.Define(string(id))
			fmt.Fprintf(&b, "%s (check `%s`).", strings.TrimSuffix(d.Title, "."), id)
		}
	case config.KindInventory:
		b.WriteString("Every agent and model that takes part must be listed in ai_inventory.yaml, with an owner and a risk class.")
	case config.KindImpact:
		b.WriteString("Every import must resolve, in a language that Custody reads, so that it is known what the change reaches.")
	}
	if len(r.When.Authorship) > 0 {
		b.WriteString(" Asked of what is of class " + config.ClassList(r.When.Authorship) + ".")
	}
	return b.String()
}
