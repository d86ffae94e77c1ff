package review

import (
	"context"

	"custody/impact"
	"custody/internal/control"
	"custody/internal/parallel"
)

// A preparation makes the graphs of a change while git still looks for its lines, and then
// reads the files that checks will look at. Of a large change all of this takes as long. It
// alone uses the kept facts and graphs until the graphs are made.
type preparation struct {
	graphs, files *parallel.Task // nil: not begun, or ended
	late          chan struct{}  // closed when the files are asked for
	sides         *impact.Sides
	looked        *control.Looked
}

func (p *preparation) begin(ctx context.Context, graphs impact.AssessInput, files control.Input) {
	p.drop() // whoever told of a change twice has to wait
	made, late := make(chan struct{}), make(chan struct{})
	p.late = late
	p.graphs = parallel.Begin(ctx, func(ctx context.Context) (err error) {
		defer close(made)
		p.sides, err = impact.Prepare(ctx, graphs)
		return err
	})
	p.files = parallel.Begin(ctx, func(ctx context.Context) (err error) {
		select {
		case <-made: // git's search is not to wait for both
		case <-late: // the graphs take longer than that: the checks read for themselves
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		p.looked, err = control.ReadAhead(ctx, files)
		return err
	})
}

// endGraphs waits for the graphs; nil when none were made.
func (p *preparation) endGraphs() (*impact.Sides, error) {
	err := end(&p.graphs)
	return p.sides, err
}

// endFiles waits until the files were read, if that began; nil when none were.
func (p *preparation) endFiles() (*control.Looked, error) {
	if p.files != nil {
		close(p.late)
	}
	err := end(&p.files)
	return p.looked, err
}

func end(task **parallel.Task) error {
	t := *task
	if t == nil {
		return nil
	}
	*task = nil
	return t.End()
}

// drop gives up what did not end.
func (p *preparation) drop() {
	for _, task := range []**parallel.Task{&p.graphs, &p.files} {
		if *task != nil {
			(*task).Drop()
			*task = nil
		}
	}
}
