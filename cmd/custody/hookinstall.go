package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/hooks/install"
	"custody/impact/cache"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/review"
)

// installed are the hooks that Custody needs: the one that refuses, and the one that
// records what landed and remembers what was read.
var installed = []string{"pre-receive", "post-receive"}

// hookInstallOptions are what `custody hook install` needs.
type hookInstallOptions struct {
	dirs      []string
	server    string
	mode      string
	floor     string // file
	trusted   string // file
	contexts  string // folder
	deadline  time.Duration
	hooksPath string // folder
	cold      bool
	keys      keyFlags
}

func newHookInstall(p *process, dir *string) *cobra.Command {
	var o hookInstallOptions
	cmd := &cobra.Command{
		Use:   "install [DIR...]",
		Short: "Put the hooks into repositories of a git server",
		Long: `Put the hooks into a repository, or into every repository below a folder. Hooks that are
there keep running, after Custody's. Run it as the user who owns the repositories, and
again after a change: what is in place already stays as it is.

A repository whose default branch has no policy is refused, unless there is a floor or
the mode is report. --hooks-path puts the hooks into one folder that serves many
repositories, such as the one that core.hooksPath names.`,
		Example: `  custody hook install --mode report /srv/git
  custody hook install --floor floor.yaml --server gitolite ~/repositories
  custody hook install --hooks-path /etc/git/hooks --floor floor.yaml`,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.dirs = args; len(args) == 0 && o.hooksPath == "" {
				o.dirs = []string{*dir}
			}
			return runHookInstall(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.server, "server", "", "the git `SERVER`: "+strings.Join(hooks.ServerNames(), ", ")+" (default: by what is in the repository, else git)")
	_ = cmd.RegisterFlagCompletionFunc("server", cobra.FixedCompletions(hooks.ServerNames(), cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.mode, "mode", "", "`MODE`: enforce refuses what is no pass, report says so and accepts everything (default: the floor's, else enforce)")
	_ = cmd.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions([]string{"enforce", "report"}, cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE`, copied to custody/floor.yaml in each git directory")
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys under which signed contexts count: a `FILE`, read at each push (default: custody/trusted_keys in the git directory, if it is there)")
	f.StringVar(&o.contexts, "contexts", "", "look for signed contexts, HEAD.json, in this `FOLDER` (default: custody/contexts in the git directory)")
	f.DurationVar(&o.deadline, "deadline", 0, "end a review after this `TIME` (default: that of 'custody hook pre-receive')")
	f.StringVar(&o.hooksPath, "hooks-path", "", "put the hooks into this `FOLDER`, which serves many repositories; those that are named besides are only prepared")
	f.BoolVar(&o.cold, "cold", false, "do not read the repositories now; the first push may then find no time")
	o.keys.add(cmd)
	return cmd
}

// An installation is one run of install.
type installation struct {
	*hookInstallOptions
	p       *process
	program string
	args    []string // of the hooks, without --server
	floor   []byte
}

func runHookInstall(ctx context.Context, p *process, o *hookInstallOptions) error {
	in := installation{hookInstallOptions: o, p: p}
	if err := in.gather(); err != nil {
		return err
	}
	if o.hooksPath != "" {
		if err := in.shared(); err != nil {
			return err
		}
	}
	return eachRepository(ctx, p, o.dirs, func(gitDir string) (string, error) { return in.repository(ctx, gitDir) })
}

// gather finds out everything that is the same for all repositories.
func (in *installation) gather() (err error) {
	if in.program, err = os.Executable(); err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if in.program, err = filepath.EvalSymlinks(in.program); err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	if info, err := os.Stat(in.program); err != nil || info.Mode().Perm()&0o022 != 0 {
		return hint(fmt.Errorf("others may write to this program, %s, which the hooks will run (%v)", in.program, err), "chmod go-w "+in.program)
	}
	if in.server != "" {
		if _, err := hooks.FindAdapter(in.server); err != nil {
			return err
		}
	}
	if in.mode != "" {
		var m config.Mode
		if err := m.UnmarshalText([]byte(in.mode)); err != nil {
			return fmt.Errorf("--mode: %w", err)
		}
		in.args = append(in.args, "--mode", in.mode)
	}
	if in.hookInstallOptions.floor != "" {
		if in.floor, err = readFloor(in.hookInstallOptions.floor); err != nil {
			return err
		}
		if len(in.floor) > yaml.MaxBytes {
			return fmt.Errorf("the floor has more than %d bytes", yaml.MaxBytes)
		}
		if _, err := config.ParseFloor(in.hookInstallOptions.floor, in.floor); err != nil {
			return fmt.Errorf("the floor: %w", err)
		}
	}
	if in.deadline > 0 {
		in.args = append(in.args, "--deadline", in.deadline.String())
	}
	return in.files()
}

// files adds what the hooks read, each by its whole path. What is wrong with a file is
// better known now than at a push.
func (in *installation) files() error {
	if in.trusted != "" {
		if _, err := trustedKeys(in.p, in.trusted); err != nil {
			return err
		}
	}
	signing, err := in.keys.arguments(in.p)
	if err != nil {
		return err
	}
	in.args = append(in.args, signing...)
	for _, f := range [][2]string{{"--trusted-keys", in.trusted}, {"--contexts", in.contexts}} {
		if f[1] == "" {
			continue
		}
		file, err := filepath.Abs(f[1])
		if err != nil {
			return err
		}
		in.args = append(in.args, f[0], file)
	}
	return nil
}

// arguments are the flags that tell a hook which key to sign with. The key is made if it
// is the default one and missing: who installs is a person at the command line.
func (f *keyFlags) arguments(p *process) ([]string, error) {
	if _, err := f.load(p); err != nil {
		return nil, err
	}
	if f.signer != "" {
		key, err := filepath.Abs(f.signerKey)
		return []string{"--signer", f.signer, "--signer-key", key}, err
	}
	file, err := f.file(p)
	if err != nil {
		return nil, err
	}
	file, err = filepath.Abs(file)
	return []string{"--key", file}, err
}

// shared puts the hooks into the folder that --hooks-path names.
func (in *installation) shared() error {
	server := in.server
	if server == "" {
		server = "git"
	}
	script := in.script(server)
	switch {
	case in.hookInstallOptions.floor != "":
		floor, err := filepath.Abs(in.hookInstallOptions.floor)
		if err != nil {
			return err
		}
		script.Args = append(script.Args, "--floor", floor)
	case in.mode != string(config.Report):
		return hint(errors.New("a folder of hooks serves repositories that have no policy too"), "give --floor FILE, or --mode report")
	}
	root, err := filepath.Abs(in.hooksPath)
	if err != nil {
		return err
	}
	adapter, err := hooks.FindAdapter(server)
	if err != nil {
		return err
	}
	what := "unchanged"
	for _, place := range install.Shared(root, adapter.Folder, installed) {
		changed, err := place.Install(script)
		if err != nil {
			return err
		}
		if changed {
			what = "installed"
		}
	}
	fmt.Fprintf(in.p.out, "%s %s\n", what, root)
	return nil
}

func (in *installation) script(server string) install.Script {
	return install.Script{
		Program: in.program,
		Args:    append([]string{"--server", server}, in.args...),
		Lenient: in.mode == string(config.Report),
	}
}

// repository installs into one repository and says what it did.
func (in *installation) repository(ctx context.Context, gitDir string) (what string, err error) {
	server := in.server
	if server == "" {
		server = recognise(gitDir)
	}
	adapter, err := hooks.FindAdapter(server)
	if err != nil {
		return "", err
	}
	places := install.Places(gitDir, adapter.Folder, installed)
	if in.hooksPath == "" {
		for _, place := range places {
			if err := place.Check(); err != nil {
				return "", err
			}
		}
	}
	if err := in.judgeOf(ctx, gitDir, adapter); err != nil {
		return "", err
	}
	if err := in.writeFloor(gitDir); err != nil {
		return "", err
	}
	script := in.script(server)
	if !in.cold {
		if err := in.warm(ctx, gitDir, script.Args); err != nil {
			return "", err
		}
	}
	if in.hooksPath != "" {
		return "prepared", nil
	}
	what = "unchanged"
	for _, place := range places {
		changed, err := place.Install(script)
		if err != nil {
			return "", err
		}
		if changed {
			what = "installed"
		}
	}
	return what, nil
}

// recognise finds the server by what it leaves in its repositories.
func recognise(gitDir string) string {
	for _, a := range hooks.Servers {
		for _, sign := range a.Signs {
			if _, err := os.Lstat(filepath.Join(gitDir, sign)); err == nil {
				return a.Name
			}
		}
	}
	return "git"
}

// judgeOf refuses a repository in which nothing would judge, or where git would not look
// for the hooks.
func (in *installation) judgeOf(ctx context.Context, gitDir string, adapter hooks.Adapter) error {
	repo, err := openRepository(ctx, in.p, gitDir)
	if err != nil {
		return err
	}
	defer repo.Close()
	if adapter.Folder == "" && in.hooksPath == "" {
		folder, err := repo.HooksFolder(ctx, in.p.environ)
		if err != nil {
			return err
		}
		if !sameFolder(folder, filepath.Join(gitDir, "hooks")) {
			return hint(fmt.Errorf("git takes its hooks from %s (core.hooksPath)", folder), "install there: --hooks-path "+folder)
		}
	}
	floor := in.floor
	if floor == nil {
		if floor, err = os.ReadFile(filepath.Join(gitDir, "custody", "floor.yaml")); errors.Is(err, fs.ErrNotExist) {
			floor, err = nil, nil
		}
		if err != nil {
			return err
		}
	}
	if floor != nil || in.mode == string(config.Report) {
		return nil
	}
	without := hint(errors.New("its default branch has no "+config.FileName+", so no push could pass"), "give --floor FILE, or --mode report, or commit a policy ('custody init')")
	head, err := repo.Resolve(ctx, "HEAD")
	if errors.Is(err, git.ErrNotFound) {
		return without
	}
	if err != nil {
		return err
	}
	commit, err := repo.Commit(ctx, head)
	if err != nil {
		return err
	}
	judge, err := review.ReadJudge(ctx, repo, commit.Tree, nil, "")
	if err == nil && judge.Policy == nil {
		err = without
	}
	return err
}

func sameFolder(a, b string) bool {
	realA, errA := filepath.EvalSymlinks(a)
	realB, errB := filepath.EvalSymlinks(b)
	return a == b || errA == nil && errB == nil && realA == realB
}

// writeFloor puts the floor where the hooks read it.
func (in *installation) writeFloor(gitDir string) error {
	folder := filepath.Join(gitDir, "custody")
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder (a link to one is none): take it away", folder)
	}
	if err := cache.Private(folder); err != nil {
		return err
	}
	if in.floor == nil {
		return nil
	}
	file := filepath.Join(folder, "floor.yaml")
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: take it away", file)
	}
	if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, in.floor) {
		return nil
	}
	if err := writeFile(file, in.floor); err != nil {
		return fmt.Errorf("writing the floor: %w", err)
	}
	return nil
}

// warm runs the hook once as it will be run, without a push: what does not work is known
// before it refuses somebody, and the default branch is read.
func (in *installation) warm(ctx context.Context, gitDir string, args []string) error {
	quiet := *in.p
	var said bytes.Buffer
	quiet.in, quiet.out, quiet.err, quiet.terminal = strings.NewReader(""), &said, &said, false
	args = append([]string{"-C", gitDir, "hook", "post-receive"}, args...)
	if code := run(ctx, args, &quiet); code != 0 && ctx.Err() == nil {
		return fmt.Errorf("the hook does not work: %s", strings.TrimSpace(said.String()))
	}
	return ctx.Err()
}
