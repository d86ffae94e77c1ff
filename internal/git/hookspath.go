package git

import (
	"context"
	"path/filepath"
	"strings"
)

// HooksFolder is the folder whose hooks a git server runs that has this environment: the
// repository's own, or what core.hooksPath names in its, the user's or the system's
// configuration. environ is as in WithEnviron.
//
// It is the one question for which that configuration is read. Asking git where a folder
// is runs nothing that a configuration names.
func (r *Repository) HooksFolder(ctx context.Context, environ []string) (string, error) {
	env := []string{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0"}
	for _, name := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"} {
		if value, ok := variable(environ, name); ok {
			env = append(env, name+"="+value)
		}
	}
	cmd := r.git.start(ctx, r.loc.common, env, []string{"--no-pager", "-c", "safe.directory=*", "-c", "core.fsmonitor=false",
		"--git-dir=" + r.loc.common, "rev-parse", "--path-format=absolute", "--git-path", "hooks"})
	out, err := cmd.Output()
	if err != nil {
		return "", failed(ctx, cmd, err)
	}
	return filepath.Clean(strings.TrimSuffix(string(out), "\n")), nil
}
