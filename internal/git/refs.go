package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A Branch is a ref and where it points; Tip is zero while it has no commit.
type Branch struct {
	Ref string
	Tip OID
}

// DefaultBranch is what HEAD names: the branch that changes are for. In a repository
// whose HEAD names a commit instead, Ref is empty and Tip that commit.
func (r *Repository) DefaultBranch(ctx context.Context) (Branch, error) {
	var b Branch
	var err error
	if b.Ref, err = r.SymbolicTarget(ctx, "HEAD"); err != nil {
		return b, err
	}
	b.Tip, err = r.Resolve(ctx, "HEAD")
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return b, err
}

// refs is a command that reads the repository's refs, and so sees its configuration;
// see discovery.
func (r *Repository) refs(ctx context.Context, args ...string) *exec.Cmd {
	cmd := r.git.discovery(ctx, r.loc.dir, append([]string{"--git-dir=" + r.loc.dir}, args...)...)
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], r.iso.objectEnv...)
	return cmd
}

// maxSymbolic is how many names in a row git follows.
const maxSymbolic = 5

// SymbolicTarget is the ref that a symbolic one leads to, which need not be there; empty
// for any other. To push to a symbolic ref updates what it leads to.
func (r *Repository) SymbolicTarget(ctx context.Context, ref string) (string, error) {
	name := ref
	for range maxSymbolic + 1 {
		next, err := r.symbolic(ctx, name)
		if err != nil {
			return "", fmt.Errorf("reading ref %.100q: %w", ref, err)
		}
		if next == "" {
			if name == ref {
				return "", nil
			}
			return name, nil
		}
		name = next
	}
	return "", fmt.Errorf("reading ref %.100q: it leads from name to name without an end", ref)
}

// symbolic follows one name. Where refs are files, only a file can be a symbolic ref, and
// to look at one is a thousand times cheaper than to start a git for each ref of a push.
func (r *Repository) symbolic(ctx context.Context, ref string) (string, error) {
	if _, err := os.Lstat(filepath.Join(r.loc.common, "reftable")); err == nil {
		return r.askSymbolic(ctx, ref)
	}
	dir := r.loc.common
	if ref == "HEAD" {
		dir = r.loc.dir
	}
	file := filepath.Join(dir, filepath.FromSlash(ref))
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || err == nil && info.IsDir():
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular(): // an old way to write a symbolic ref
		return r.askSymbolic(ctx, ref)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 8<<10))
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(string(text), "ref:")
	if !ok {
		return "", nil
	}
	return strings.TrimSpace(target), nil
}

func (r *Repository) askSymbolic(ctx context.Context, ref string) (string, error) {
	cmd := r.refs(ctx, "symbolic-ref", "--quiet", "--no-recurse", ref)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && ctx.Err() == nil {
		return "", nil
	}
	if err != nil {
		return "", failed(ctx, cmd, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// eachRef calls fn with a line for each ref below the patterns, or for all.
func (r *Repository) eachRef(ctx context.Context, format string, fn func(line string) error, patterns ...string) error {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.refs(run, append([]string{"for-each-ref", "--format=" + format, "--end-of-options"}, patterns...)...)
	return eachLine(ctx, cmd, cancel, fn)
}

// eachLine runs a command and calls fn for each line that it prints. An error of fn ends
// it and is returned. cancel ends the command.
func eachLine(ctx context.Context, cmd *exec.Cmd, cancel func(), fn func(line string) error) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git %s: %w", subcommand(cmd), err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if err = fn(lines.Text()); err != nil {
			break
		}
	}
	if err == nil {
		err = lines.Err()
	}
	if err != nil {
		cancel()
		cmd.Wait()
		return err
	}
	if err := cmd.Wait(); err != nil {
		return failed(ctx, cmd, err)
	}
	return nil
}

// IsAncestor says whether b contains a: whether moving a ref from a to b loses nothing.
func (r *Repository) IsAncestor(ctx context.Context, a, b OID) (bool, error) {
	bases, err := r.MergeBases(ctx, a, b)
	return len(bases) == 1 && bases[0] == a, err
}

// New says of each head, the id of a commit, whether no branch and no tag reaches it yet.
func (r *Repository) New(ctx context.Context, heads []OID) (map[OID]bool, error) {
	var known strings.Builder
	fresh := make(map[OID]bool, len(heads))
	for _, head := range heads {
		fresh[head] = false
		known.WriteString(head.String() + "\n")
	}
	peeled, err := r.Peel(ctx, heads)
	if err != nil {
		return nil, err
	}
	for i, p := range peeled { // --ignore-missing would pass over one
		if p.Kind != "commit" || p.ID != heads[i] {
			return nil, fmt.Errorf("commit %s: %w", heads[i], ErrMissing)
		}
	}
	// The names of refs are read where the repository's configuration is in force, their
	// history in isolation. What a ref names and is not there can exclude nothing.
	err = r.eachRef(ctx, "%(objectname)", func(line string) error {
		known.WriteString("^" + line + "\n")
		return nil
	}, "refs/heads/", "refs/tags/")
	if err != nil {
		return nil, fmt.Errorf("listing branches and tags: %w", err)
	}
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.isolated(run, r.iso, "rev-list", "--ignore-missing", "--stdin")
	cmd.Stdin = strings.NewReader(known.String())
	left := len(fresh)
	err = eachLine(ctx, cmd, cancel, func(line string) error {
		id, err := ParseOID(line)
		if err != nil {
			return err
		}
		if found, wanted := fresh[id]; wanted && !found {
			fresh[id] = true
			left--
		}
		if left == 0 {
			return errEnough
		}
		return nil
	})
	if err != nil && err != errEnough {
		return nil, fmt.Errorf("looking for commits that no branch has: %w: %w", ErrMissing, err)
	}
	return fresh, nil
}

// CountCommits counts what is reachable from head and not from base, up to max.
func (r *Repository) CountCommits(ctx context.Context, base, head OID, max int) (int, error) {
	cmd := r.git.isolated(ctx, r.iso, "rev-list", "--count", fmt.Sprintf("--max-count=%d", max), "--end-of-options", head.String(), "^"+base.String())
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("counting the commits of %s..%s: %w: %w", base.Short(), head.Short(), ErrMissing, failed(ctx, cmd, err))
	}
	var n int
	_, err = fmt.Sscan(string(out), &n)
	return n, err
}

// A Peeled is what an id stands for, tags followed to their end.
type Peeled struct {
	ID   OID
	Kind string // "commit", "tree", "blob"; "" when it, or what a tag names, can not be read
}

// Peel follows tags, of many ids at once.
func (r *Repository) Peel(ctx context.Context, ids []OID) ([]Peeled, error) {
	all := make([]Peeled, 0, len(ids))
	for len(ids) > 0 {
		part := ids[:min(window, len(ids))]
		ids = ids[len(part):]
		err := r.converse(ctx, func(c *child) error { return c.peel(part, &all) })
		if err != nil {
			return nil, fmt.Errorf("asking what %d objects are: %w", len(part), err)
		}
	}
	return all, nil
}

// peel asks about at most window ids, whose questions and answers fit into the pipes.
func (c *child) peel(ids []OID, to *[]Peeled) error {
	var b strings.Builder
	for _, id := range ids {
		fmt.Fprintf(&b, "info %s^{}\n", id)
	}
	b.WriteString("flush\n")
	if _, err := io.WriteString(c.in, b.String()); err != nil {
		return errChild
	}
	for _, id := range ids {
		line, err := c.out.ReadString('\n')
		if err != nil {
			return errChild
		}
		var p Peeled
		switch f := strings.Fields(line); {
		case len(f) == 2 && f[0] == id.String()+"^{}" && f[1] == "missing":
		case len(f) == 3:
			if p.ID, err = ParseOID(f[0]); err != nil {
				return fmt.Errorf("%w: it said %q", errChild, line)
			}
			p.Kind = f[1]
		default:
			return fmt.Errorf("%w: it said %q", errChild, line)
		}
		*to = append(*to, p)
	}
	return nil
}
