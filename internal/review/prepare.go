package review

import (
	"context"

	"custody/impact"
	"custody/internal/parallel"
)

// A preparation makes the graphs of a change while git still looks for its lines. Of a
// large change both take as long. It alone uses the kept facts and graphs until it ends.
type preparation struct {
	task  *parallel.Task
	sides *impact.Sides
}

func (p *preparation) begin(ctx context.Context, in impact.AssessInput) {
	p.drop() // whoever told of a change twice has to wait
	p.task = parallel.Begin(ctx, func(ctx context.Context) (err error) {
		p.sides, err = impact.Prepare(ctx, in)
		return err
	})
}

// end waits for the graphs; nil when none were made.
func (p *preparation) end() (*impact.Sides, error) {
	if p.task == nil {
		return nil, nil
	}
	task := p.task
	p.task = nil
	err := task.End()
	return p.sides, err
}

// drop gives up, unless it ended.
func (p *preparation) drop() {
	if p.task != nil {
		p.task.Drop()
		p.task = nil
	}
}
