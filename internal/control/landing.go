package control

import (
	"slices"

	"custody/internal/change"
)

// A landing is how a change landed, or is about to from a merge queue, that somebody approved under other commits, which make
// the same change. The forge wrote the commits that landed: whoever pressed the button is
// author of a merge commit and committer of rebased ones, and wrote nothing by it. Who
// wrote the change are the authors that both name, and the committers of what was approved.
//
// Those of the commit that was proposed are among them, if the context names it: somebody may
// have rebased what was approved before.
//
// The zero value is a change whose commits are its authors' own.
type landing struct {
	merge    *change.Commit // the head, where the forge made it as a merge of what was approved
	approved []change.Commit
}

// landing is the zero value unless the forge made the commits, and what they change is
// what somebody approved.
func (e *evaluation) landing() landing {
	if !e.forgeMade() || e.Context.Change != nil && e.Context.Change.Proposed == e.Change.Head.String() { // somebody pushed their own
		return landing{}
	}
	l := landing{}
	for i, c := range e.Change.Commits {
		if c.ID == e.Change.Head && len(c.Parents) > 1 {
			l.merge = &e.Change.Commits[i]
		}
	}
	seen := []Seen{}
	if c := e.Context.Change; c != nil && c.Proposed != "" {
		seen = append(seen, Seen{Commit: c.Proposed})
		if a := e.Approved[seen[0]]; !a.Same || !e.namesAuthors(a.Commits) {
			return landing{} // what the forge made of it is not known to be that
		}
	}
	for _, r := range e.Context.Reviews {
		if r.Said() == "approved" {
			seen = append(seen, Seen{r.Commit, r.Base})
		}
	}
	for _, g := range e.Granted {
		if g.Waiver != nil && g.Waiver.Head != "" {
			seen = append(seen, Seen{g.Waiver.Head, g.Waiver.Base})
		}
	}
	slices.SortFunc(seen, Seen.Compare)
	for _, s := range slices.Compact(seen) {
		if s.Commit == e.Change.Head.String() {
			continue
		}
		if a := e.Approved[s]; a.Same && len(a.Commits) > 0 && e.namesAuthors(a.Commits) {
			l.approved = append(l.approved, a.Commits...)
		}
	}
	if l.approved == nil {
		return landing{}
	}
	return l
}

// forgeMade says whether the head is a commit that the forge made of somebody's change: in
// a merge queue, or when it landed.
func (e *evaluation) forgeMade() bool {
	if e.Context == nil {
		return false
	}
	if c := e.Context.Change; e.Stage == change.AtMerge && c != nil && c.Kind == "merge_group" {
		return c.Head == e.Change.Head.String()
	}
	m := e.Context.Merge
	return e.Stage == change.AtRecord && m != nil && m.By != nil && m.SHA == e.Change.Head.String()
}

// commits are those whose authors wrote the change: without the merge that landed it, and
// with those that were approved.
func (l landing) commits(all []change.Commit) []change.Commit {
	if l.approved == nil {
		return all
	}
	commits := slices.Clone(l.approved)
	for _, c := range all {
		if l.forges(c.ID.String()) || slices.ContainsFunc(commits, func(o change.Commit) bool { return o.ID == c.ID }) {
			continue
		}
		commits = append(commits, c)
	}
	return commits
}

// forges says whether a commit is the forge's own: it merged what was approved, and holds
// nothing of anybody's, whoever it names.
func (l landing) forges(sha string) bool {
	return l.approved != nil && l.merge != nil && l.merge.ID.String() == sha
}

// made says whether the forge made a commit when the change landed, so that its committer
// is who landed it.
func (l landing) made(c change.Commit) bool {
	return l.approved != nil && !slices.ContainsFunc(l.approved, func(o change.Commit) bool { return o.ID == c.ID })
}
