//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// How the changes are picked that the warm impact is measured with.
const (
	warmChanges = 7
	warmHistory = 3_000 // commits along first parents, from which they are taken evenly
)

// warm asks what changes reach when their base has been scanned; git finds the changed files
// and reads both sides of them. Each change is one commit, of so many files as options say and
// of twice as many at most. One comparison is of the change with the median ratio, one of that
// which reaches most.
func (w *workplace) warm(ctx context.Context, name string) ([]Comparison, error) {
	out, err := w.git(ctx, nil, "rev-list", "--first-parent", fmt.Sprint("--max-count=", warmHistory), w.options.head, "--")
	if err != nil {
		return nil, err
	}
	least, most := w.options.files, 2*w.options.files
	changes, err := pickSteps(strings.Fields(out), 1, warmChanges, func(base, head string) (bool, error) {
		ids, files, err := w.listChange(ctx, base, head)
		return least <= files && files <= most && w.has(ctx, ids), err
	})
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return nil, fmt.Errorf("none of the last commits changes %d to %d files: name another -head, or other -files", least, most)
	}
	what := fmt.Sprintf("what a change reaches, base cached; git: list the changed files, read their blobs. Of %d commits of %d to %d files, spread over the last %d", len(changes), least, most, warmHistory)
	var all []Comparison
	for _, c := range changes {
		one, err := w.warmOne(ctx, name, what, c)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return medianAndWidest(all), nil
}

// medianAndWidest are two of the comparisons.
func medianAndWidest(all []Comparison) []Comparison {
	slices.SortStableFunc(all, func(a, b Comparison) int { return cmp.Compare(a.Ratio, b.Ratio) })
	middle := all[(len(all)-1)/2]
	widest := slices.MaxFunc(all, func(a, b Comparison) int { return cmp.Compare(a.Change.Reached, b.Change.Reached) })
	widest.Name += ", widest"
	of := *middle.Change
	for _, c := range all {
		of.Ratios = append(of.Ratios, c.Ratio)
	}
	middle.Change = &of
	return []Comparison{middle, widest}
}

// warmOne measures one change.
func (w *workplace) warmOne(ctx context.Context, name, what string, c picked) (Comparison, error) {
	at := *w
	var err error
	at.base, at.head = c.base, c.head
	if at.changed, at.files, err = w.listChange(ctx, c.base, c.head); err != nil {
		return Comparison{}, err
	}
	if _, err := at.custodyCommand("warm", "scan", at.base).run(ctx, nil); err != nil {
		return Comparison{}, err
	}
	custody, git := at.warmSides()
	reached, err := reachedBy(ctx, custody)
	if err != nil {
		return Comparison{}, err
	}
	one, err := compare(ctx, name, what, w.rounds, custody, git)
	one.Change = &Change{Base: at.base, Head: at.head, Files: at.files, Reached: reached}
	return one, err
}

// reachedBy counts the nodes that custody says are reached.
func reachedBy(ctx context.Context, custody side) (int, error) {
	var out bytes.Buffer
	if _, err := custody.commands[0].run(ctx, &out); err != nil {
		return 0, err
	}
	var report struct {
		Schema  string
		Reached []struct{}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil || report.Schema != "custody/impact/v1" {
		return 0, errors.Join(fmt.Errorf("custody impact printed a %q, not a custody/impact/v1", report.Schema), err)
	}
	return len(report.Reached), nil
}

func (w *workplace) warmSides() (custody, git side) {
	return side{commands: []process{w.custodyCommand("warm", "impact", "--quick", "--base", w.base, "--head", w.head, "--format", "json")}},
		side{commands: []process{
			w.gitCommand(nil, "diff-tree", "-r", "-z", "--raw", w.base, w.head),
			w.gitCommand(lines(w.changed), "cat-file", "--batch", "--buffer"),
		}}
}
