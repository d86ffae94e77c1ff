package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
	"custody/internal/sign"
)

// Brief is the document custody/brief/v1: what holds for some paths, said before
// anything is written there.
type Brief struct {
	Schema       string     `json:"schema"`
	Commit       git.OID    `json:"commit"`
	Paths        []string   `json:"paths"` // escaped, sorted
	Requirements []Resolved `json:"requirements"`
	Rules        []Asked    `json:"rules"`
	Digest       string     `json:"digest"` // of the rest, so that a later pack can name what was delivered
}

// BriefSchema is the value of Brief.Schema.
const BriefSchema = "custody/brief/v1"

// An Asked rule is one that a change of the paths will meet.
type Asked struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	Level finding.Level  `json:"level"`
	At    []change.Stage `json:"at"`
	Needs string         `json:"needs"` // of whoever writes the change
}

// NewBrief says what a judge will ask of changes to the paths.
func NewBrief(commit git.OID, judge *review.Judge, paths []change.Path) (Brief, error) {
	paths = slices.Compact(slices.Sorted(slices.Values(paths)))
	b := Brief{
		Schema: BriefSchema, Commit: commit, Paths: []string{},
		Requirements: resolve(judge.Requirements, lookingAt(paths)), Rules: asked(judge.Policy, paths),
	}
	for _, p := range paths {
		b.Paths = append(b.Paths, p.Escaped())
	}
	doc, err := sign.Canonical(b)
	if err != nil {
		return b, fmt.Errorf("encoding the brief: %w", err)
	}
	sum := sha256.Sum256(doc)
	b.Digest = "sha256:" + hex.EncodeToString(sum[:])
	return b, nil
}

// asked lists the rules that a change of the paths will meet, whoever writes it.
func asked(policy *config.Effective, paths []change.Path) []Asked {
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
		b.WriteString("It needs " + count(r.Approvals.Humans, "approval") + " by people who did not write it.")
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

// Markdown is the brief as instructions for an agent.
func (d Brief) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- custody brief %s -->\n## What holds for %s\n\n", d.Digest, strings.Join(d.Paths, ", "))
	if len(d.Requirements)+len(d.Rules) == 0 {
		b.WriteString("No requirement and no rule stands at this commit. 'custody init' writes first ones.\n")
	}
	for _, r := range d.Requirements {
		fmt.Fprintf(&b, "- **%s %s**: %s.", r.ID, r.Name, strings.TrimSuffix(r.Requirement, "."))
		switch {
		case r.Unevaluated != "":
		case r.Expect == control.Absent:
			fmt.Fprintf(&b, " Checked by `%s`: nothing may be found.", r.VerifiedBy)
		default:
			fmt.Fprintf(&b, " Checked by `%s`: something must be found.", r.VerifiedBy)
		}
		b.WriteString("\n")
	}
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "- **%s**: %s", r.Name, r.Needs)
		if r.Level != finding.Error {
			b.WriteString(" It is shown and does not block.")
		}
		b.WriteString("\n")
	}
	return b.String()
}
