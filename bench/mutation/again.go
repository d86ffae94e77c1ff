package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// predictAgain holds what impact predicts now against the failing tests of an earlier
// result: which tests a mutant breaks, and which run what it changes, depends on the project
// alone. What did not count then does not now.
func (t *trial) predictAgain(ctx context.Context, name string, p project) (*projectResult, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var before result
	if err := json.Unmarshal(data, &before); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	for i := range before.Projects {
		one := &before.Projects[i]
		if one.Project != p.title() {
			continue
		}
		one.counts = counts{}
		for j := range one.Mutants {
			res := &one.Mutants[j]
			if res.Excluded != "" {
				continue
			}
			res.Missed, res.Unnamed, res.Unseen, res.Tests, res.AllTests = nil, nil, nil, 0, 0
			if err := t.changed(res, func(func(bool) error) error {
				p, err := t.predict(ctx, res)
				if err != nil {
					return err
				}
				t.judge(res, p, &one.counts)
				return nil
			}); err != nil {
				return nil, err
			}
			res.print(t.out)
		}
		one.print(t.out)
		return one, nil
	}
	return nil, fmt.Errorf("%s has no mutants of it: run it without -again", name)
}

// changed makes the mutant for as long as fn runs; fn may take it back and make it again.
func (t *trial) changed(res *mutantResult, fn func(mutate func(yes bool) error) error) error {
	name := filepath.Join(t.folder, filepath.FromSlash(res.Path))
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data := (site{start: res.Start, end: res.End, text: res.Text}).apply(src)
	mutate := func(yes bool) error {
		if yes {
			return os.WriteFile(name, data, 0o644)
		}
		return os.WriteFile(name, src, 0o644)
	}
	defer mutate(false)
	if err := mutate(true); err != nil {
		return err
	}
	return fn(mutate)
}

// title is what a result calls the project.
func (p *project) title() string { return strings.TrimSpace(p.name + " " + p.version) }
