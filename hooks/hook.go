package hooks

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack"
	"custody/internal/review"
	"custody/internal/sign"
)

// A Hook judges pushes to one repository. All of it comes from who runs the server.
type Hook struct {
	Repository Repository
	Server     Server
	Mode       config.Mode // empty: the floor's, and without one Enforce
	Floor      *File       // nil without one
	Day        string      // UTC
	Deadline   time.Duration
	Facts      impact.FactStore // nil: none
	Graphs     impact.GraphStore
	Contexts   Contexts               // nil: there are none
	Context    *File                  // a context that the operator vouches for, instead; mostly nil
	Keys       *File                  // trusted keys; nil without
	Salt       func() ([]byte, error) // of the names in packs, see review.Input; nil: none
	Signer     sign.Signer
	Packs      *Folder // nil: packs are made and not kept
	Version    string  // of the program

	floor *config.Policy
}

// A File is one that the operator named.
type File struct {
	Name string
	Text []byte
}

// A Result is the answer to one update.
type Result struct {
	Plan
	Verdict  *review.Verdict // nil when none was reached
	Decision review.Decision // of the verdict; without one Pass for what needs no judging
	Merged   bool            // let through, although incomplete, on a merge path that the floor trusts
	Accepted bool
	Kept     Kept // its pack; zero when there is none
}

// An Answer is that to a whole push.
type Answer struct {
	Mode     config.Mode
	Server   Server
	Results  []Result
	Err      error // nothing was judged: why
	Accepted bool
	Verbose  bool // also tell what needed no judging
}

// Judge answers a push before its refs move. Whatever happens, it returns an answer;
// only when enforcing is one without acceptance a refusal.
func (h *Hook) Judge(ctx context.Context, updates []Update, said Said) *Answer {
	return h.answer(ctx, updates, said, func(p *Plan) {})
}

// Record answers again when the refs have moved, at stage record: for protected refs
// alone. It blocks nothing.
func (h *Hook) Record(ctx context.Context, updates []Update) *Answer {
	return h.answer(ctx, updates, Said{}, func(p *Plan) {
		if p.Judge = p.Judge && p.Protected; p.Judge {
			p.Stage = change.AtRecord
		}
	})
}

func (h *Hook) answer(ctx context.Context, updates []Update, said Said, adapt func(*Plan)) *Answer {
	a := &Answer{Mode: h.Mode, Server: h.Server}
	if a.Err = h.readFloor(); a.Mode == "" && h.floor != nil {
		a.Mode = h.floor.Mode
	}
	if a.Mode == "" {
		a.Mode = config.Enforce
	}
	if a.Err == nil {
		a.Results, a.Err = h.inTime(ctx, updates, said, adapt)
	}
	if a.Err == nil && len(a.Results) != len(updates) {
		a.Err = fmt.Errorf("of %d refs, %d were answered", len(updates), len(a.Results))
	}
	a.Accepted = a.Err == nil
	for i := range a.Results {
		r := &a.Results[i]
		r.Accepted = !r.Refused && (r.Decision == review.Pass || r.Merged)
		a.Accepted = a.Accepted && r.Accepted
	}
	if a.Mode == config.Report {
		a.Accepted = true
	}
	return a
}

func (h *Hook) readFloor() (err error) {
	if h.Floor == nil {
		return nil
	}
	if h.floor, err = config.ParseFloor(h.Floor.Name, h.Floor.Text); err != nil {
		return fmt.Errorf("the floor: %w", err)
	}
	return nil
}

// inTime ends everything at the deadline, whether or not it listens: who pushes waits for
// this, and some servers end all hooks, and accept, when theirs is over. What was not
// judged until then is incomplete.
func (h *Hook) inTime(ctx context.Context, updates []Update, said Said, adapt func(*Plan)) ([]Result, error) {
	if h.Deadline > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeoutCause(ctx, h.Deadline, errDeadline)
		defer cancel()
	}
	steps := make(chan step) // read until ctx ends
	send := func(s step) bool {
		select {
		case steps <- s:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(steps)
		defer func() {
			if v := recover(); v != nil {
				send(step{err: fmt.Errorf("this is a bug of custody, please report it: %v\n%s", v, debug.Stack())})
			}
		}()
		plans, err := h.plan(ctx, updates)
		for i := range plans {
			adapt(&plans[i])
		}
		if !send(step{plans: plans, err: err}) || err != nil {
			return
		}
		after := h.afterPush(updates)
		for i, p := range plans {
			r, err := h.one(ctx, after, p, said)
			if !send(step{i: i, Result: r, err: err}) {
				return
			}
		}
	}()

	return collect(ctx, updates, steps)
}

// A step is what became known of a push, one after the other.
type step struct {
	plans []Plan // what is planned, first of all
	i     int
	Result
	err error
}

// collect gathers steps until there are no more, or until ctx ends. Steps that end may
// have ended because ctx did, and then nobody said so: select takes either.
func collect(ctx context.Context, updates []Update, steps <-chan step) ([]Result, error) {
	var results []Result
	for {
		select {
		case s, more := <-steps:
			switch {
			case !more && ctx.Err() != nil:
				return late(ctx, updates, results)
			case !more:
				return results, nil
			case s.err != nil && ctx.Err() != nil:
				return late(ctx, updates, results)
			case s.err != nil:
				return results, s.err
			case s.plans != nil:
				results = make([]Result, len(s.plans))
				for i, p := range s.plans {
					results[i] = Result{Plan: p}
				}
			case len(results) > 0:
				results[s.i] = s.Result
			}
		case <-ctx.Done():
			return late(ctx, updates, results)
		}
	}
}

var errDeadline = errors.New("the deadline is over")

// late is the answer to what was not judged before the deadline.
func late(ctx context.Context, updates []Update, results []Result) ([]Result, error) {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errDeadline) {
		return results, fmt.Errorf("the hook was told to stop: %w", cause)
	}
	if results == nil {
		for _, u := range updates {
			results = append(results, Result{Plan: Plan{Update: u}})
		}
	}
	for i := range results {
		if r := &results[i]; r.Decision != review.Pass && r.Verdict == nil && !r.Refused {
			r.Plan = r.refuse(CodeDeadline, "The review did not end in time.", "Push less at a time, or again when the server has less to do. If it stays so, who runs the server reads its cache in (custody hook post-receive </dev/null) or gives more time (--deadline).")
		}
	}
	return results, nil
}

// one answers one update.
func (h *Hook) one(ctx context.Context, repo Repository, p Plan, said Said) (Result, error) {
	r := Result{Plan: p}
	if !p.Judge {
		if !p.Refused {
			r.Decision = review.Pass
		}
		return r, nil
	}
	in, err := h.input(ctx, repo, p, said)
	if err != nil {
		return r, err
	}
	v, err := review.Run(ctx, in)
	if err != nil {
		if ctx.Err() != nil {
			return r, err
		}
		r.Plan = p.refuse(CodeError, "It could not be judged: "+err.Error(), nextAfter(err))
		return r, nil
	}
	merged := h.merged(&v)
	if p.Judges && p.Stage != change.AtRecord && (v.Decision == review.Pass || merged) {
		if why, err := review.LeavesNoJudge(ctx, repo, p.Head, in.Floor, in.FloorFile); err != nil {
			return r, err
		} else if why != "" {
			r.Plan = p.refuse(CodeJudge, "With it, no later change could be judged: "+why, "Correct that file. 'custody config validate' shows what is wrong with a policy.")
			return r, nil
		}
	}
	r.Verdict, r.Decision, r.Merged = &v, v.Decision, merged
	if h.Signer == nil {
		return r, nil
	}
	file, err := pack.Build(ctx, pack.Input{Verdict: &v, Context: v.Context, Signer: h.Signer})
	if err == nil && ctx.Err() == nil {
		r.Kept, err = h.Packs.keep(file)
	}
	if err != nil {
		return r, fmt.Errorf("keeping the pack of %s: %w", change.Printable(p.Ref), err)
	}
	return r, nil
}

// nextAfter is what the pusher can do when there is no verdict.
func nextAfter(err error) string {
	if errors.Is(err, review.ErrSalt) {
		return "Who runs this server puts a salt there: openssl rand -hex 32 > custody/salt in the git directory, mode 0600."
	}
	if errors.Is(err, git.ErrMissing) {
		return "The repository on the server is partial or damaged: who runs it can say more with 'git fsck'."
	}
	return "Who runs this server has to look at it."
}

// input is what a plan follows from.
func (h *Hook) input(ctx context.Context, repo Repository, p Plan, said Said) (review.Input, error) {
	in := review.Input{
		Repository: repo, Base: p.Base, Head: p.Head, Judge: p.By, Stage: p.Stage, Day: h.Day,
		Ref: p.Ref, Claims: said.Claims,
		Facts: h.Facts, Graphs: h.Graphs, Salt: h.Salt,
		Door: review.Door{Name: "hook", Version: h.Version, Mode: h.Mode},
	}
	if p.Target != "" {
		in.Ref = p.Target
	}
	if h.Floor != nil {
		in.Floor, in.FloorFile = h.Floor.Text, h.Floor.Name
	}
	if h.Keys != nil {
		in.KeyRing, in.KeyRingFile = h.Keys.Text, h.Keys.Name
	}
	if h.Server.Repository != nil {
		in.Place = *h.Server.Repository
	}
	if h.Server.Pusher.Known() {
		s := h.Server.Pusher
		in.Pushers = []change.Pusher{{Login: s.Name, ID: s.ID, Type: s.Type, From: h.Server.Name}}
	}
	switch {
	case h.Context != nil:
		in.Context, in.ContextFile = h.Context.Text, h.Context.Name
	case h.Contexts != nil:
		var err error
		in.ContextSigned = true
		if in.Context, in.ContextFile, err = h.Contexts.Find(ctx, p.Head, said.Context); err == nil && in.Context == nil && said.Context != "" {
			in.Context, in.ContextFile, err = h.Contexts.Find(ctx, p.Head, "")
		}
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// merged says whether a server merged on a path that the floor trusts, and nothing but
// facts about people is missing: those were asked for before the server merged.
func (h *Hook) merged(v *review.Verdict) bool {
	if h.floor == nil || h.Server.Via == "" || v.Decision != review.Incomplete {
		return false
	}
	trusted := false
	for _, via := range h.floor.TrustedMergePaths {
		trusted = trusted || via == h.Server.Via
	}
	if !trusted {
		return false
	}
	for _, r := range v.Reasons {
		if r.Code != review.ReasonNotAssessed {
			return false
		}
	}
	for _, c := range v.Checks {
		if c.Kind == finding.Rule && c.Level == finding.Error && c.Outcome == finding.NotAssessed && !aboutPeople(c) {
			return false
		}
	}
	return true
}

// aboutPeople says whether a check lacks nothing but who reviewed the change. What else a
// context may hold (results of checks and scanners, reasons) is missing by the same codes,
// and no server that merges is known to have asked for it.
func aboutPeople(c finding.Check) bool {
	switch config.Kind(c.Asks) {
	case config.KindApprovals, config.KindJudge, config.KindPullRequest:
	default:
		return false
	}
	for _, r := range c.Reasons {
		if r.Code != control.ReasonNoContext && r.Code != control.ReasonContextPart {
			return false
		}
	}
	return len(c.Reasons) > 0
}
