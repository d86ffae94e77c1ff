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
	"io"
	"maps"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
)

func main() {
	var o options
	flag.StringVar(&o.only, "only", "", "the one project of the plan to run")
	flag.IntVar(&o.mutants, "n", 0, "mutants of each project instead of the plan's number")
	flag.StringVar(&o.again, "again", "", "a result whose mutants and failing tests are held against what is predicted now; no test is run")
	flag.StringVar(&o.language, "language", "go", "the projects of which language: go, python, script")
	flag.StringVar(&o.from, "from", "", "with -only: a clone of a project that no registry delivers")
	flag.StringVar(&o.locks, "locks", "bench/mutation/npm", "the folder that locks what npm delivers")
	flag.StringVar(&o.out, "o", "bench/results/mutation.json", "where the result goes; empty: nowhere")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, thePlan, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

type options struct {
	only, language     string
	from, locks, again string
	mutants            int
	out                string
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
	Excluded  map[string]int `json:"excluded"`          // mutants drawn and left out, by reason
	Stopped   bool           `json:"stopped,omitempty"` // before the plan's number was run
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
	// Elsewhere than in Go: files of tests that run the function, and those of them that are
	// not predicted, whether or not this mutant makes them fail.
	Entered       int `json:"entered,omitempty"`
	EnteredMissed int `json:"entered_missed"`
	// Failures that are not predicted and do not count: there without the mutant as well, or
	// only where other files of tests run in the same process.
	Unsteady int `json:"unsteady"`
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
	Unsteady []string `json:"unsteady,omitempty"`
	Entered  []string `json:"entered,omitempty"`
	Unseen   []string `json:"entered_missed,omitempty"`
	Ran      int      `json:"ran,omitempty"` // files of tests; 0: all
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
		if project.language != o.language || o.only != "" && project.name != o.only || project.byHand && o.from == "" {
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
	if len(r.Projects) == 0 {
		return fmt.Errorf("the plan has no such project of %s", o.language)
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

var (
	errBuild   = errors.New("it does not compile")
	errEndless = errors.New("its tests do not come to an end")
)

// A runner runs the tests of one project.
type runner interface {
	// functions lists what can be mutated, not tests, and how many files it can not read.
	functions(ctx context.Context, paths []string) (all []function, unread int, err error)
	// prepare finds what tests run, and which of them fail without a mutant: those do not
	// count later. Each function has a number.
	prepare(ctx context.Context, all []function) (*coverage, error)
	// test runs the tests in these files, all where none is named, and lists those that fail.
	test(ctx context.Context, files []string) (failed []string, err error)
	// tests are all tests, each with its file.
	tests() map[string]string
	// symbol is what impact calls a test; empty where tests have no names in the language.
	symbol(test string) string
}

// coverage is what tests run when nothing is mutated.
type coverage struct {
	site func(f *function, s site) bool
	// files are those of the tests that enter a function; nil where that is not known: it
	// runs while files are loaded, or the language is Go.
	files func(f *function) map[string]bool
	all   bool // all tests are run for each mutant
}

func (o options) project(ctx context.Context, seed uint64, p project, out io.Writer) (*projectResult, error) {
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	r, err := o.place(ctx, p, dir)
	if err != nil {
		return nil, err
	}
	c, err := keep(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer c.close()
	t := &trial{runner: r, commits: c, seed: seed, out: out}
	if o.again != "" {
		return t.predictAgain(ctx, o.again, p)
	}
	return t.project(ctx, p)
}

func (res *mutantResult) print(out io.Writer) {
	for _, kind := range []struct {
		word string
		list []string
	}{{"MISSED", res.Missed}, {"runs it, not predicted:", res.Unseen}, {"unnamed", res.Unnamed}, {"does not count:", res.Unsteady}} {
		for _, what := range kind.list {
			fmt.Fprintf(out, "%s %s: %s %s:%d %s\n", kind.word, what, res.Function, res.Path, res.Line, res.Operator)
		}
	}
}

func (one *projectResult) print(out io.Writer) {
	one.finish()
	if one.Stopped {
		fmt.Fprintf(out, "stopped: ")
	}
	fmt.Fprintf(out, "%-34s %s", one.Project, one.counts.String())
	for _, why := range slices.Sorted(maps.Keys(one.Excluded)) {
		fmt.Fprintf(out, ", left out: %d %s", one.Excluded[why], why)
	}
	fmt.Fprintln(out)
}

func (c *counts) add(other *counts) {
	c.Run += other.Run
	c.Killed += other.Killed
	c.Failures += other.Failures
	c.Missed += other.Missed
	c.MissedNames += other.MissedNames
	c.Entered += other.Entered
	c.EnteredMissed += other.EnteredMissed
	c.Unsteady += other.Unsteady
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
	text := fmt.Sprintf("%d mutants, %d killed, %d failures, %d missed (%d by name); files %d/%d of 1000 (median, p90), tests %d/%d",
		c.Run, c.Killed, c.Failures, c.Missed, c.MissedNames, c.Median, c.P90, c.TestMedian, c.TestP90)
	if c.Entered > 0 {
		text += fmt.Sprintf("; %d files of tests run a mutated function, %d of them not predicted", c.Entered, c.EnteredMissed)
	}
	if c.Unsteady > 0 {
		text += fmt.Sprintf("; %d failures do not count", c.Unsteady)
	}
	return text
}

// place puts the project into an empty folder.
func (o options) place(ctx context.Context, p project, dir string) (runner, error) {
	switch p.language {
	case "go":
		if err := placeGo(ctx, p, dir); err != nil {
			return nil, err
		}
		r := &goRunner{dir: dir, skip: p.skip}
		return r, r.findTests()
	case "python":
		return placePython(ctx, p, dir)
	case "script":
		return placeScript(ctx, p, o, dir)
	}
	return nil, fmt.Errorf("no runner for %s", p.language)
}
