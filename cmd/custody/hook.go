package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"custody/hooks"
	"custody/impact/cache"
	"custody/internal/change"
	"custody/internal/config"
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
