package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrAmbiguous says that a short id is the beginning of several.
var ErrAmbiguous = errors.New("short id is ambiguous: give more digits")

// Resolve implements Reader, with all of git's revisions except those that read the
// reflog or the clock ("main@{yesterday}", "@{-1}", "@{upstream}"), search ("HEAD^{/fix}",
// ":/fix") or read the index (":path"): they name something else tomorrow, or
// elsewhere, and are refused.
func (r *Repository) Resolve(ctx context.Context, rev string) (OID, error) {
	if err := checkRevision(rev); err != nil {
		return OID{}, err
	}
	// Git reads names from its input here, so that no name is an option.
	args := []string{"cat-file", "--batch-check"}
	cmd := r.git.isolated(ctx, r.iso, args...)
	if _, err := ParseOID(strings.ToLower(rev)); err != nil {
		// No id, so the repository's refs are needed, and with them its configuration.
		cmd = r.git.discovery(ctx, r.loc.dir, append([]string{"--git-dir=" + r.loc.dir}, args...)...)
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], r.iso.objectEnv...)
	}
	cmd.Stdin = strings.NewReader(rev + "^{commit}\n" + rev + "^{}\n" + rev + "\n")
	out, err := cmd.Output()
	if err != nil {
		return OID{}, fmt.Errorf("resolving %q: %w", rev, failed(ctx, cmd, err))
	}
	for i, line := range bytes.Split(out, []byte{'\n'}) {
		f := bytes.Fields(line)
		switch {
		case len(f) == 3 && i == 0 && string(f[1]) == "commit":
			return ParseOID(string(f[0]))
		case bytes.HasSuffix(line, []byte(" ambiguous")):
			return OID{}, fmt.Errorf("resolving %q: %w", rev, ErrAmbiguous)
		case len(f) == 3 && len(f[0]) == 2*r.idSize(): // what a tag names, or "main:path"
			return OID{}, &NotCommitError{Rev: rev, Type: string(f[1])}
		}
	}
	return OID{}, notFound(rev)
}

func notFound(rev string) error {
	if rev == "HEAD" {
		return fmt.Errorf("%w: HEAD points at a branch without commits: the repository is empty, or the branch was deleted", ErrNotFound)
	}
	return fmt.Errorf("%w: %q", ErrNotFound, rev)
}

// checkRevision refuses what is not a stable name. It is shared by both readers.
func checkRevision(rev string) error {
	switch {
	case rev == "":
		return fmt.Errorf("%w: the name is empty", ErrNotFound)
	case strings.ContainsFunc(rev, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return fmt.Errorf("%w: %q contains a control character", ErrNotFound, rev)
	case strings.HasPrefix(rev, ":") || strings.Contains(rev, "^{/"):
		return fmt.Errorf("%w: %q is a search: name a branch, a tag or a commit", ErrNotFound, rev)
	case strings.Contains(rev, "@{"):
		return fmt.Errorf("%w: %q depends on the reflog of this clone: name a branch, a tag or a commit", ErrNotFound, rev)
	}
	return nil
}
