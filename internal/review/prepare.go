package review

import (
	"context"

	"custody/impact"
	"custody/internal/control"
	"custody/internal/parallel"
)

// A preparation makes the graphs of a change while git still looks for its lines, and then
// finds what it reaches and reads the files that checks will look at. Of a large change all of
// this takes as long. It alone uses the kept facts and graphs until assess comes back.
type preparation struct {
	graphs, files *parallel.Task // nil: not begun, or ended
	made, late    chan struct{}  // closed when the graphs are made, when the files are asked for
	sides         *impact.Sides
	wrong         error // why there are none
	ahead         impact.Ahead
	graph         *impact.Graph // of head, as the one who was ahead was told
	looked        *control.Looked
}

func (p *preparation) begin(ctx context.Context, graphs impact.AssessInput, files control.Input) {
	p.drop() // whoever told of a change twice has to wait
	made, late := make(chan struct{}), make(chan struct{})
	p.made, p.late = made, late
	p.graphs = parallel.Begin(ctx, func(ctx context.Context) error {
		defer close(made)
		p.sides, p.wrong = impact.Prepare(ctx, graphs)
		return p.wrong
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

// pair begins to find what the change reaches, now that it is known what it renames.
func (p *preparation) pair(ctx context.Context, in impact.AssessInput) {
	if p.graphs == nil {
		return
	}
	made := p.made
	p.ahead.Graphs = func(ctx context.Context) (*impact.Sides, error) {
		select {
		case <-made:
			return p.sides, p.wrong
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	in.Told = func(g *impact.Graph) { p.graph = g }
	p.ahead.Begin(ctx, in, true)
}

// assess is impact.Assess, of which the most may be done. It also gives the graph of head.
func (p *preparation) assess(ctx context.Context, in impact.AssessInput) (report *impact.Report, head *impact.Graph, err error) {
	report, ok, err := p.ahead.End(in.Change)
	if err := end(&p.graphs); err != nil {
		return nil, nil, err
	}
	if ok || err != nil {
		return report, p.graph, err
	}
	in.Prepared = p.sides
	in.Told = func(g *impact.Graph) { head = g }
	report, err = impact.Assess(ctx, in)
	return report, head, err
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
	p.ahead.Drop()
	for _, task := range []**parallel.Task{&p.graphs, &p.files} {
		if *task != nil {
			(*task).Drop()
			*task = nil
		}
	}
}
