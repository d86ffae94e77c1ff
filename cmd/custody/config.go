package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/frameworks"
	"custody/internal/report"
)

func newConfig(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check, explain and try out a policy",
		Example: `  custody config validate
  custody config explain --floor floor.yaml
  custody config test`,
	}
	cmd.AddCommand(newConfigValidate(p, dir), newConfigExplain(p, dir), newConfigTest(p, dir), newConfigReplay(p, dir), newConfigBaseline(p, dir))
	return cmd
}

type validateOptions struct {
	dir, file, format string
	floor, reqs       bool
}

func newConfigValidate(p *process, dir *string) *cobra.Command {
	var o validateOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check a policy, a floor or a requirements file before it is committed",
		Long: `Check a file as it will be read when it judges. Without FILE: .custody.yaml in the
folder of -C, and the requirements file that it names. Exit code 0: it can be read. 2: it
can not; line and column say where.`,
		Example: `  custody config validate
  custody config validate --floor floor.yaml
  custody config validate --requirements security_requirements.yaml`,
		Args: needs(0, 1, ""),
		PreRunE: func(cmd *cobra.Command, _ []string) error {
			return exclude(cmd, "floor", "requirements")
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.dir = *dir
			if len(args) > 0 {
				o.file = args[0]
			}
			return runValidate(p, &o)
		},
	}
	cmd.Flags().BoolVar(&o.floor, "floor", false, "FILE is an organisation's floor")
	cmd.Flags().BoolVar(&o.reqs, "requirements", false, "FILE holds security requirements")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runValidate(p *process, o *validateOptions) error {
	root, err := os.OpenRoot(o.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	read := os.ReadFile
	file := o.file
	if file == "" {
		if o.floor || o.reqs {
			return hint(errors.New("FILE is missing"), "usage: custody config validate --floor FILE, or --requirements FILE")
		}
		file, read = config.FileName, func(name string) ([]byte, error) { return fs.ReadFile(root.FS(), name) }
	}
	text, err := read(file)
	if errors.Is(err, fs.ErrNotExist) && o.file == "" {
		return hint(fmt.Errorf("there is no %s in %s", config.FileName, o.dir), "'custody init' writes a first one")
	}
	if err != nil {
		return err
	}
	var doc report.Validated
	switch {
	case o.reqs:
		var matrix *config.Matrix
		if matrix, err = matrixBeside(os.DirFS(filepath.Dir(file))); err != nil {
			break
		}
		var own []frameworks.Framework
		if own, err = config.Matrices(nil, matrix); err == nil {
			_, err = validRequirements(&doc, file, text, own)
		}
	case o.floor:
		var f *config.Policy
		if f, err = config.ParseFloor(file, text); err == nil {
			doc.Valid(file, fmt.Sprintf("a floor with %d rules", len(f.Rules)))
		}
	default:
		var f *config.Policy
		beside := root.FS()
		if o.file != "" {
			beside = os.DirFS(filepath.Dir(file))
		}
		matrix, merr := matrixBeside(beside)
		own, oerr := config.Matrices(nil, matrix)
		if err = cmp.Or(merr, oerr); err != nil {
			file = config.MatrixName
			break
		}
		if f, err = config.ParsePolicy(file, text, own...); err != nil {
			break
		}
		doc.Valid(file, fmt.Sprintf("%d rules, %d waivers", len(f.Rules), len(f.Waivers)))
		if o.file == "" {
			file, err = validNamed(&doc, root.FS(), f, matrix, own)
		}
	}
	if err != nil {
		doc.Invalid(file, err)
	}
	doc.Close()
	if werr := write(p, o.format, doc); werr != nil {
		return werr
	}
	if err != nil && o.format == "json" {
		return exitError(exitUsage)
	}
	return err
}

// validNamed checks the requirements that a policy names, if they are there, and the
// control matrix beside it, nil for none.
func validNamed(doc *report.Validated, folder fs.FS, f *config.Policy, matrix *config.Matrix, own []frameworks.Framework) (name string, err error) {
	name, requirements, err := validNamedRequirements(doc, folder, f, own)
	if err != nil || matrix == nil {
		return name, err
	}
	if err := matrix.CheckNames(config.Layer(nil, f).RuleIDs(), control.RequirementIDs(requirements)); err != nil {
		return config.MatrixName, err
	}
	doc.Valid(config.MatrixName, fmt.Sprintf("%s %s with %d controls", matrix.ID, matrix.Edition, len(matrix.Controls)))
	return config.MatrixName, nil
}

// matrixBeside reads the control matrix in a folder; nil without one.
func matrixBeside(folder fs.FS) (*config.Matrix, error) {
	text, err := fs.ReadFile(folder, config.MatrixName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return config.ParseMatrix(config.MatrixName, text)
}

// validNamedRequirements checks the file that a policy names, if it is there.
func validNamedRequirements(doc *report.Validated, folder fs.FS, f *config.Policy, own []frameworks.Framework) (name string, all []*control.Requirements, err error) {
	name = string(f.Requirements)
	if name == "" {
		name = config.DefaultRequirements
	}
	text, err := fs.ReadFile(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		doc.Absent(name, "no requirement will be in force")
		return name, nil, nil
	}
	if err != nil {
		return name, nil, err
	}
	r, err := validRequirements(doc, name, text, own)
	return name, []*control.Requirements{r}, err
}

func validRequirements(doc *report.Validated, file string, text []byte, own []frameworks.Framework) (*control.Requirements, error) {
	r, err := control.ParseRequirements(file, text, own...)
	if err != nil {
		return nil, err
	}
	var notes []string
	for i := range r.Controls {
		if why := r.Controls[i].Unevaluated(); why != "" {
			notes = append(notes, fmt.Sprintf("%s will not be assessed: %s", r.Controls[i].ID, why))
		}
	}
	doc.Valid(file, fmt.Sprintf("%d requirements", len(r.Controls)), notes...)
	return r, nil
}

func newConfigExplain(p *process, dir *string) *cobra.Command {
	var o standingOptions
	cmd := &cobra.Command{
		Use:   "explain [REV]",
		Short: "Show every key of the policy in effect at a commit, and who said it",
		Example: `  custody config explain
  custody config explain --floor floor.yaml main`,
		Args: needs(0, 1, ""),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.rev = *dir, revArgument(args)
			return runExplain(cmd.Context(), p, &o)
		},
	}
	addStanding(cmd, &o)
	return cmd
}

func runExplain(ctx context.Context, p *process, o *standingOptions) error {
	repo, commit, judge, err := o.standing(ctx, p)
	if err != nil {
		return err
	}
	defer repo.Close()
	if judge.Policy == nil {
		return hint(fmt.Errorf("no policy stands at %s, and no floor was given", commit.ID.Short()), "'custody init' writes a first policy")
	}
	return write(p, o.format, report.Explain(commit.ID, judge.Policy))
}
