package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/impact"
	"custody/impact/cache"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/git"
	"custody/internal/sign"
)

func newHook(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "hook",
		Short: "Judge pushes on a git server",
		Long: `Judge pushes on a git server, as its hooks: what 'custody audit' says of a change,
said to who pushes it, before it lands.`,
		Example: `  custody hook test main feature refs/heads/main   # what a push would get`,
	}
	cmd.AddCommand(
		newHookInstall(p, dir),
		newHookStatus(p, dir),
		newHookUninstall(p, dir),
		newHookPreReceive(p, dir),
		newHookUpdate(p, dir),
		newHookPostReceive(p, dir),
		newHookTest(p, dir),
	)
	return cmd
}

// hookOptions are what the hooks need. All of it is the operator's: nothing is read from
// the environment that a client may reach, but what names the push itself.
type hookOptions struct {
	dir      string
	server   string
	mode     string
	deadline time.Duration
	floor    string // file
	context  string // file
	contexts string // folder
	trusted  string // file
	keys     keyFlags
	look     bool // write nothing
	days     int
	packs    int
}

func (o *hookOptions) add(cmd *cobra.Command, deadline time.Duration) {
	f := cmd.Flags()
	f.StringVar(&o.server, "server", "git", "the git server that runs the hook: "+strings.Join(hooks.ServerNames(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("server", cobra.FixedCompletions(hooks.ServerNames(), cobra.ShellCompDirectiveNoFileComp))
	f.StringVar(&o.mode, "mode", "", "`MODE`: enforce refuses what is no pass, report says so and accepts everything (default: the floor's, else enforce)")
	_ = cmd.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions([]string{"enforce", "report"}, cobra.ShellCompDirectiveNoFileComp))
	f.DurationVar(&o.deadline, "deadline", deadline, "end after this `TIME`, and answer that the review was not done; 0: never")
	f.StringVar(&o.floor, "floor", "", "the organisation's policy: a `FILE` (default: custody/floor.yaml in the git directory, if it is there)")
	f.StringVar(&o.context, "context", "", "what is not in git: a custody/context/v1 `FILE`, for which you vouch")
	f.StringVar(&o.contexts, "contexts", "", "look for signed contexts, HEAD.json, in this `FOLDER` (default: custody/contexts in the git directory)")
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys under which signed contexts count: a `FILE` (default: custody/trusted_keys in the git directory, if it is there)")
}

func (o *hookOptions) addKeys(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.keys.key, "key", "", "sign packs with the private key in `FILE` (default: custody/signing.pem in the git directory, else $CUSTODY_SIGNING_KEY)")
	f.StringVar(&o.keys.signer, "signer", "", "sign by running `COMMAND`: what to sign on its standard input, the base64 of the signature on its standard output")
	f.StringVar(&o.keys.signerKey, "signer-key", "", "the public key (PEM `FILE`) of --signer")
}

func newHookPreReceive(p *process, dir *string) *cobra.Command {
	var o hookOptions
	cmd := &cobra.Command{
		Use:   "pre-receive",
		Short: "Accept or refuse a push, before any ref moves",
		Long: `Git's pre-receive hook. It reads the updates of a push from standard input, and judges
each: protected refs whole and as if merged, others as work in progress. One that does
not pass refuses the push. Exit codes: 0 accepted, 1 refused.`,
		Example: `  custody hook pre-receive --server gitea --mode report   # in the hook's script`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runHook(p, &o, func() error {
				updates, err := hooks.ReadUpdates(p.in)
				if err != nil {
					return fmt.Errorf("reading what is pushed: %w", err)
				}
				return judgePush(cmd.Context(), p, &o, "pre-receive", updates)
			})
		},
	}
	o.add(cmd, hookDeadline)
	o.addKeys(cmd)
	return asHook(cmd)
}

// hookDeadline leaves room in the five seconds that some servers give all hooks together.
const hookDeadline = 3 * time.Second

func newHookUpdate(p *process, dir *string) *cobra.Command {
	var o hookOptions
	cmd := &cobra.Command{
		Use:   "update REF OLD NEW",
		Short: "Accept or refuse one ref of a push",
		Long: `Git's update hook, and a virtual ref of gitolite: the same as pre-receive, for one ref
at a time. Prefer pre-receive, which can refuse a push as a whole.`,
		Example: `  custody hook update "$1" "$2" "$3"   # in the hook's script`,
		Args:    needs(3, -1, "REF, OLD or NEW"),
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = *dir
			return runHook(p, &o, func() error {
				u, err := hooks.NewUpdate(args[0], args[1], args[2])
				if err != nil {
					return fmt.Errorf("reading what is pushed: %w", err)
				}
				return judgePush(cmd.Context(), p, &o, "update", []hooks.Update{u})
			})
		},
	}
	o.add(cmd, hookDeadline)
	o.addKeys(cmd)
	return asHook(cmd)
}

func newHookPostReceive(p *process, dir *string) *cobra.Command {
	var o hookOptions
	cmd := &cobra.Command{
		Use:   "post-receive",
		Short: "Record what a push changed, and remember what was read",
		Long: `Git's post-receive hook. For protected refs it writes the pack that says what landed; it
keeps what was read for the next push, and removes packs that are too old. It refuses
nothing. Without any update on standard input it only reads the default branch, so that
the first push after an installation is answered in time.`,
		Example: `  custody hook post-receive </dev/null`,
		Args:    noArguments,
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.dir = *dir
			return runHook(p, &o, func() error { return recordPush(cmd.Context(), p, &o) })
		},
	}
	o.add(cmd, time.Minute)
	o.addKeys(cmd)
	keep := hooks.DefaultRetention()
	cmd.Flags().IntVar(&o.days, "keep-days", int(keep.Age/(24*time.Hour)), "remove packs that are older than this many `DAYS`")
	cmd.Flags().IntVar(&o.packs, "keep-packs", keep.Count, "remove the oldest when there are more than `N` packs")
	return asHook(cmd)
}

// hookMark is the annotation of commands that answer with 0 or 1 only.
const hookMark = "custody/hook"

func asHook(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{hookMark: "yes"}
	return cmd
}

// runHook makes every way in which a hook can end an answer: 0 or 1, and 1 only where the
// mode is not report. A panic is one of these ways.
func runHook(p *process, o *hookOptions, body func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("this is a bug of custody, please report it: %v", v)
		}
		var said exitError
		if err == nil || errors.As(err, &said) {
			return
		}
		// Nothing more than the flags may be known here, and the floor may be what can
		// not be read.
		a := hooks.Answer{Mode: config.Enforce, Err: err}
		if config.Mode(o.mode) == config.Report {
			a.Mode, a.Accepted = config.Report, true
		}
		if s, serr := hooks.FindServer(o.server, p.env); serr == nil {
			a.Server = s
		}
		err = finish(p, &a)
	}()
	// A hook lives for a moment, and who pushes waits for it: memory that it will give back
	// at once need not be collected four times on the way.
	debug.SetGCPercent(400)
	if o.mode != "" {
		var m config.Mode
		if err := m.UnmarshalText([]byte(o.mode)); err != nil {
			return fmt.Errorf("--mode: %w", err)
		}
	}
	if p.env("GIT_NAMESPACE") != "" {
		return errors.New("namespaces of git (GIT_NAMESPACE) are not supported")
	}
	return body()
}

// finish tells the answer. That nobody hears it changes nothing about it.
func finish(p *process, a *hooks.Answer) error {
	_ = a.Write(p.err)
	if a.Accepted {
		return nil
	}
	return exitError(exitFail)
}

func judgePush(ctx context.Context, p *process, o *hookOptions, name string, updates []hooks.Update) error {
	h, err := o.open(ctx, p)
	if err != nil {
		return err
	}
	defer h.close()
	if h.Signer, err = o.signer(p, h.Packs); err != nil {
		return err
	}
	said := hooks.ReadOptions(pushOptions(p))
	a := h.Judge(ctx, updates, said)
	if err := h.Packs.Spool(a, name); err != nil && a.Err == nil {
		a.Err, a.Accepted = err, a.Mode == config.Report
	}
	for _, remark := range said.Remarks {
		fmt.Fprintf(p.err, "%scustody: %s\n", a.Server.Prefix, remark)
	}
	return finish(p, a)
}

func recordPush(ctx context.Context, p *process, o *hookOptions) error {
	updates, err := hooks.ReadUpdates(p.in)
	if err != nil {
		return fmt.Errorf("reading what was pushed: %w", err)
	}
	h, err := o.open(ctx, p)
	if err != nil {
		return err
	}
	defer h.close()
	if h.Signer, err = o.signer(p, h.Packs); err != nil {
		return err
	}
	a := h.Record(ctx, updates)
	err = errors.Join(a.Err, h.Packs.Spool(a, "post-receive"))
	if h.cold() || len(updates) == 0 {
		err = errors.Join(err, h.warm(ctx))
	}
	for _, save := range []func() error{h.facts.SaveMany, h.graphs.Save} {
		if serr := save(); serr != nil && !errors.Is(serr, cache.ErrBusy) {
			err = errors.Join(err, serr)
		}
	}
	h.Packs.Prune(hooks.Retention{Age: time.Duration(o.days) * 24 * time.Hour, Count: o.packs})
	if err != nil {
		fmt.Fprintf(p.err, "%scustody: the push is accepted, but not all of it was recorded: %s\n", a.Server.Prefix, change.Printable(err.Error()))
		return exitError(exitFail)
	}
	return nil
}

// An openHook is a hook with what has to be closed.
type openHook struct {
	hooks.Hook
	repo   *git.Repository
	folder *hooks.Folder
	facts  *cache.Store
	graphs *cache.Graphs
}

func (h *openHook) close() { h.repo.Close() }

// open gathers everything that the operator set up.
func (o *hookOptions) open(ctx context.Context, p *process) (*openHook, error) {
	server, err := hooks.FindServer(o.server, p.env)
	if err != nil {
		return nil, err
	}
	h := &openHook{Hook: hooks.Hook{
		Server: server, Mode: config.Mode(o.mode), Deadline: o.deadline,
		Day: p.today(), Version: version(),
	}}
	options := []git.Option{git.WithEnviron(p.environ), git.WithQuarantines(server.Quarantines...)}
	if server.Unmarked {
		options = append(options, git.WithUnmarkedQuarantine())
	}
	if !o.look {
		// Temporary files too are kept where nobody else can write, whatever TMPDIR says.
		options = append(options, git.WithTemp(func(commonDir string) (string, error) {
			var err error
			if h.folder, err = hooks.OpenFolder(filepath.Join(commonDir, "custody"), p.now); err != nil {
				return "", err
			}
			h.Packs = h.folder
			return h.folder.Path("tmp"), nil
		}))
	}
	if h.repo, err = git.Open(ctx, o.dir, options...); err != nil {
		return nil, err
	}
	if o.look {
		h.folder, err = hooks.LookFolder(filepath.Join(h.repo.CommonDir(), "custody"))
	}
	if err == nil {
		err = o.files(p, h)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	h.Repository = h.repo
	h.facts = cache.Open(h.folder.Path(filepath.Join("cache", cache.FileName)))
	h.graphs = cache.OpenGraphs(h.folder.Path(filepath.Join("cache", cache.GraphFileName)), program())
	h.Facts, h.Graphs = h.facts, h.graphs
	return h, nil
}

func (o *hookOptions) files(p *process, h *openHook) error {
	var err error
	if h.Floor, err = operatorFile(o.floor, h.folder.Path("floor.yaml"), yaml.MaxBytes); err != nil {
		return fmt.Errorf("reading the floor: %w", err)
	}
	keys := o.trusted
	if keys == "" {
		usual := h.folder.Path("trusted_keys")
		if _, err := os.Lstat(usual); err == nil {
			keys = usual
		}
	}
	if keys != "" {
		text, name, err := readKeyRing(p, keys)
		if err != nil {
			return err
		}
		h.Keys = &hooks.File{Name: name, Text: text}
	}
	if o.context != "" {
		if h.Context, err = operatorFile(o.context, "", change.MaxContext); err != nil {
			return fmt.Errorf("reading the context: %w", err)
		}
	}
	folder := o.contexts
	if folder == "" {
		folder = h.folder.Path("contexts")
	}
	h.Contexts = hooks.ContextFolder(folder)
	h.Salt = saltIn(h.folder.Path("salt"))
	return nil
}

// operatorFile reads a file that was named, or the usual one if it is there.
func operatorFile(named, usual string, limit int64) (*hooks.File, error) {
	name := named
	if name == "" {
		name = usual
	}
	text, err := readFile(name, limit)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &hooks.File{Name: name, Text: text}, nil
}

// signer finds the key of the hook. None is ever made here: who pushes must not be the
// first to decide what signs packs.
func (o *hookOptions) signer(p *process, folder *hooks.Folder) (sign.Signer, error) {
	if o.keys.signer != "" || o.keys.key != "" {
		return o.keys.load(p)
	}
	usual := folder.Path("signing.pem")
	if _, err := os.Stat(usual); err == nil {
		return readKey(usual)
	}
	if file := p.env("CUSTODY_SIGNING_KEY"); file != "" {
		return readKey(file)
	}
	return nil, errors.New("no signing key: put one into custody/signing.pem in the git directory ('custody hook install' makes one), or name it by --key")
}

// maxPushOptions is more than anybody gives.
const maxPushOptions = 1000

func pushOptions(p *process) []string {
	n, err := strconv.Atoi(p.env("GIT_PUSH_OPTION_COUNT"))
	if err != nil {
		return nil
	}
	var all []string
	for i := range min(n, maxPushOptions) {
		all = append(all, p.env("GIT_PUSH_OPTION_"+strconv.Itoa(i)))
	}
	return all
}

// cold says whether nothing is remembered yet.
func (h *openHook) cold() bool { return h.facts.Empty() }

// warm reads the default branch for the next push.
func (h *openHook) warm(ctx context.Context) error {
	main, err := h.repo.DefaultBranch(ctx)
	if err != nil || main.Tip.IsZero() {
		return err
	}
	commit, err := h.repo.Commit(ctx, main.Tip)
	if err != nil {
		return err
	}
	if _, known := h.graphs.Graph(commit.Tree); known && !h.cold() {
		return nil
	}
	k, err := impact.BuildKnown(ctx, impact.BuildInput{Source: impact.Objects(h.repo), Commit: commit.ID, Tree: commit.Tree, Facts: h.facts})
	if err == nil && k != nil {
		h.graphs.KeepGraph(commit.Tree, k)
	}
	return err
}

// program tells this build from any other that may read a tree differently: two of one
// version differ in their file.
func program() string {
	file, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", version(), info.Size(), info.ModTime().UnixNano())
}

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
