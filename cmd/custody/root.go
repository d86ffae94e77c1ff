package main

import (
	"context"
	"fmt"
	"strings"

	"custody/internal/program"

	"github.com/spf13/cobra"
)

// run is the whole program: arguments in, exit code out.
func run(ctx context.Context, args []string, p *process) int {
	root := newRoot(p)
	if len(args) == 1 && args[0] == "--version" { // as git and most others have it, too
		args = []string{"version"}
	}
	if len(args) > 1 && args[0] == "help" && args[1] != "help" && !strings.HasPrefix(args[1], "-") { // cobra's own answers a mistyped word with the page of the root
		args = append(args[1:len(args):len(args)], "--help")
	}
	root.SetArgs(args)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if unnamed(cmd) == nil || cmd.Flags().NArg() == 0 { // who mistypes a word needs no page
			help(cmd, args)
		}
	})
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		err = unnamed(cmd)
	}
	code := say(p.err, cmd.CommandPath(), err)
	if code == exitUsage && cmd.Annotations[hookMark] != "" {
		code = exitFail // a hook answers 0 or 1
	}
	return code
}

// newRoot is the command tree. Help, completion and man pages come from it.
func newRoot(p *process) *cobra.Command {
	dir := "."
	root := &cobra.Command{
		Use:   "custody",
		Short: "Keep the chain of custody of every code change",
		Long: `custody reviews a change of a git repository: what it reaches, who or what wrote
each line, and which requirements and rules it meets. It reads commits, never the
work tree, and runs nothing that a change contains.

Exit codes: 0 pass, 1 fail, 3 incomplete (a rule needs a fact that is missing),
2 nothing was judged: the command, the configuration or the repository is wrong.`,
		Example: `  custody audit --base main --head feature -o change.zip
  custody verify change.zip`,
		Args:          cobra.ArbitraryArgs, // that none of them is a command is for unnamed to say
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(p.in)
	root.SetOut(p.out)
	root.SetErr(p.err)
	root.SetFlagErrorFunc(wrongFlag)
	root.PersistentFlags().StringVarP(&dir, "directory", "C", dir, "work in the repository at `DIR`")
	root.AddCommand(
		newVersion(p),
		newInit(p, &dir),
		newScan(p, &dir),
		newImpact(p, &dir),
		newAttest(p, &dir),
		newInventory(p, &dir),
		newAudit(p, &dir),
		newVerify(p), newExport(p), newReport(p),
		newContext(p, &dir), newWaiver(p),
		newRequirements(p, &dir),
		newBrief(p, &dir),
		newMeasure(p, &dir),
		newConfig(p, &dir),
		newHook(p, &dir),
	)
	root.AddCommand(newMan(p, root))
	return root
}

func newVersion(p *process) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: `  custody version`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.out, "custody", program.Version())
			return err
		},
	}
}
