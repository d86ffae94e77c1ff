package review

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/owners"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/sign"
)

// ReplayInput says which changes of a history are judged again, and by what.
type ReplayInput struct {
	Repository Repository
	Tip        git.OID           // of the branch on which changes landed
	Since      config.Day        // of the day on which they were committed, which only chooses them
	Policy     *config.Effective // judges every change, whatever stood at its base
	// Requirements are verified, too: on the whole tree of each change, which takes its time.
	Requirements bool
	Facts        impact.FactStore
	Workers      int // changes at a time; 0: one
	Max          int // changes at most, the newest; 0: all

	tracing *sync.Mutex // Facts are for one reader at a time
}

// A Replayed change is one commit of the branch against the one before it: what a merge
// or a squashed pull request brought, or a push of one commit.
type Replayed struct {
	Commit   git.OID
	Subject  string
	Day      string
	Merge    bool
	Decision Decision
	Checks   []finding.Check
	Teams    []string // that own changed files by CODEOWNERS at base, or "nobody"
	Unread   string   // why it could not be judged at all; then there are no checks
}

// ReasonNotReplayed says that a rule was left out on purpose.
const ReasonNotReplayed = "not-replayed"

// NobodyOwns is the team of files that nobody owns.
const NobodyOwns = "nobody"

// Replay judges the changes of a branch by a policy, as if it had stood at their bases:
// the newest first. What is not in git is not known of any of them, so rules that need
// it are not assessed.
func Replay(ctx context.Context, in ReplayInput) ([]Replayed, error) {
	commits, err := in.firstParents(ctx)
	if err != nil {
		return nil, err
	}
	in.tracing = &sync.Mutex{}
	results := make([]Replayed, len(commits))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, in.Workers) {
		workers.Go(func() {
			for i := range next {
				results[i] = in.one(ctx, commits[i])
			}
		})
	}
	for i := range commits {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	workers.Wait()
	return results, ctx.Err()
}

// olderInARow is after how many commits older than Since the walk ends: dates of
// commits are not always in order.
const olderInARow = 50

// firstParents lists the commits of the branch that have a parent, newest first.
func (in ReplayInput) firstParents(ctx context.Context) ([]*git.Commit, error) {
	var commits []*git.Commit
	older := 0
	for id := in.Tip; ; {
		c, err := in.Repository.Commit(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("following the branch: %w", err)
		}
		if len(c.Parents) == 0 || in.Max > 0 && len(commits) == in.Max {
			return commits, nil
		}
		if dayOf(c) < string(in.Since) {
			if older++; older == olderInARow {
				return commits, nil
			}
		} else {
			older = 0
			commits = append(commits, c)
		}
		id = c.Parents[0]
	}
}

func dayOf(c *git.Commit) string { return time.Unix(c.Committer.When, 0).UTC().Format(time.DateOnly) }

// one judges what a commit brought. A change that can not be read is no reason to stop.
func (in ReplayInput) one(ctx context.Context, c *git.Commit) Replayed {
	out := Replayed{Commit: c.ID, Subject: change.Printable(c.Subject()), Day: dayOf(c), Merge: len(c.Parents) > 1}
	r := run{ring: sign.NewKeyRing(nil, out.Day), judge: &Judge{Policy: in.Policy, digests: map[string]Digest{}},
		Input: Input{Repository: in.Repository, Base: c.Parents[0], Head: c.ID, Stage: change.AtMerge, Day: out.Day, Facts: in.Facts}}
	for _, step := range []func(context.Context) error{r.readChange, in.readBase(&r), in.readFacts(&r), r.evaluate} {
		if err := step(ctx); err != nil {
			out.Unread = change.Printable(err.Error())
			return out
		}
	}
	out.Decision, _ = Decide(r.change, r.context, in.Policy != nil, r.checks)
	if !in.Requirements {
		for i := range r.checks {
			if k := &r.checks[i]; k.Outcome == finding.NotAssessed && slices.ContainsFunc(k.Reasons, func(r finding.Reason) bool { return r.Code == control.ReasonNoRequirements }) {
				k.Reasons = []finding.Reason{{Code: ReasonNotReplayed, Detail: "requirements are verified only if that is asked for: --requirements"}}
			}
		}
	}
	out.Checks = r.checks
	out.Teams = teams(r.judge.Owners, r.change.Files)
	return out
}

// readBase reads what stands at the base and is not the policy.
func (in ReplayInput) readBase(r *run) func(context.Context) error {
	return func(ctx context.Context) error {
		if in.Requirements {
			if err := r.judge.readRequirements(ctx, in.Repository, r.change.BaseTree); err != nil {
				return err
			}
		}
		return r.judge.readOwners(ctx, in.Repository, r.change.BaseTree)
	}
}

// readFacts finds who wrote the change, and what it reaches if a rule asks for that.
func (in ReplayInput) readFacts(r *run) func(context.Context) error {
	return func(ctx context.Context) error {
		asks := func(f func(config.Rule) bool) bool {
			return in.Policy != nil && slices.ContainsFunc(in.Policy.Rules, func(l config.LayeredRule) bool { return f(l.Rule) })
		}
		var err error
		if asks(func(r config.Rule) bool {
			return len(r.When.Authorship) > 0 || len(r.Classes) > 0 || r.Kind == config.KindChecks || r.Kind == config.KindInventory
		}) {
			if r.attestation, err = r.attest(ctx, in.Policy); err != nil {
				return err
			}
			if err := r.readInventory(ctx, in.Policy); err != nil {
				return err
			}
		}
		if asks(func(r config.Rule) bool { return r.Kind == config.KindImpact || r.When.MinReach != nil }) {
			in.tracing.Lock()
			defer in.tracing.Unlock()
			r.impact, err = impact.Assess(ctx, impact.AssessInput{Source: impact.Objects(r.Repository), Change: r.change, Facts: r.Facts})
			if err != nil {
				return err
			}
		}
		return err
	}
}

// teams are the owners of changed files, sorted.
func teams(file *owners.File, files []change.File) []string {
	seen := map[string]bool{}
	tries := 0
	for _, f := range files {
		if tries > 5_000_000 {
			break // more files of more owners say nothing new
		}
		o := file.Of(f.Path, &tries)
		if len(o.Owners) == 0 {
			seen[NobodyOwns] = true
		}
		for _, owner := range o.Owners {
			seen[strings.ToLower(string(owner))] = true
		}
	}
	var all []string
	for t := range seen {
		all = append(all, t)
	}
	slices.Sort(all)
	return all
}
