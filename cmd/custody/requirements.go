package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/review"
)

func newRequirements(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "requirements",
		Short: "Show or check the security requirements of a commit",
		Example: `  custody requirements resolve
  custody requirements check v1.2`,
	}
	cmd.AddCommand(newResolve(p, dir), newCheck(p, dir))
	return cmd
}

type standingOptions struct {
	dir, rev, floor, format string
}

// standing opens what judges at a commit.
func (o *standingOptions) standing(ctx context.Context, p *process) (repo reader, commit *git.Commit, judge *review.Judge, err error) {
	if repo, err = openReader(ctx, p, o.dir); err != nil {
		return nil, nil, nil, err
	}
	defer func() {
		if err != nil {
			repo.Close()
		}
	}()
	id, err := resolveFlag(ctx, repo, "", o.rev)
	if err != nil {
		return nil, nil, nil, err
	}
	if commit, err = repo.Commit(ctx, id); err != nil {
		return nil, nil, nil, err
	}
	floor, err := readFloor(o.floor)
	if err != nil {
		return nil, nil, nil, err
	}
	judge, err = review.ReadJudge(ctx, repo, commit.Tree, floor, o.floor)
	return repo, commit, judge, err
}

func addStanding(cmd *cobra.Command, o *standingOptions) {
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	addFormat(cmd, &o.format, "text", "json")
}

// A resolved requirement is one that applies, and why.
type resolved struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Requirement string            `json:"requirement"`
	Level       finding.Level     `json:"level"`
	Expect      control.Expect    `json:"expect"`
	Verified    string            `json:"verified_by,omitempty"`
	Unevaluated string            `json:"unevaluated,omitempty"` // why the verification can not be evaluated
	Origin      string            `json:"origin"`
	Why         string            `json:"why"`
	Controls    []finding.Control `json:"controls"`
}

// requirementsDocument is custody/requirements/v1.
type requirementsDocument struct {
	Schema       string     `json:"schema"`
	Commit       git.OID    `json:"commit"`
	Requirements []resolved `json:"requirements"`
}

func newResolve(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "resolve [REV]",
		Short: "List the requirements that apply at a commit, and why",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			repo, commit, judge, err := o.standing(cmd.Context(), p)
			if err != nil {
				return err
			}
			defer repo.Close()
			doc := requirementsDocument{Schema: "custody/requirements/v1", Commit: commit.ID, Requirements: resolve(judge, nil)}
			if o.format == "json" {
				return writeJSON(p.out, doc)
			}
			return writeResolved(p.out, doc)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

// resolve lists the requirements of a judge; with paths, those that look at any of them.
func resolve(judge *review.Judge, paths []change.Path) []resolved {
	out := []resolved{}
	for _, file := range judge.Requirements {
		for i := range file.Controls {
			r := &file.Controls[i]
			why := "it is in " + file.Path + " and names no condition"
			if paths != nil {
				concerned := ""
				for _, path := range paths {
					if r.Concerns(path) {
						concerned = path.Escaped()
						break
					}
				}
				if concerned == "" {
					continue
				}
				why = "its verification looks at " + concerned
			}
			row := resolved{
				ID: string(r.ID), Name: r.Name, Requirement: r.Requirement, Level: r.Severity, Expect: r.Expects(),
				Verified: r.Verification, Unevaluated: r.Unevaluated(), Origin: file.Path, Why: why, Controls: []finding.Control{},
			}
			for _, m := range r.Maps {
				row.Controls = append(row.Controls, m.Control())
			}
			out = append(out, row)
		}
	}
	return out
}

func writeResolved(w io.Writer, doc requirementsDocument) error {
	if len(doc.Requirements) == 0 {
		_, err := fmt.Fprintln(w, "No security requirement stands at this commit. 'custody init' writes a first file.")
		return err
	}
	for _, r := range doc.Requirements {
		fmt.Fprintf(w, "%s  %s (%s)\n  %s\n  applies: %s\n", r.ID, r.Name, r.Level, r.Requirement, r.Why)
		if r.Unevaluated != "" {
			fmt.Fprintf(w, "  not assessed: %s\n", r.Unevaluated)
		} else {
			fmt.Fprintf(w, "  verified: %s, expecting it %s\n", r.Verified, r.Expect)
		}
	}
	return nil
}

// checkDocument is custody/requirements-check/v1.
type checkDocument struct {
	Schema  string          `json:"schema"`
	Commit  git.OID         `json:"commit"`
	Outcome finding.Outcome `json:"outcome"`
	Checks  []finding.Check `json:"checks"`
}

func newCheck(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "check [REV]",
		Short: "Verify the requirements of a commit on its own files",
		Long: `Verify every security requirement of a commit on the files of that commit. Exit code
0: all of level error are met. 1: one is not. 3: one could not be assessed, or there is
none.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runCheck(cmd.Context(), p, &o)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func runCheck(ctx context.Context, p *process, o *standingOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	checks, err := judge.VerifyRequirements(ctx, repo, commit)
	if err != nil {
		return err
	}
	var blocking []finding.Outcome
	for _, c := range checks {
		if c.Level == finding.Error {
			blocking = append(blocking, c.Outcome)
		}
	}
	doc := checkDocument{Schema: "custody/requirements-check/v1", Commit: commit.ID, Outcome: finding.Worst(blocking...), Checks: checks}
	if o.format == "json" {
		err = writeJSON(p.out, doc)
	} else {
		err = writeChecks(p.out, doc)
	}
	if err != nil {
		return err
	}
	switch doc.Outcome {
	case finding.Satisfied, finding.Excepted:
		return nil
	case finding.NotSatisfied:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}

func writeChecks(w io.Writer, doc checkDocument) error {
	if len(doc.Checks) == 0 {
		_, err := fmt.Fprintln(w, "No security requirement stands at this commit, so nothing was verified. 'custody init' writes a first file.")
		return err
	}
	for _, c := range doc.Checks {
		fmt.Fprintf(w, "%-14s %s  %s (%s)\n", c.Outcome, c.ID, c.Name, c.Level)
		for _, r := range c.Reasons {
			fmt.Fprintf(w, "               %s\n", r.Detail)
		}
		for i, f := range c.Found {
			if i == 5 {
				fmt.Fprintf(w, "               and %d more\n", len(c.Found)-i)
				break
			}
			fmt.Fprintf(w, "               %s: %s\n", f.Place, f.Message)
		}
	}
	return nil
}

func revArgument(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "HEAD"
}
