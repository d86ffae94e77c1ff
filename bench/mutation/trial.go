package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// A trial makes mutants of one project, one after the other.
type trial struct {
	runner
	*commits
	coverage *coverage
	seed     uint64
	out      io.Writer
}

// project draws the mutants of the plan and runs them.
func (t *trial) project(ctx context.Context, p project) (*projectResult, error) {
	one := &projectResult{Project: p.title(), Language: p.language, Excluded: map[string]int{}}
	listed, unread, err := t.functions(ctx, t.paths)
	if err != nil {
		return nil, err
	}
	if unread > 0 {
		one.Excluded["file does not parse"] = unread
	}
	for i := range listed {
		listed[i].number = i
		if i == 0 || listed[i].path != listed[i-1].path {
			one.Files++
		}
	}
	if t.coverage, err = t.prepare(ctx, listed); err != nil {
		return nil, err
	}
	one.Tests = len(t.tests())
	var all []function
	for _, f := range listed {
		f.sites = slices.DeleteFunc(f.sites, func(s site) bool { return !t.coverage.site(&f, s) })
		if len(f.sites) > 0 {
			all = append(all, f)
		}
	}
	one.Functions = len(all)
	fmt.Fprintf(t.out, "%s: tests run %d of %d functions\n", one.Project, len(all), len(listed))
	chance := t.chance(p.name)
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, f := range all {
		if one.Run == p.mutants {
			break
		}
		res, err := t.run(ctx, mutant{f, f.sites[chance.IntN(len(f.sites))]}, &one.counts)
		if ctx.Err() != nil && len(one.Mutants) > 0 {
			one.Stopped = true
			break
		}
		if err != nil {
			return nil, err
		}
		one.Mutants = append(one.Mutants, *res)
		if res.Excluded != "" {
			one.Excluded[res.Excluded]++
		}
		res.print(t.out)
	}
	one.print(t.out)
	return one, nil
}

// chance is the plan's for one purpose: what is drawn for one changes nothing for another.
func (t *trial) chance(purpose string) *rand.Rand {
	h := fnv.New64a()
	io.WriteString(h, purpose)
	return rand.New(rand.NewPCG(t.seed, h.Sum64()))
}

func (t *trial) run(ctx context.Context, m mutant, sum *counts) (*mutantResult, error) {
	res := &mutantResult{
		Path: m.path, Function: m.name, Line: m.site.line, Operator: m.operator,
		Start: m.start, End: m.end, Text: m.text,
		Entered: slices.Sorted(maps.Keys(t.coverage.files(&m.function))),
	}
	return res, t.changed(res, func(mutate func(bool) error) error {
		p, err := t.predict(ctx, res)
		if err != nil {
			return err
		}
		files := t.choose(res, t.coverage.files(&m.function) != nil, p.bySymbol)
		failed, err := t.test(ctx, files)
		switch {
		case errors.Is(err, errBuild):
			res.Excluded = "does not compile"
			return nil
		case errors.Is(err, errEndless):
			res.Excluded = "does not come to an end"
			return nil
		case err != nil:
			return err
		}
		res.Failed, res.Ran = failed, len(files)
		if !t.coverage.all {
			if err := t.check(ctx, res, files, p.bySymbol, mutate); err != nil {
				return err
			}
		}
		t.judge(res, p, sum)
		return nil
	})
}

// A prediction is what impact says of a mutant: by symbol, and by file.
type prediction struct{ bySymbol, byFile set }

func (t *trial) predict(ctx context.Context, res *mutantResult) (prediction, error) {
	head, err := t.mutated(ctx, res.Path)
	if err != nil {
		return prediction{}, err
	}
	return t.reach(ctx, head)
}

// enough files of tests that are predicted and run the function tell whether a mutant is
// noticed; more of them could tell of no miss.
const enough = 5

// choose names the files of tests that are run for a mutant; none stands for all. Of those
// that are predicted and run the function a few are drawn. Of those that are not predicted,
// all are run that run the function, and a tenth of the others; all of them where it is not
// known who does.
func (t *trial) choose(res *mutantResult, known bool, predicted set) []string {
	if t.coverage.all {
		return nil
	}
	chance := t.chance(fmt.Sprintf("%s:%s:%d", res.Path, res.Function, res.Start))
	all := map[string]bool{}
	for _, file := range t.tests() {
		all[file] = true
	}
	var noticing, chosen []string
	for _, file := range slices.Sorted(maps.Keys(all)) {
		enters := !known || slices.Contains(res.Entered, file)
		switch {
		case predicted.files[file]:
			if enters {
				noticing = append(noticing, file)
			}
		case enters || chance.IntN(10) == 0:
			chosen = append(chosen, file)
		}
	}
	chance.Shuffle(len(noticing), func(i, j int) { noticing[i], noticing[j] = noticing[j], noticing[i] })
	chosen = append(chosen, noticing[:min(len(noticing), enough)]...)
	slices.Sort(chosen)
	return chosen
}

// check finds the failures that are not predicted and do not count: a file has to fail by
// itself, too, and not without the mutant.
func (t *trial) check(ctx context.Context, res *mutantResult, files []string, predicted set, mutate func(bool) error) error {
	suspects := map[string][]string{} // file -> tests
	for _, test := range res.Failed {
		if file := t.tests()[test]; !predicted.files[file] {
			suspects[file] = append(suspects[file], test)
		}
	}
	if len(suspects) == 0 {
		return nil
	}
	if err := mutate(false); err != nil {
		return err
	}
	without, err := t.test(ctx, files)
	if err != nil {
		return err
	}
	if err := mutate(true); err != nil {
		return err
	}
	for _, file := range slices.Sorted(maps.Keys(suspects)) {
		alone, err := t.test(ctx, []string{file})
		if err != nil && !errors.Is(err, errEndless) {
			return err
		}
		for _, test := range suspects[file] {
			if slices.Contains(without, test) || !slices.Contains(alone, test) {
				res.Unsteady = append(res.Unsteady, test)
			}
		}
	}
	return nil
}

// judge holds what failed, and what runs the function, against the prediction.
func (t *trial) judge(res *mutantResult, p prediction, sum *counts) {
	tests := t.tests()
	sum.Run++
	if len(res.Failed) > 0 {
		sum.Killed++
	}
	for _, test := range res.Failed {
		if slices.Contains(res.Unsteady, test) {
			sum.Unsteady++
			continue
		}
		sum.Failures++
		file, ok := tests[test]
		if !ok { // a file that does not load
			file, _, ok = strings.Cut(test, "::")
		}
		inFile, byName := p.bySymbol.has(file, t.symbol(test))
		switch {
		case !ok || !inFile:
			res.Missed = append(res.Missed, test)
			sum.Missed++
			sum.MissedNames++
		case !byName:
			res.Unnamed = append(res.Unnamed, test)
			sum.MissedNames++
		}
	}
	for _, file := range res.Entered {
		sum.Entered++
		if !p.bySymbol.files[file] {
			res.Unseen = append(res.Unseen, file)
			sum.EnteredMissed++
		}
	}
	res.BySymbol, res.ByFile = len(p.bySymbol.files), len(p.byFile.files)
	for test, file := range tests {
		if _, byName := p.bySymbol.has(file, t.symbol(test)); byName {
			res.Tests++
		}
		if p.byFile.files[file] {
			res.AllTests++
		}
	}
	sum.files = append(sum.files, res.BySymbol*1000/max(res.ByFile, 1))
	if res.AllTests > 0 {
		sum.tests = append(sum.tests, res.Tests*1000/res.AllTests)
	}
}
