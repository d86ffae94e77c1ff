package hooks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/review"
)

// A Repository is the one that is pushed to; *git.Repository is one.
type Repository interface {
	review.Repository
	ObjectFormat() string
	DefaultBranch(ctx context.Context) (git.Branch, error)
	SymbolicTarget(ctx context.Context, ref string) (string, error)
	Peel(ctx context.Context, ids []git.OID) ([]git.Peeled, error)
	IsAncestor(ctx context.Context, a, b git.OID) (bool, error)
	New(ctx context.Context, heads []git.OID) (map[git.OID]bool, error)
	CountCommits(ctx context.Context, base, head git.OID, max int) (int, error)
}

// A Plan says what becomes of one update.
type Plan struct {
	Update
	Protected bool
	Judges    bool   // later changes are judged by what it holds
	Target    string // where a symbolic ref leads, and what is updated in truth; mostly empty

	// Either there is a change to judge ...
	Judge bool
	Stage change.Stage
	Base  git.OID // zeros: there is nothing to compare with
	Head  git.OID
	By    git.OID // where the policy is read; zeros: nowhere, the floor alone judges

	// ... or there is none, for this reason: then the update is accepted or refused.
	Refused bool
	Code    string
	Why     string // one sentence
	Next    string // what to do about a refusal
}

// Reasons why an update is answered without a verdict.
const (
	CodeSkipped    = "skipped"      // the server's own ref or repository
	CodeNotes      = "notes"        // evidence, not code
	CodeDeleted    = "deleted"      // a ref that is not protected goes away
	CodeNothingNew = "nothing-new"  // every commit is known, and was judged when it came
	CodeDeletion   = "deletion"     // of a protected ref
	CodeRewrite    = "rewrite"      // of a protected ref: what was there would be gone
	CodeJudge      = "judge"        // what it holds could judge no later change
	CodeNoCommit   = "not-a-commit" // a tag of a file or a folder
	CodeUnreadable = "unreadable"   // the object is not there, or damaged
	CodeDeadline   = "deadline"     // the review took longer than it may
	CodeError      = "error"        // nothing was judged: the review could not be made
)

const notes = "refs/notes/"

// A planner plans the updates of one push.
type planner struct {
	repo    Repository
	server  Server
	floor   *config.Policy // nil without one
	updates []Update
	main    git.Branch   // as it was before the push
	peeled  []git.Peeled // of old and new of each update
	none    git.OID      // zeros, as long as ids are here
	fresh   map[git.OID]bool
}

// plan says what becomes of each update of a push, in their order. An error is about the
// push as a whole: nothing of it can be accepted.
func (h *Hook) plan(ctx context.Context, updates []Update) ([]Plan, error) {
	p := &planner{repo: h.Repository, server: h.Server, floor: h.floor, updates: updates}
	digits := 40
	if p.repo.ObjectFormat() == "sha256" {
		digits = 64
	}
	p.none, _ = git.ParseOID(strings.Repeat("0", digits)) // can not fail
	plans := make([]Plan, len(updates))
	if p.server.Skip != "" {
		for i, u := range updates {
			plans[i] = Plan{Update: u, Code: CodeSkipped, Why: "Nothing here is judged: " + p.server.Skip + "."}
		}
		return plans, nil
	}
	var ids []git.OID
	for _, u := range updates {
		if len(u.Old.Bytes()) != digits/2 {
			return nil, fmt.Errorf("%s: the ids have %d digits, and those of this repository %d", change.Printable(u.Ref), 2*len(u.Old.Bytes()), digits)
		}
		ids = append(ids, u.Old, u.New)
	}
	var err error
	if p.main, err = p.repo.DefaultBranch(ctx); err != nil {
		return nil, err
	}
	for _, u := range updates {
		if u.Ref == p.main.Ref { // a post-receive sees it moved
			p.main.Tip = u.Old
		}
	}
	if p.main.Tip.IsZero() {
		p.main.Tip = p.none
	}
	if p.peeled, err = p.repo.Peel(ctx, ids); err != nil {
		return nil, err
	}
	for i := range updates {
		if plans[i], err = p.one(ctx, i); err != nil {
			return nil, fmt.Errorf("%s: %w", change.Printable(updates[i].Ref), err)
		}
	}
	return plans, nil
}

func (p *planner) one(ctx context.Context, i int) (Plan, error) {
	u := p.updates[i]
	plan := Plan{Update: u}
	if p.server.internal(u.Ref) {
		return plan.accept(CodeSkipped, "The server keeps this ref for itself."), nil
	}
	var err error
	if plan.Target, err = p.repo.SymbolicTarget(ctx, u.Ref); err != nil {
		return plan, err
	}
	names := []string{u.Ref}
	if plan.Target != "" {
		names = append(names, plan.Target)
	}
	plan.Protected = slices.ContainsFunc(names, p.protects)
	plan.Judges = plan.Protected || slices.Contains(names, p.main.Ref)
	isNote := !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, notes) })
	old, head := p.peeled[2*i], p.peeled[2*i+1]
	switch {
	case u.Deletes() && plan.Protected:
		return plan.refuse(CodeDeletion, "It is protected, and would be deleted.", "Leave it where it is. Who runs this server can take it out of protected_refs of the floor."), nil
	case u.Deletes() && isNote:
		return plan.accept(CodeNotes, "Notes were deleted."), nil
	case u.Deletes():
		return plan.accept(CodeDeleted, "It is deleted: there is nothing to judge."), nil
	case isNote && !plan.Protected:
		return plan.accept(CodeNotes, "Notes are evidence: they are read with the commits that they are about."), nil
	case head.Kind == "":
		return plan.refuse(CodeUnreadable, "What it points to is not there, or damaged.", "Run 'git fsck' where you pushed from, and push again."), nil
	case head.Kind != "commit" && !isNote:
		return plan.refuse(CodeNoCommit, fmt.Sprintf("It names a %s and no commit, which nobody can judge.", head.Kind), "Tag a commit that holds it."), nil
	}
	plan.Head = head.ID
	if plan.Protected && !u.Creates() {
		if refused, err := p.rewrites(ctx, &plan, old); err != nil || refused {
			return plan, err
		}
	}
	switch {
	case isNote:
		return plan.accept(CodeNotes, "Notes are evidence: they are read with the commits that they are about."), nil
	case plan.Protected:
		return p.protectedChange(ctx, plan, old)
	}
	return p.sideChange(ctx, plan, old)
}

func (p Plan) accept(code, why string) Plan {
	p.Code, p.Why = code, why
	return p
}

func (p Plan) refuse(code, why, next string) Plan {
	p.Refused, p.Code, p.Why, p.Next = true, code, why, next
	return p
}

// protects says whether a ref is judged at stage merge. Case is ignored, since there are
// file systems that ignore it. Where neither the floor nor HEAD names a branch, every
// branch is protected.
func (p *planner) protects(ref string) bool {
	ref = strings.ToLower(ref)
	if p.floor != nil && len(p.floor.ProtectedRefs) > 0 {
		for _, g := range p.floor.ProtectedRefs {
			if config.Glob(strings.ToLower(string(g))).Match(change.Path(ref)) {
				return true
			}
		}
		return false
	}
	if p.main.Ref == "" {
		return strings.HasPrefix(ref, "refs/heads/")
	}
	return ref == strings.ToLower(p.main.Ref)
}

// rewrites refuses to move a protected ref so that something of it is lost. The
// difference from a merge base would show nothing of what disappears, and a ref that
// goes back has no commits to judge at all. A tag that is protected does not move.
func (p *planner) rewrites(ctx context.Context, plan *Plan, old git.Peeled) (bool, error) {
	const next = "Bring what is missing in by a merge or a revert, and push that. To rewrite it, who runs this server takes it out of protected_refs of the floor for as long as it takes."
	if strings.HasPrefix(plan.Ref, "refs/tags/") || strings.HasPrefix(plan.Target, "refs/tags/") {
		*plan = plan.refuse(CodeRewrite, "It is a protected tag, and tags do not move.", "Make a tag of another name.")
		return true, nil
	}
	if old.Kind != "commit" || p.peeledKind(plan.Head) != "commit" {
		*plan = plan.refuse(CodeRewrite, "It is protected, and what it points to can not be compared with what is pushed.", next)
		return true, nil
	}
	kept, err := p.repo.IsAncestor(ctx, old.ID, plan.Head)
	if err != nil || kept {
		return false, err
	}
	*plan = plan.refuse(CodeRewrite, "It is protected, and commits of it would disappear: this is no fast-forward.", next)
	return true, nil
}

func (p *planner) peeledKind(id git.OID) string {
	for _, x := range p.peeled {
		if x.ID == id {
			return x.Kind
		}
	}
	return ""
}

// protectedChange is judged whole, whether or not its commits came before under another
// name.
func (p *planner) protectedChange(ctx context.Context, plan Plan, old git.Peeled) (Plan, error) {
	plan.Stage = change.AtMerge
	plan.Base = old.ID
	if plan.Creates() {
		var err error
		if plan.Base, err = p.related(ctx, p.main.Tip, plan.Head); err != nil {
			return plan, err
		}
	}
	if plan.Base == plan.Head {
		return plan.accept(CodeNothingNew, "Every commit of it is on the default branch."), nil
	}
	if plan.Creates() { // else it moves forward, by a commit at least
		if n, err := p.count(ctx, plan.Base, plan.Head, 1); err != nil || n == 0 {
			return plan.accept(CodeNothingNew, "Every commit of it is on the default branch."), err
		}
	}
	plan.Judge, plan.By = true, plan.Base
	if plan.Creates() && plan.Base.IsZero() {
		plan.By = p.main.Tip // history that begins anew does not leave the policy behind
	}
	return plan, nil
}

// sideChange is work in progress. What any branch or tag has was judged when it came
// there. The policy is read at the default branch: whoever may push to a side branch does
// not choose what judges it.
func (p *planner) sideChange(ctx context.Context, plan Plan, old git.Peeled) (Plan, error) {
	fresh, err := p.isNew(ctx, plan.Head)
	if err != nil {
		return plan, err
	}
	if !fresh {
		return plan.accept(CodeNothingNew, "Every commit of it is here already, so nothing new comes in."), nil
	}
	plan.Judge, plan.Stage = true, change.AtPush
	if plan.Base, err = p.related(ctx, p.main.Tip, plan.Head); err != nil {
		return plan, err
	}
	plan.By = plan.Base
	if old.Kind != "commit" {
		return plan, nil
	}
	onward, err := p.repo.IsAncestor(ctx, old.ID, plan.Head)
	if err != nil || !onward {
		return plan, err // rebased: compared with the default branch, like a new one
	}
	// Whichever leaves less to judge: a branch that took over the default branch would
	// be judged for all of that.
	if !plan.Base.IsZero() {
		since, err := p.count(ctx, old.ID, plan.Head, maxCounted)
		if err != nil {
			return plan, err
		}
		beside, err := p.count(ctx, plan.Base, plan.Head, since+1)
		if err != nil || beside < since {
			return plan, err
		}
	}
	plan.Base = old.ID
	return plan, nil
}

// isNew says whether no branch or tag reaches a commit that is pushed. It asks for all of
// the push at once.
func (p *planner) isNew(ctx context.Context, head git.OID) (bool, error) {
	if p.fresh == nil {
		var heads []git.OID
		for i := range p.updates {
			if x := p.peeled[2*i+1]; x.Kind == "commit" {
				heads = append(heads, x.ID)
			}
		}
		var err error
		if p.fresh, err = p.repo.New(ctx, heads); err != nil {
			return false, err
		}
	}
	fresh, asked := p.fresh[head]
	return fresh || !asked, nil
}

const maxCounted = 100_000

func (p *planner) count(ctx context.Context, base, head git.OID, max int) (int, error) {
	if base.IsZero() {
		return max, nil
	}
	return p.repo.CountCommits(ctx, base, head, max)
}

// related is base, or zeros when it has no history in common with head.
func (p *planner) related(ctx context.Context, base, head git.OID) (git.OID, error) {
	if base.IsZero() {
		return p.none, nil
	}
	bases, err := p.repo.MergeBases(ctx, base, head)
	if err != nil || len(bases) == 0 {
		return p.none, err
	}
	return base, nil
}
