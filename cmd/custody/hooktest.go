package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/internal/config"
)

func newHookTest(p *process, dir *string) *cobra.Command {
	var o hookOptions
	cmd := &cobra.Command{
		Use:   "test OLD NEW REF",
		Short: "Say what a push would get",
		Long: `Say what a push would get that moves REF from OLD to NEW, both of which are in the
repository. Nothing is kept, no key is needed. 0 stands for "not there".`,
		Example: `  custody hook test main feature refs/heads/main
  custody hook test 0 HEAD refs/heads/new --server gitlab`,
		Args: needs(3, 3, "OLD, NEW or REF"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.look = *dir, true
			return runHookTest(cmd.Context(), p, &o, args)
		},
	}
	o.add(cmd, hookDeadline)
	return cmd
}

func runHookTest(ctx context.Context, p *process, o *hookOptions, args []string) error {
	if o.mode != "" {
		var m config.Mode
		if err := m.UnmarshalText([]byte(o.mode)); err != nil {
			return fmt.Errorf("--mode: %w", err)
		}
	}
	h, err := o.open(ctx, p)
	if err != nil {
		return err
	}
	defer h.close()
	ids := [2]string{}
	for i, rev := range args[:2] {
		if strings.Trim(rev, "0") == "" {
			ids[i] = strings.Repeat("0", map[string]int{"sha1": 40, "sha256": 64}[h.repo.ObjectFormat()])
			continue
		}
		id, err := resolveFlag(ctx, h.repo, "", rev)
		if err != nil {
			return err
		}
		ids[i] = id.String()
	}
	u, err := hooks.NewUpdate(args[2], ids[0], ids[1])
	if err != nil {
		return hint(err, "write the name of the ref out, as refs/heads/main")
	}
	a := h.Judge(ctx, []hooks.Update{u}, hooks.Said{})
	if a.Err != nil {
		return a.Err
	}
	a.Verbose = true
	if err := a.Write(p.out); err != nil {
		return err
	}
	r := a.Results[0]
	if r.Accepted {
		return nil
	}
	if r.Refused {
		return exitError(exitIncomplete)
	}
	return exitFor(r.Decision)
}
