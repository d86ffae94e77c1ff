package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// ErrAmbiguous says that a short id is the beginning of several.
var ErrAmbiguous = errors.New("short id is ambiguous: give more digits")

// ErrAmbiguousName says that a tag, a branch or an object have one name. Git takes the
// tag and warns; but whoever may push tags would choose what "main" is.
var ErrAmbiguousName = errors.New("several things have this name: write it out, as refs/heads/NAME, refs/tags/NAME or a whole id")

// Resolve implements Reader, with all of git's revisions except those that read the
// reflog or the clock ("main@{yesterday}", "@{-1}", "@{upstream}"), search ("HEAD^{/fix}",
// ":/fix") or read the index (":path"): they name something else tomorrow, or
// elsewhere, and are refused.
func (r *Repository) Resolve(ctx context.Context, rev string) (OID, error) {
	if err := checkRevision(rev); err != nil {
		return OID{}, err
	}
	if id, err := ParseOID(rev); err == nil && ctx.Err() == nil && !r.isClosed() {
		if kind, _, ok := r.own.object(id); ok && kind == "commit" {
			return id, nil
		}
	}
	places := refPlaces(rev)
	names := []string{rev + "^{commit}", rev + "^{}", rev}
	for _, p := range places {
		names = append(names, p+"^{}")
	}
	var lines [][]byte
	var err error
	if _, noID := ParseOID(strings.ToLower(rev)); noID == nil {
		lines, err = r.identify(ctx, names)
	} else {
		// The repository's refs are needed, and with them its configuration.
		args := []string{"--git-dir=" + r.loc.dir, "cat-file", "--batch-check"}
		cmd := r.git.discovery(ctx, r.loc.dir, args...)
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], r.iso.objectEnv...)
		lines, err = identified(ctx, cmd, names)
	}
	if err != nil {
		return OID{}, fmt.Errorf("resolving %q: %w", rev, err)
	}
	if err := r.oneName(ctx, rev, lines[3:]); err != nil {
		return OID{}, err
	}
	for i, line := range lines[:3] {
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

// identify asks what objects ids with suffixes name. The process that reads objects does
// it; where it gives up, as over a damaged object, one that ends says why.
func (r *Repository) identify(ctx context.Context, names []string) (lines [][]byte, err error) {
	err = r.converse(ctx, func(c *child) error {
		if _, err := c.in.Write([]byte("info " + strings.Join(names, "\ninfo ") + "\nflush\n")); err != nil {
			return errChild
		}
		for range names {
			line, err := c.out.ReadSlice('\n')
			if err != nil {
				return errChild
			}
			lines = append(lines, bytes.Clone(bytes.TrimSuffix(line, []byte{'\n'})))
		}
		return nil
	})
	if err == nil || ctx.Err() != nil || errors.Is(err, errClosed) {
		return lines, err
	}
	return identified(ctx, r.git.isolated(ctx, r.iso, "cat-file", "--batch-check"), names)
}

// identified runs a cat-file --batch-check. Git reads the names from its input, so that no
// name is an option.
func identified(ctx context.Context, cmd *exec.Cmd, names []string) ([][]byte, error) {
	cmd.Stdin = strings.NewReader(strings.Join(names, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		return nil, failed(ctx, cmd, err)
	}
	lines := bytes.Split(bytes.TrimSuffix(out, []byte{'\n'}), []byte{'\n'})
	if len(lines) != len(names) {
		return nil, fmt.Errorf("git gave %d answers to %d questions", len(lines), len(names))
	}
	return lines, nil
}

// prefixes are where git looks for a name, in this order, before it looks for
// refs/remotes/NAME/HEAD.
var prefixes = []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}

// refPlaces lists the refs that a revision's name may stand for, when there may be
// several: HEAD and whole names of refs come before all others and can not be pushed
// by another name.
func refPlaces(rev string) []string {
	name := baseName(rev)
	if _, err := ParseOID(strings.ToLower(name)); err == nil || name == "" || name == "HEAD" || name == "@" || strings.HasPrefix(name, "refs/") {
		return nil
	}
	var places []string
	for _, p := range prefixes {
		if p != "" { // what stands in the git directory itself can not be pushed
			places = append(places, p+name)
		}
	}
	return append(places, "refs/remotes/"+name+"/HEAD")
}

// baseName is a revision without its suffixes.
func baseName(rev string) string {
	if i := strings.IndexAny(rev, "^~:"); i >= 0 {
		return rev[:i]
	}
	return rev
}

// shortID are the names that people copy as short ids: git prints at least 7 digits.
var shortID = lazily(`^[0-9a-fA-F]{7,63}$`)

// oneName refuses a name that stands for several things. places are git's answers for
// refPlaces.
func (r *Repository) oneName(ctx context.Context, rev string, places [][]byte) error {
	var ids []string
	add := func(line []byte) {
		if f := bytes.Fields(line); len(f) == 3 && len(f[0]) == 2*r.idSize() && !slices.Contains(ids, string(f[0])) {
			ids = append(ids, string(f[0]))
		}
	}
	for _, line := range places {
		add(line)
	}
	if name := baseName(rev); len(ids) == 1 && shortID().MatchString(name) {
		cmd := r.git.isolated(ctx, r.iso, "cat-file", "--batch-check") // where there are no refs
		cmd.Stdin = strings.NewReader(name + "^{}\n")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("resolving %q: %w", rev, failed(ctx, cmd, err))
		}
		add(bytes.TrimSuffix(out, []byte{'\n'}))
	}
	if len(ids) > 1 {
		return fmt.Errorf("resolving %q: %w", rev, ErrAmbiguousName)
	}
	return nil
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
