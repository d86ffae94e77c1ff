package git

import (
	"context"
	"errors"
	"os/exec"
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
