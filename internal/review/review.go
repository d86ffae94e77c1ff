// Package review is the one pipeline. Every door (command line, git server hook,
// GitHub App) calls Run; nobody else decides.
//
//	change + context -> {impact, attestation, control} -> Verdict
//
// It promises that the judge (policy, floor, requirements, owners) is read at base and
// never from the change, that the same input gives an equal Verdict, and that what was
// not looked at is never called good. It reads no clock, environment or network and
// writes nothing.
package review

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"custody/attestation"
	"custody/attestation/inventory"
	"custody/impact"
	"custody/impact/nearby"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/parallel"
	"custody/internal/sign"
)

// A Repository is where the change is read from.
type Repository interface {
	git.Reader
	change.Repo
	change.PartDiffer
	NoteRefs(ctx context.Context, names ...string) (map[string]git.OID, error)
	Ancestry(ctx context.Context, base git.OID, tips []git.OID, max int) (parents map[git.OID][]git.OID, more bool, err error)
}

// Input is everything that a verdict follows from.
type Input struct {
	Repository Repository
	Base, Head git.OID // commits; zeros as base: everything at head is the change
	Judge      git.OID // the commit where policy and requirements are read; zero: Base
	Stage      change.Stage
	Day        string // UTC, "2026-11-23": decides which waivers are in force

	Context       []byte // a custody/context/v1 document, or one as a signed record; nil without one
	ContextFile   string // its name in errors
	ContextSigned bool   // only a signed context counts: whoever put it there need not be trusted
	KeyRing       []byte // trusted keys, under which signed records count; nil without
	KeyRingFile   string // its name in errors
	Floor         []byte // the organisation's floor, nil without one
	FloorFile     string // its name in errors

	// Notes are the commits of the notes refs to read; nil: those that the refs name now.
	Notes map[string]git.OID

	// What the door itself knows of the change, as far as it does.
	Ref     string            // that the change is for, "refs/heads/main"
	Place   change.Repository // where it lives
	Pushers []change.Pusher   // who pushed it
	Claims  []change.Claim    // what they said about it; shown, decides nothing

	Facts  impact.FactStore  // kept between reviews; nil: none
	Graphs impact.GraphStore // the same
	// KeepFrom: see impact.AssessInput.
	KeepFrom bool
	Door     Door

	// Salt reads the repository's salt, as its file has it, when the policy hashes names;
	// nil, or a nil text: there is none. It is in no verdict.
	Salt func() ([]byte, error)
}

// ErrNothing says that base..head holds no commit: there is nothing to review.
var ErrNothing = errors.New("there is no commit between base and head: nothing to audit")

// Run reviews a change. An error means that nothing was judged: the range is empty, a
// file that judges is malformed, the context is, or ctx ended.
func Run(ctx context.Context, in Input) (Verdict, error) {
	r := run{Input: in, ring: sign.NewKeyRing(in.KeyRing, in.Day)}
	defer r.prepared.drop()
	for _, step := range []func(context.Context) error{
		r.readChange, r.readContext, r.readJudge, r.readPrivacy, r.readWaivers, r.readApproved, r.readFacts, r.evaluate, r.checkRing,
	} {
		if err := step(ctx); err != nil {
			return Verdict{}, err
		}
	}
	return r.named()
}

// A run is one review on its way.
type run struct {
	Input
	ring       *sign.KeyRing
	privacy    *Privacy // nil: people are named as they are written
	salt       []byte   // of names, where the policy hashes them
	refDecided bool     // a context was held against Ref
	change     *change.Change
	prepared   preparation
	early      struct { // what judges, read when nothing but the trees was known
		read  bool
		judge *Judge
		err   error
	}
	context     *change.Context // nil without one
	given       *change.Context // it as it was given, without what the door saw itself
	contextDoc  []byte          // it as it was given, canonical; nil without one
	origin      *ContextOrigin  // what the context is worth; nil when none was given
	judge       *Judge
	approved    map[control.Seen]control.Approved
	granted     []control.Granted // waivers of the context
	impact      *impact.Report
	attestation *attestation.Report
	inventory   *inventory.Report // nil when no rule asks for it
	mechanical  map[change.Path]Mechanical
	looked      *control.Looked
	checks      []finding.Check
	controls    []control.Shown
}

func (r *run) readChange(ctx context.Context) (err error) {
	r.change, err = change.ReadListed(ctx, r.Repository, r.Base, r.Head, change.DefaultLimits(), func(c *change.Change, paired bool) {
		if paired {
			r.prepared.pair(ctx, r.impactInput(c))
			return
		}
		r.early.judge, r.early.err = r.judgeAt(ctx, c)
		r.early.read = true
		files := control.Input{Change: c, Stage: r.Stage, Head: newHead(r.Repository, c.HeadTree)}
		if r.early.err == nil {
			files.Config = r.early.judge.Policy
		}
		r.prepared.begin(ctx, r.impactInput(c), files)
	})
	if err != nil {
		return fmt.Errorf("reading the change: %w", err)
	}
	if len(r.change.Commits) == 0 && len(r.change.Limits) == 0 {
		return ErrNothing
	}
	return nil
}

// readJudge reads what judges, unless that was done when the trees were known. What is
// wrong with it is said only now: if the change can not be read, that comes first.
func (r *run) readJudge(ctx context.Context) (err error) {
	if r.judge, err = r.early.judge, r.early.err; !r.early.read {
		r.judge, err = r.judgeAt(ctx, r.change)
	}
	if r.Judge == r.Base {
		r.Judge = git.OID{}
	}
	return err
}

func (r *run) judgeAt(ctx context.Context, c *change.Change) (*Judge, error) {
	tree := c.BaseTree
	switch {
	case r.Judge == git.OID{} || r.Judge == r.Base:
	case r.Judge.IsZero():
		tree = git.EmptyTree(c.ObjectFormat)
	default:
		commit, err := r.Repository.Commit(ctx, r.Judge)
		if err != nil {
			return nil, fmt.Errorf("reading what judges: %w", err)
		}
		tree = commit.Tree
	}
	return ReadJudge(ctx, r.Repository, tree, r.Floor, r.FloorFile)
}

// readFacts finds what the change reaches and who wrote it. What the change reaches takes
// as long as all that can be known without it, so both are found at the same time.
func (r *run) readFacts(ctx context.Context) error {
	if err := parallel.Together(ctx, r.readImpact, r.readOthers); err != nil {
		return err
	}
	r.impact.Risk = RiskOf(r.change, r.impact, r.attestation, r.judge.Policy)
	listSymbols(r.impact, maxSymbols) // now that all of them have been weighed
	return r.readInventory(ctx, r.judge.Policy)
}

func (r *run) readImpact(ctx context.Context) (err error) {
	var graph *impact.Graph
	if r.impact, graph, err = r.prepared.assess(ctx, r.impactInput(r.change)); err != nil {
		return err
	}
	if r.impact.Tests, err = nearby.Tests(ctx, r.Repository, r.change.HeadTree, graph, r.impact); err != nil {
		return err
	}
	r.impact.Owners = nearby.Owners(r.judge.Owners, r.impact)
	return nil
}

func (r *run) impactInput(c *change.Change) impact.AssessInput {
	return impact.AssessInput{
		Source: impact.Objects(r.Repository),
		Change: c,
		Facts:  r.Facts,
		Graphs: r.Graphs, KeepFrom: r.KeepFrom,
	}
}

// readOthers finds who wrote the change, what is mechanical in it and what checks find
// that need not know what it reaches.
func (r *run) readOthers(ctx context.Context) (err error) {
	return parallel.Together(ctx, func(ctx context.Context) (err error) {
		if r.attestation, err = r.attest(ctx, r.judge.Policy); err != nil {
			return err
		}
		if r.mechanical, err = mechanical(ctx, r.Repository, r.change.Files, r.judge.Policy); err != nil {
			return fmt.Errorf("reading what is mechanical: %w", err)
		}
		return nil
	}, func(ctx context.Context) (err error) {
		in := r.controlInput()
		if in.Looked, err = r.prepared.endFiles(); err != nil {
			return err
		}
		r.looked, err = control.LookAhead(ctx, in)
		return err
	})
}

// readInventory holds the AI inventory against who wrote the change, if a rule asks.
func (r *run) readInventory(ctx context.Context, policy *config.Effective) (err error) {
	asks := func(rule config.LayeredRule) bool { return rule.Kind == config.KindInventory }
	if policy != nil && slices.ContainsFunc(policy.Rules, asks) {
		r.inventory, err = checkInventory(ctx, r.Repository, r.change, r.attestation, inventory.Options{On: r.Day})
	}
	return err
}

func (r *run) evaluate(ctx context.Context) (err error) {
	in := r.controlInput()
	in.Impact, in.Attestation, in.Inventory, in.Looked = r.impact, r.attestation, r.inventory, r.looked
	if r.checks, err = control.Evaluate(ctx, in); err == nil {
		r.controls = control.Controls(in, r.checks)
	}
	return err
}

// controlInput is what the change is judged by, without the facts that follow from it.
func (r *run) controlInput() control.Input {
	return control.Input{
		Change:       r.change,
		Context:      r.context,
		Stage:        r.Stage,
		Day:          config.Day(r.Day),
		Config:       r.judge.Policy,
		Requirements: r.judge.Requirements,
		Own:          r.judge.Own,
		Head:         newHead(r.Repository, r.change.HeadTree),
		Base:         newHead(r.Repository, r.change.BaseTree),
		Owners:       r.judge.Owners,
		Approved:     r.approved,
		Granted:      r.granted,
		Baseline:     r.judge.Baseline,
	}
}
