package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// predictAgain holds what impact predicts now against the failing tests of an earlier
// result: which tests a mutant breaks depends on the project alone.
func predictAgain(ctx context.Context, name string, p project, out io.Writer) (*projectResult, error) {
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
		if one.Project != p.name+" "+p.version {
			continue
		}
		dir, err := os.MkdirTemp("", "mutation")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		r, err := place(ctx, p, dir)
		if err != nil {
			return nil, err
		}
		t, err := readTree(dir)
		if err != nil {
			return nil, err
		}
		one.counts = counts{}
		for j := range one.Mutants {
			res := &one.Mutants[j]
			if res.Excluded != "" {
				continue
			}
			res.Missed, res.Unnamed, res.Tests, res.AllTests = nil, nil, 0, 0
			m := mutant{site: site{start: res.Start, end: res.End, text: res.Text}}
			if err := predict(ctx, r, t, m.apply(t.blobs[t.ids[res.Path]]), res, &one.counts); err != nil {
				return nil, err
			}
			res.print(out)
		}
		one.print(out)
		return one, nil
	}
	return nil, fmt.Errorf("%s has no mutants of it: run it without -again", name)
}
