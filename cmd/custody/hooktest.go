package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
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
	rehearsal := &rehearsed{Repository: h.repo}
	if rehearsal.main, err = mainline(ctx, p, h.repo); err != nil {
		return err
	}
	h.Repository = rehearsal
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
		if i == 0 {
			rehearsal.old = id
		}
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

// A rehearsed repository is one to which the push has not come: what is pushed is there
// already, under some name, and is new all the same unless OLD or the default branch has it.
type rehearsed struct {
	*git.Repository
	old  git.OID // zero: none
	main git.Branch
}

// DefaultBranch is what HEAD names on a server.
func (r *rehearsed) DefaultBranch(context.Context) (git.Branch, error) { return r.main, nil }

// New says which commits the push would bring.
func (r *rehearsed) New(ctx context.Context, heads []git.OID) (map[git.OID]bool, error) {
	fresh := make(map[git.OID]bool, len(heads))
	for _, head := range heads {
		fresh[head] = true
		for _, has := range []git.OID{r.old, r.main.Tip} {
			if has.IsZero() || !fresh[head] {
				continue
			}
			n, err := r.CountCommits(ctx, has, head, 1)
			if err != nil {
				return nil, err
			}
			fresh[head] = n > 0
		}
	}
	return fresh, nil
}

// mainline is the default branch: on a server that of HEAD. Where somebody works HEAD
// names the branch at hand, so there it is the one that changes land on.
func mainline(ctx context.Context, p *process, repo *git.Repository) (git.Branch, error) {
	root, err := repo.WorkTree(ctx)
	if err != nil || root == "" {
		return repo.DefaultBranch(ctx)
	}
	for _, name := range targets {
		if to, err := repo.SymbolicTarget(ctx, name); err != nil {
			return git.Branch{}, err
		} else if to != "" {
			name = to
		}
		id, err := repo.Resolve(ctx, name)
		if errors.Is(err, git.ErrNotFound) {
			continue
		}
		if err != nil {
			return git.Branch{}, err
		}
		b := git.Branch{Ref: "refs/heads/" + strings.TrimPrefix(strings.TrimPrefix(name, "refs/remotes/origin/"), "refs/heads/"), Tip: id}
		if here, err := repo.Resolve(ctx, b.Ref); err == nil {
			b.Tip = here
		}
		fmt.Fprintf(p.err, "%s counts as the default branch, which HEAD names on a server\n", change.Printable(b.Ref))
		return b, nil
	}
	return repo.DefaultBranch(ctx)
}
