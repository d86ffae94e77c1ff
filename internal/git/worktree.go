package git

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// WorkTree is the root of the work tree that the repository was opened in; empty for
// a bare repository. Nothing of it is ever read here.
func (r *Repository) WorkTree(ctx context.Context) (string, error) {
	return r.ask(ctx, "rev-parse", "--path-format=absolute", "--show-toplevel")
}

// Origin is the URL of the remote "origin" as configured, empty without one.
func (r *Repository) Origin(ctx context.Context) (string, error) {
	return r.ask(ctx, "config", "--get", "remote.origin.url")
}

// ask runs a command that answers with one line, or fails where there is no answer.
func (r *Repository) ask(ctx context.Context, args ...string) (string, error) {
	cmd := r.git.discovery(ctx, r.start, args...)
	out, err := cmd.Output()
	var none *exec.ExitError
	if errors.As(err, &none) && ctx.Err() == nil {
		return "", nil
	}
	if err != nil {
		return "", failed(ctx, cmd, err)
	}
	return strings.TrimSuffix(string(out), "\n"), nil
}

// Busy names the operation that git is in the middle of in this work tree, such as a
// rebase, which a change of files would disturb; empty when there is none.
func (r *Repository) Busy() string {
	for _, what := range []string{"rebase-merge", "rebase-apply", "sequencer", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"} {
		if _, err := os.Lstat(filepath.Join(r.loc.dir, what)); err == nil {
			return what
		}
	}
	return ""
}
