package impact

import (
	"context"
	"slices"

	"custody/internal/change"
	"custody/internal/change/manifest"
	"custody/internal/parallel"
)

// An Ahead assesses a change while git still looks for its lines: what is reached depends on
// which files differ, and not on how. The zero value is ready.
type Ahead struct {
	// Graphs waits for what Prepare makes of the change; nil: nothing is made.
	Graphs func(context.Context) (*Sides, error)

	task   *parallel.Task
	told   *change.Change
	report *Report
}

// Begin assesses a change of which nothing but trees and paths has to be known yet, and
// renames. Unless it is paired, these are not known: then it does nothing where there may be
// some, or where the change is so large that it would take long for nothing. It goes on with
// what it began if it is told the same again. The input is in use until End or Drop.
func (a *Ahead) Begin(ctx context.Context, in AssessInput, paired bool) {
	if a.task != nil && a.holds(in.Change, false) {
		return
	}
	a.Drop()
	var came, went bool
	told := *in.Change
	told.Files = slices.Clone(told.Files)
	for i := range told.Files {
		f := &told.Files[i]
		came = came || f.Status == change.Added
		went = went || f.Status == change.Deleted
		f.Unread = "" // see holds
	}
	if !paired && (came && went || len(told.Files) > maxOverlay) || len(told.Limits) > 0 {
		return
	}
	in.Change, a.told = &told, &told
	a.task = parallel.Begin(ctx, func(ctx context.Context) (err error) {
		if a.Graphs != nil {
			if in.Prepared, err = a.Graphs(ctx); err != nil {
				return err
			}
		}
		a.report, err = Assess(ctx, in)
		return err
	})
}

// End gives the report, if there is one of the change as it was read in the end.
func (a *Ahead) End(c *change.Change) (r *Report, ok bool, err error) {
	task := a.task
	if task == nil || !a.holds(c, true) {
		a.Drop()
		return nil, false, nil
	}
	a.task = nil
	err = task.End()
	return a.report, true, err
}

// Drop gives up, unless it ended.
func (a *Ahead) Drop() {
	if a.task != nil {
		a.task.Drop()
		a.task = nil
	}
}

// holds says whether what was told of a change is what impact asks of it, once it was read.
func (a *Ahead) holds(c *change.Change, read bool) bool {
	t := a.told
	return c.Base == t.Base && c.Head == t.Head && c.From == t.From && c.FromTree == t.FromTree && c.HeadTree == t.HeadTree &&
		slices.Equal(c.MergeBases, t.MergeBases) && len(c.Limits) == 0 &&
		slices.EqualFunc(c.Files, t.Files, func(f, g change.File) bool {
			// Of a manifest it counts whether its lines are known.
			_, isManifest := manifest.FormatOf(string(f.Path))
			return f.Path == g.Path && f.OldPath == g.OldPath && f.Status == g.Status && f.OldMode == g.OldMode && f.Mode == g.Mode &&
				f.OldID == g.OldID && f.ID == g.ID && f.SubmoduleChanged == g.SubmoduleChanged && (!read || f.Unread == "" || !isManifest)
		})
}
