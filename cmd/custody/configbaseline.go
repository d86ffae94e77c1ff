package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"custody/internal/control"
)

func newConfigBaseline(p *process, dir *string) *cobra.Command {
	var o standingOptions
	var output string
	cmd := &cobra.Command{
		Use:   "baseline [REV]",
		Short: "List what stands in a commit already, so that it blocks nobody",
		Long: `List the findings of requirements and built-in checks in a commit as it stands. Committed
as ` + control.BaselinePath + `, it excepts them in changes, where the rule that asks is
waivable: by rule, file and message, and no more of each than are listed. It is read at
base, and editing it is an edit of a file that judges.`,
		Example: `  custody config baseline -o .custody/baseline.json`,
		Args:    needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runBaseline(cmd.Context(), p, &o, output)
		},
	}
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the baseline to `FILE` (default: standard output)")
	return cmd
}

func runBaseline(ctx context.Context, p *process, o *standingOptions, output string) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	b, err := judge.FindStanding(ctx, repo, commit)
	if err != nil {
		return err
	}
	// People read its difference, so it has a line for each finding.
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(b); err != nil {
		return err
	}
	all := 0
	for _, f := range b.Findings {
		all += f.Count
	}
	fmt.Fprintf(p.err, "%d findings stand at %s\n", all, commit.ID.Short())
	if output == "" {
		_, err = p.out.Write(doc.Bytes())
		return err
	}
	if err := writeFile(output, doc.Bytes()); err != nil {
		return fmt.Errorf("writing the baseline: %w", err)
	}
	return nil
}
