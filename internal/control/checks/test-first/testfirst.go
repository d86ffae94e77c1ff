// Package testfirst tells whether tests came before the code that they are for, or with
// it, in the order of the change's commits.
package testfirst

import (
	"context"
	"fmt"

	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/tests"
)

// Check is the built-in check test-first.
type Check struct{}

// Limits of one change. What is over them is not assessed.
const (
	maxCommits = 1000
	maxFiles   = 5000 // of one commit
)

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	if in.Incomplete != "" {
		out.Missing("%s", in.Incomplete)
	}
	about := map[change.Path]bool{} // code that is still there at head
	for _, f := range in.Files {
		if f.Mode.IsRegular() && f.Added > 0 && tests.IsCode(f.Path) {
			about[f.Path] = true
			out.Looked()
		}
	}
	switch {
	case len(about) == 0:
		return nil
	case in.Commits == nil:
		out.Missing("which commit touched which file is not known")
		return nil
	case in.Change.Shallow:
		out.Missing("history is cut, so the order of commits is not known")
		return nil
	case len(in.Change.Commits) > maxCommits:
		out.Missing("%d commits, over the limit of %d", len(in.Change.Commits), maxCommits)
		return nil
	}
	for _, l := range in.Change.Limits {
		if l.What == "commits" {
			out.Missing("more than %d commits", l.Max)
			return nil
		}
	}
	return order(ctx, in, out, about)
}

// order goes through the commits, parents before children.
func order(ctx context.Context, in *checks.Input, out *checks.Result, about map[change.Path]bool) error {
	tested, told := map[string]bool{}, map[change.Path]bool{}
	for i := range in.Change.Commits {
		c := &in.Change.Commits[i]
		if len(c.Parents) > 1 {
			continue // what it joins has been looked at
		}
		paths, more, err := in.Commits.Touched(ctx, c, maxFiles)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			out.Missing("the files of commit %s could not be read: %s", c.ID.Short(), err)
			return nil
		case more:
			out.Missing("commit %s touches more than %d files", c.ID.Short(), maxFiles)
			return nil
		}
		for _, p := range paths {
			if tests.IsTest(p) {
				tested[tests.Family(p)] = true
			}
		}
		for _, p := range paths {
			if !about[p] || told[p] {
				continue
			}
			told[p] = true // the first commit that touches it decides
			if !tested[tests.Family(p)] {
				out.Find(checks.Found{Rule: "code-first", Path: p, Message: fmt.Sprintf("commit %s changes it, and no test was touched with it or before", c.ID.Short())})
			}
		}
	}
	return nil
}
