package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/example"
	"custody/internal/finding"
	"custody/internal/report"
)

// configTestOptions are what `custody config test` needs.
type configTestOptions struct {
	dir, file, floor, format string
}

func newConfigTest(p *process, dir *string) *cobra.Command {
	var o configTestOptions
	cmd := &cobra.Command{
		Use:   "test [FILE]",
		Short: "Judge examples of changes, and compare with what is expected",
		Long: `Judge every example of a file by the policy beside it, and compare the verdicts with
those that are expected. Needs no git and no network. Without FILE: .custody.test.yaml in
the folder of -C. Exit code 0: all came out as expected. 1: one did not.`,
		Example: `  custody config test
  custody config test --floor floor.yaml policy/examples.yaml`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.file = *dir, filepath.Join(*dir, example.FileName)
			if len(args) > 0 {
				o.file = args[0]
			}
			return runConfigTest(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE` (default: the one that FILE names)")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runConfigTest(ctx context.Context, p *process, o *configTestOptions) error {
	text, err := os.ReadFile(o.file)
	if errors.Is(err, fs.ErrNotExist) {
		return hint(fmt.Errorf("there is no %s", o.file), "docs/policy-tests.md shows how to write examples of changes")
	}
	if err != nil {
		return err
	}
	f, err := example.Parse(o.file, text)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Dir(o.file))
	if err != nil {
		return err
	}
	defer root.Close()
	policy, requirements, err := o.judge(root.FS(), f)
	if err != nil {
		return err
	}
	results, err := example.Run(ctx, f, policy, requirements)
	if err != nil {
		return err
	}
	doc := report.NewExamples(results)
	if err := write(p, o.format, doc); err != nil {
		return err
	}
	if doc.Outcome != finding.Satisfied {
		return exitError(exitFail)
	}
	return nil
}

// judge reads what the examples are judged by, from the folder of their file.
func (o *configTestOptions) judge(folder fs.FS, f *example.File) (*config.Effective, []*control.Requirements, error) {
	var own, floor *config.Policy
	name := f.Policy
	if name == "" {
		name = config.FileName
	}
	text, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the policy: %w", err)
	}
	var over []byte
	switch {
	case o.floor != "":
		if over, err = readFloor(o.floor); err == nil {
			floor, err = config.ParseFloor(o.floor, over)
		}
	case f.Floor != "":
		if over, err = fs.ReadFile(folder, f.Floor); err == nil {
			floor, err = config.ParseFloor(f.Floor, over)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the floor: %w", err)
	}
	matrix, err := matrixBeside(folder)
	if err != nil {
		return nil, nil, err
	}
	matrices, err := config.Matrices(floor, matrix)
	if err != nil {
		return nil, nil, err
	}
	if own, err = config.ParsePolicy(name, text, matrices...); err != nil {
		return nil, nil, err
	}
	policy := config.Layer(floor, own)
	var requirements []*control.Requirements
	for _, r := range policy.Requirements {
		text, err := fs.ReadFile(folder, string(r.Value))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		parsed, err := control.ParseRequirements(string(r.Value), text, matrices...)
		if err != nil {
			return nil, nil, err
		}
		requirements = append(requirements, parsed)
	}
	return policy, requirements, nil
}
