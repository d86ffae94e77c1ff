package impact

import (
	"context"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// AssessInput is a change and what reading its two trees takes. See BuildInput for the
// last three.
type AssessInput struct {
	Source    Source
	Change    *change.Change
	Languages []*lang.Language
	Facts     FactStore
	Limits    Limits
}

// Assess builds the graphs of both sides of a change and traces it.
func Assess(ctx context.Context, in AssessInput) (*Report, error) {
	if in.Facts == nil {
		in.Facts = &Memory{} // most blobs are on both sides
	}
	build := func(commit, tree git.OID) (*Graph, error) {
		return Build(ctx, BuildInput{
			Source: in.Source, Commit: commit, Tree: tree,
			Languages: in.Languages, Facts: in.Facts, Limits: in.Limits,
		})
	}
	t := TraceInput{Change: in.Change}
	var err error
	if t.Head, err = build(in.Change.Head, in.Change.HeadTree); err != nil {
		return nil, err
	}
	if !in.Change.From.IsZero() {
		if t.From, err = build(in.Change.From, in.Change.FromTree); err != nil {
			return nil, err
		}
	}
	return Trace(ctx, t)
}
