package control

import (
	"slices"

	"custody/internal/change"
	"custody/internal/git"
)

// A landing is how a change landed that somebody approved under other commits, which make
// the same change. The forge wrote the commits that landed: whoever pressed the button is
// author of a merge commit and committer of rebased ones, and wrote nothing by it. Who
// wrote the change are the authors that both name, and the committers of what was approved.
//
// The zero value is a change whose commits are its authors' own.
type landing struct {
	merge    git.OID // the commit that the forge says it made
	approved []change.Commit
}

// landing is the zero value unless the change was merged and what landed is what somebody
// approved.
func (e *evaluation) landing() landing {
	if e.Stage != change.AtRecord || e.Context == nil || e.Context.Merge == nil || e.Context.Merge.By == nil {
		return landing{}
	}
	merge, err := git.ParseOID(e.Context.Merge.SHA)
	if err != nil || merge != e.Change.Head {
		return landing{}
	}
	l := landing{merge: merge}
	var seen []string // commits that somebody approved, or granted a waiver for
	for _, r := range e.Context.Reviews {
		if r.State == "approved" {
			seen = append(seen, r.Commit)
		}
	}
	for _, g := range e.Granted {
		if g.Waiver != nil && g.Waiver.Head != "" {
			seen = append(seen, g.Waiver.Head)
		}
	}
	slices.Sort(seen)
	for _, commit := range slices.Compact(seen) {
		if commit == e.Change.Head.String() {
			continue
		}
		if a := e.Approved[commit]; a.Same && len(a.Commits) > 0 && e.namesAuthors(a.Commits) {
			l.approved = append(l.approved, a.Commits...)
		}
	}
	if l.approved == nil {
		return landing{}
	}
	return l
}

// commits are those whose authors wrote the change: without the merge that landed it, and
// with those that were approved.
func (l landing) commits(all []change.Commit) []change.Commit {
	if l.approved == nil {
		return all
	}
	commits := slices.Clone(l.approved)
	for _, c := range all {
		if c.ID == l.merge && len(c.Parents) > 1 || slices.ContainsFunc(commits, func(o change.Commit) bool { return o.ID == c.ID }) {
			continue
		}
		commits = append(commits, c)
	}
	return commits
}

// made says whether the forge made a commit when the change landed, so that its committer
// is who landed it.
func (l landing) made(c change.Commit) bool {
	return l.approved != nil && !slices.ContainsFunc(l.approved, func(o change.Commit) bool { return o.ID == c.ID })
}
