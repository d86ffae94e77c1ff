package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

// briefDocument is custody/brief/v1: what holds for some paths, said before anything is
// written there.
type briefDocument struct {
	Schema       string     `json:"schema"`
	Commit       git.OID    `json:"commit"`
	Paths        []string   `json:"paths"`
	Requirements []resolved `json:"requirements"`
	Rules        []asked    `json:"rules"`
	Digest       string     `json:"digest"` // of the rest, so that a later pack can name what was delivered
}

// An asked rule is one that a change of the paths will meet.
type asked struct {
	ID    string         `json:"id"`
	Name  string         `json:"name"`
	Level finding.Level  `json:"level"`
	At    []change.Stage `json:"at"`
	Needs string         `json:"needs"`
}

func newBrief(p *process, dir *string) *cobra.Command {
	o := standingOptions{rev: "HEAD"}
	cmd := &cobra.Command{
		Use:   "brief PATH...",
		Short: "Say what holds for some files, before an agent writes there",
		Long: `Print the requirements and rules that a change of the given paths will meet, as short
instructions to include into AGENTS.md, CLAUDE.md or a prompt.`,
		Example: `  custody brief src/auth.py >> AGENTS.md`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = *dir
			return runBrief(cmd.Context(), p, &o, args)
		},
	}
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	addFormat(cmd, &o.format, "markdown", "json")
	return cmd
}

func runBrief(ctx context.Context, p *process, o *standingOptions, args []string) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	var paths []change.Path
	for _, a := range args {
		paths = append(paths, cleanPath(a))
	}
	slices.Sort(paths)
	doc := briefDocument{Schema: "custody/brief/v1", Commit: commit.ID, Requirements: resolve(judge, paths), Rules: rulesFor(judge, paths)}
	for _, path := range paths {
		doc.Paths = append(doc.Paths, path.Escaped())
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	doc.Digest = "sha256:" + hex.EncodeToString(sum[:])
	if o.format == "json" {
		return writeJSON(p.out, doc)
	}
	_, err = p.out.Write([]byte(doc.markdown()))
	return err
}

// rulesFor lists the rules that a change of the paths will meet, whoever writes it.
func rulesFor(judge *review.Judge, paths []change.Path) []asked {
	out := []asked{}
	if judge.Policy == nil {
		return out
	}
	for _, r := range judge.Policy.Rules {
		concerned := len(r.When.Paths) == 0 || slices.ContainsFunc(paths, func(p change.Path) bool { return config.MatchAny(r.When.Paths, p) })
		if r.Kind == config.KindJudge {
			concerned = concerned && slices.ContainsFunc(paths, func(p change.Path) bool { return judge.Policy.JudgeFile(p) != "" })
		}
		if concerned {
			out = append(out, asked{ID: r.CheckID, Name: r.Name, Level: r.Level, At: r.At, Needs: needs(r.Rule)})
		}
	}
	return out
}

// needs says what a rule asks of whoever writes the change.
func needs(r config.Rule) string {
	var b strings.Builder
	switch r.Kind {
	case config.KindApprovals, config.KindJudge:
		fmt.Fprintf(&b, "%d approval", r.Approvals.Humans)
		if r.Approvals.Humans > 1 {
			b.WriteString("s")
		}
		b.WriteString(" by people who did not write the change")
	case config.KindAuthorshipLimit:
		fmt.Fprintf(&b, "say who or what wrote the code (trailer Assisted-by, or AI-Assistance: none): at most %d in 1000 added lines may be %s", *r.MaxPermille, list(r.Classes))
	case config.KindRequirements:
		b.WriteString("the requirements above hold at head")
	case config.KindImpact:
		b.WriteString("what the change reaches can be followed: imports that resolve, in languages that are read")
	}
	if len(r.When.Authorship) > 0 {
		fmt.Fprintf(&b, "; where it is %s", list(r.When.Authorship))
	}
	return b.String()
}

func list(classes []config.Class) string {
	var names []string
	for _, c := range classes {
		names = append(names, string(attestation.Class(c)))
	}
	return strings.Join(names, ", ")
}

func (d briefDocument) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- custody brief %s -->\n", d.Digest)
	fmt.Fprintf(&b, "## What holds for %s\n\n", strings.Join(d.Paths, ", "))
	if len(d.Requirements)+len(d.Rules) == 0 {
		b.WriteString("No requirement and no rule stands at this commit.\n")
	}
	for _, r := range d.Requirements {
		fmt.Fprintf(&b, "- **%s %s**: %s", r.ID, r.Name, r.Requirement)
		if r.Unevaluated == "" {
			fmt.Fprintf(&b, " Checked by `%s`, which must find %s.", r.Verified, map[control.Expect]string{control.Present: "something", control.Absent: "nothing"}[r.Expect])
		}
		b.WriteString("\n")
	}
	for _, r := range d.Rules {
		fmt.Fprintf(&b, "- **%s**: %s.\n", r.Name, r.Needs)
	}
	return b.String()
}
