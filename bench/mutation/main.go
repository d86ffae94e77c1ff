// Mutation holds impact by symbol against tests: it changes one function of a project, runs
// all its tests, and looks whether each test that fails was predicted.
//
// What is mutated is drawn by a plan that stands in plan.go. A result tells of every mutant
// that was drawn, those left out with the reason.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "the one project of the plan to run")
	flag.IntVar(&o.mutants, "n", 0, "mutants of each project instead of the plan's number")
	flag.StringVar(&o.again, "again", "", "a result whose mutants and failing tests are held against what is predicted now; no test is run")
	flag.StringVar(&o.out, "o", "bench/results/mutation.json", "where the result goes; empty: nowhere")
	flag.Parse()
	if err := run(context.Background(), thePlan, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

type options struct {
	only    string
	again   string
	mutants int
	out     string
}

// A result is what one run measured.
type result struct {
	Go       string          `json:"go"`
	Revision string          `json:"revision,omitempty"`
	Seed     uint64          `json:"seed"`
	Projects []projectResult `json:"projects"`
	Total    counts          `json:"total"`
}

type projectResult struct {
	Project   string         `json:"project"`
	Language  string         `json:"language"`
	Functions int            `json:"functions"` // covered by tests
	Files     int            `json:"files"`     // with functions
	Tests     int            `json:"tests"`
	Excluded  map[string]int `json:"excluded"` // mutants drawn and left out, by reason
	counts
	Mutants []mutantResult `json:"mutants"`
}

// counts add up over mutants. Rates are per mille.
type counts struct {
	Run         int `json:"run"`
	Killed      int `json:"killed"` // a test failed
	Failures    int `json:"failures"`
	Missed      int `json:"missed"`       // failing tests whose file is not predicted
	MissedNames int `json:"missed_names"` // failing tests that are not predicted by name
	// Files predicted by symbol, in per mille of those predicted by file.
	Median int `json:"median_permille"`
	P90    int `json:"p90_permille"`
	// The same for tests: functions by symbol, of all in the files predicted by file.
	TestMedian int `json:"test_median_permille"`
	TestP90    int `json:"test_p90_permille"`

	files, tests []int
}

type mutantResult struct {
	Path     string   `json:"path"`
	Function string   `json:"function"`
	Line     int      `json:"line"`
	Operator string   `json:"operator"`
	Start    int      `json:"start"` // bytes that are replaced
	End      int      `json:"end"`
	Text     string   `json:"text"` // by this
	Excluded string   `json:"excluded,omitempty"`
	Failed   []string `json:"failed,omitempty"`
	Missed   []string `json:"missed,omitempty"`
	Unnamed  []string `json:"unnamed,omitempty"` // the file is predicted, the test is not
	BySymbol int      `json:"by_symbol,omitempty"`
	ByFile   int      `json:"by_file,omitempty"`
	Tests    int      `json:"tests,omitempty"`
	AllTests int      `json:"tests_by_file,omitempty"`
}

func run(ctx context.Context, p plan, o options, out io.Writer) error {
	r := result{Seed: p.seed}
	if info, ok := debug.ReadBuildInfo(); ok {
		r.Go = info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				r.Revision = s.Value
			}
		}
	}
	for _, project := range p.projects {
		if o.only != "" && project.name != o.only {
			continue
		}
		if o.mutants > 0 {
			project.mutants = o.mutants
		}
		one, err := o.project(ctx, p.seed, project, out)
		if err != nil {
			return fmt.Errorf("%s: %w", project.name, err)
		}
		r.Projects = append(r.Projects, *one)
		r.Total.add(&one.counts)
	}
	r.Total.finish()
	fmt.Fprintf(out, "%-34s %s\n", "total", r.Total.String())
	if o.out != "" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.out, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	if r.Total.Missed > 0 {
		return fmt.Errorf("%d failing tests were not predicted", r.Total.Missed)
	}
	return nil
}

var errBuild = errors.New("it does not compile")

// A runner runs the tests of one project.
type runner interface {
	// prepare finds what tests cover, and which of them fail without a mutant: those do not
	// count later.
	prepare(ctx context.Context) (covered func(path string, line int) bool, err error)
	// functions lists what can be mutated in a file; nil for a file of tests.
	functions(path string, src []byte) ([]function, error)
	test(ctx context.Context) (failed []string, err error)
	// tests are all tests, each with its file.
	tests() map[string]string
	// symbol is what impact calls a test.
	symbol(test string) string
}

func (o options) project(ctx context.Context, seed uint64, p project, out io.Writer) (*projectResult, error) {
	if o.again != "" {
		return predictAgain(ctx, o.again, p, out)
	}
	return runProject(ctx, seed, p, out)
}

func runProject(ctx context.Context, seed uint64, p project, out io.Writer) (*projectResult, error) {
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
	covered, err := r.prepare(ctx)
	if err != nil {
		return nil, err
	}
	one := &projectResult{Project: p.name + " " + p.version, Language: p.language, Excluded: map[string]int{}, Tests: len(r.tests())}
	var all []function
	for _, path := range t.paths {
		list, err := r.functions(path, t.blobs[t.ids[path]])
		if err != nil {
			one.Excluded["file does not parse"]++
			continue
		}
		if len(list) > 0 {
			one.Files++
		}
		for _, f := range list {
			f.sites = slices.DeleteFunc(f.sites, func(s site) bool { return !covered(path, s.line) })
			if len(f.sites) > 0 {
				all = append(all, f)
			}
		}
	}
	one.Functions = len(all)
	h := fnv.New64a()
	h.Write([]byte(p.name))
	chance := rand.New(rand.NewPCG(seed, h.Sum64()))
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, f := range all {
		if one.Run == p.mutants {
			break
		}
		m := mutant{f, f.sites[chance.IntN(len(f.sites))]}
		res, err := runMutant(ctx, r, t, dir, m, &one.counts)
		if err != nil {
			return nil, err
		}
		one.Mutants = append(one.Mutants, *res)
		if res.Excluded != "" {
			one.Excluded[res.Excluded]++
		}
		res.print(out)
	}
	one.print(out)
	return one, nil
}

func (res *mutantResult) print(out io.Writer) {
	for _, missed := range res.Missed {
		fmt.Fprintf(out, "MISSED %s: %s %s:%d %s\n", missed, res.Function, res.Path, res.Line, res.Operator)
	}
	for _, missed := range res.Unnamed {
		fmt.Fprintf(out, "unnamed %s: %s %s:%d %s\n", missed, res.Function, res.Path, res.Line, res.Operator)
	}
}

func (one *projectResult) print(out io.Writer) {
	one.finish()
	fmt.Fprintf(out, "%-34s %s", one.Project, one.counts.String())
	for _, why := range slices.Sorted(maps.Keys(one.Excluded)) {
		fmt.Fprintf(out, ", left out: %d %s", one.Excluded[why], why)
	}
	fmt.Fprintln(out)
}

func runMutant(ctx context.Context, r runner, t *tree, dir string, m mutant, sum *counts) (*mutantResult, error) {
	res := &mutantResult{
		Path: m.path, Function: m.name, Line: m.site.line, Operator: m.operator,
		Start: m.start, End: m.end, Text: m.text,
	}
	src := t.blobs[t.ids[m.path]]
	data := m.apply(src)
	name := filepath.Join(dir, filepath.FromSlash(m.path))
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return nil, err
	}
	defer os.WriteFile(name, src, 0o644)
	failed, err := r.test(ctx)
	if errors.Is(err, errBuild) {
		res.Excluded = "does not compile"
		return res, nil
	} else if err != nil {
		return nil, err
	}
	res.Failed = failed
	return res, predict(ctx, r, t, data, res, sum)
}

// predict holds the tests that fail against what impact says of the mutant.
func predict(ctx context.Context, r runner, t *tree, data []byte, res *mutantResult, sum *counts) error {
	bySymbol, byFile, err := t.reach(ctx, res.Path, data)
	if err != nil {
		return err
	}
	sum.Run++
	if len(res.Failed) > 0 {
		sum.Killed++
	}
	tests := r.tests()
	for _, test := range res.Failed {
		sum.Failures++
		file, ok := tests[test]
		inFile, byName := bySymbol.has(file, r.symbol(test))
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
	res.BySymbol, res.ByFile = len(bySymbol.files), len(byFile.files)
	for test, file := range tests {
		if _, byName := bySymbol.has(file, r.symbol(test)); byName {
			res.Tests++
		}
		if byFile.files[file] {
			res.AllTests++
		}
	}
	sum.files = append(sum.files, res.BySymbol*1000/max(res.ByFile, 1))
	if res.AllTests > 0 {
		sum.tests = append(sum.tests, res.Tests*1000/res.AllTests)
	}
	return nil
}

func (c *counts) add(other *counts) {
	c.Run += other.Run
	c.Killed += other.Killed
	c.Failures += other.Failures
	c.Missed += other.Missed
	c.MissedNames += other.MissedNames
	c.files = append(c.files, other.files...)
	c.tests = append(c.tests, other.tests...)
}

func (c *counts) finish() {
	c.Median, c.P90 = quantile(c.files, 50), quantile(c.files, 90)
	c.TestMedian, c.TestP90 = quantile(c.tests, 50), quantile(c.tests, 90)
}

func quantile(list []int, percent int) int {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func (c *counts) String() string {
	return fmt.Sprintf("%d mutants, %d killed, %d failures, %d missed (%d by name); files %d/%d of 1000 (median, p90), tests %d/%d",
		c.Run, c.Killed, c.Failures, c.Missed, c.MissedNames, c.Median, c.P90, c.TestMedian, c.TestP90)
}

func place(ctx context.Context, p project, dir string) (runner, error) {
	if p.language == "go" {
		if err := placeGo(ctx, p, dir); err != nil {
			return nil, err
		}
		r := &goRunner{dir: dir, skip: p.skip}
		return r, r.findTests()
	}
	return nil, fmt.Errorf("no runner for %s", p.language)
}

// folderOf is the folder of a test's name.
func folderOf(test string) string { return test[:strings.LastIndexByte(test, '.')] }
