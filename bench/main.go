//go:build unix

// Command bench measures custody as a whole process against git doing the least that
// the same answer needs, on the same repository, in the same minutes. What it reports
// are ratios: they outlive the machine that they were measured on.
//
// It gates nothing. Run it by hand on a large public repository and commit the result
// with the commit that produced it.
package main

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
)

func main() {
	if len(os.Args) > 3 && os.Args[1] == "-timed" {
		os.Exit(runTimed(os.Args[2], os.Args[3:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	adopt()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	custody string // path of the binary under test
	repo    string
	head    string
	files   int // least number of files that the measured change has
	rounds  int // of what takes milliseconds; a tenth of it, at least three, of the rest
	out     string
	name    string
	only    string // name of one comparison; nothing is written then, unless a name is given
	ranges  int    // of history to audit, instead of the comparisons
	floor   string // file to judge the ranges by
	pushes  bool   // measure the hook, instead of the comparisons
	sizes   []int  // of pushes, in files that they add
	made    bool   // measure made trees of several sizes, instead of the comparisons
	trees   []int  // their sizes, in files
	large   bool   // measure the pack of one large change, instead of the comparisons
	base    string // of a real one; empty: it is made
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o := options{sizes: pushSizes, trees: syntheticSizes}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.custody, "custody", "bin/custody", "measure the program at `FILE`")
	flags.StringVar(&o.repo, "C", ".", "on the repository at `DIR`")
	flags.StringVar(&o.head, "head", "HEAD", "at this commit")
	flags.IntVar(&o.files, "files", 10, "with a change of at least this many files")
	flags.IntVar(&o.rounds, "rounds", 41, "this many times, where one takes milliseconds")
	flags.StringVar(&o.out, "out", "bench/results", "write the result into `DIR`")
	flags.StringVar(&o.name, "name", "", "as NAME.json (default: what the repository is called)")
	flags.StringVar(&o.only, "only", "", "just the comparison called `NAME`; writes nothing without -name")
	flags.IntVar(&o.ranges, "ranges", 0, "audit `N` real changes instead, from one commit to a release")
	flags.StringVar(&o.floor, "floor", "", "judge them by the policy in `FILE`, too")
	flags.BoolVar(&o.pushes, "pushes", false, "measure pushes at the hook instead, against git receive-pack")
	flags.BoolVar(&o.made, "sizes", false, "measure trees of several sizes instead, made for it")
	flags.BoolVar(&o.large, "large", false, "measure the pack of a change of 5,000 files instead, made for it or from -base")
	flags.StringVar(&o.base, "base", "", "with -large: the change from this commit to -head")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || o.rounds < 3 || o.files < 1 || o.ranges < 0 {
		return errors.New("see -h: no arguments, at least 3 rounds, at least 1 file")
	}
	var err error
	if o.custody, err = filepath.Abs(o.custody); err != nil {
		return err
	}
	if o.repo, err = filepath.Abs(o.repo); err != nil {
		return err
	}
	named := o.name != ""
	if !named {
		o.name = repositoryName(o.repo)
	}
	if o.floor != "" {
		if o.floor, err = filepath.Abs(o.floor); err != nil {
			return err
		}
	}
	if o.large {
		return runLarge(ctx, o, stdout)
	}
	if o.made {
		return runSizes(ctx, o, stdout)
	}
	if o.pushes {
		return runPushes(ctx, o, stdout)
	}
	if o.ranges > 0 {
		return runRanges(ctx, o, stdout)
	}

	result, err := measure(ctx, o)
	if err != nil {
		return err
	}
	if err := show(stdout, result); err != nil {
		return err
	}
	if o.only != "" && !named {
		return nil
	}
	return writeResult(stdout, filepath.Join(o.out, o.name+".json"), result)
}

func writeResult(stdout io.Writer, file string, result any) error {
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, "\nwritten to", file)
	return err
}

// repositoryName is the last part of the path that says something.
func repositoryName(dir string) string {
	base := strings.TrimSuffix(filepath.Base(dir), ".git")
	if base == "" || base == "repo" {
		base = filepath.Base(filepath.Dir(dir))
	}
	return base
}

// A Result is one file in bench/results.
type Result struct {
	Repository  string       `json:"repository"`
	Head        string       `json:"head"`
	Base        string       `json:"base"`  // of the measured change
	Files       int          `json:"files"` // that it changes
	Blobs       int          `json:"blobs"` // that the graph is made from
	Custody     Build        `json:"custody"`
	Git         string       `json:"git"`
	Machine     Machine      `json:"machine"`
	Comparisons []Comparison `json:"comparisons"`
}

// A Build is the program under test.
type Build struct {
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // built from a work tree with changes
	Go       string `json:"go"`
}

// A Machine is where it was measured.
type Machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Load  string `json:"load,omitempty"` // averages over 1, 5 and 15 minutes before the start
}

// A Comparison is one thing that custody does, and what git takes for the least of it.
type Comparison struct {
	Name    string  `json:"name"`
	What    string  `json:"what"`
	Change  *Change `json:"change,omitempty"` // where it is not that of the result
	Rounds  int     `json:"rounds"`
	Custody Sample  `json:"custody"`
	Git     Sample  `json:"git"`
	Ratio   float64 `json:"ratio"`     // of the medians of wall time
	Best    float64 `json:"best"`      // of the minima of wall time
	CPU     float64 `json:"cpu_ratio"` // of the medians of user and system time
}

// A Change is one of those that the warm impact is measured with.
type Change struct {
	Base    string    `json:"base"`
	Head    string    `json:"head"`
	Files   int       `json:"files"`
	Reached int       `json:"reached"`          // nodes
	Ratios  []float64 `json:"ratios,omitempty"` // of it and the others
}

// A Sample sums up the rounds of one side.
type Sample struct {
	Commands []string `json:"commands"`
	Median   int64    `json:"median_us"`
	Min      int64    `json:"min_us"`
	CPU      int64    `json:"cpu_us"`            // median
	Peak     int64    `json:"peak_kib"`          // largest resident set of one process, of all rounds
	Own      int64    `json:"own_kib,omitempty"` // the same without the process's children, where it was watched
}

func machine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	return m
}

func build(file string) (Build, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return Build{}, fmt.Errorf("%w: 'make build' makes it", err)
	}
	b := Build{Go: info.GoVersion}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if b.Commit == "" {
		b.Commit, b.Modified = here()
	}
	return b, nil
}

// here is the commit of the folder that this runs in. In a linked work tree go build puts
// none into the program.
func here() (commit string, modified bool) {
	head, err := exec.Command("git", "rev-parse", "--verify", "HEAD").Output()
	if err != nil {
		return "unknown", false
	}
	status, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output()
	return strings.TrimSpace(string(head)), err != nil || len(status) > 0
}

func show(w io.Writer, r Result) error {
	fmt.Fprintf(w, "%s %.12s, %d files changed, %d blobs in the graph; %d cores\n\n", r.Repository, r.Head, r.Files, r.Blobs, r.Machine.Cores)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcustody\tgit\tratio\tbest\tCPU\tpeak MiB\t")
	for _, c := range r.Comparisons {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t%d\t\n", c.Name,
			milliseconds(c.Custody.Median), milliseconds(c.Git.Median), c.Ratio, c.Best, c.CPU, cmp.Or(c.Custody.Own/1024, c.Custody.Peak/1024, 1))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Comparisons {
		if c.Change != nil {
			fmt.Fprintf(w, "\n%s: %.12s..%.12s, %s reach %d nodes", c.Name, c.Change.Base, c.Change.Head, plural(c.Change.Files, "file"), c.Change.Reached)
			if len(c.Change.Ratios) > 1 {
				fmt.Fprintf(w, "; ratios of all changes: %.2f", c.Change.Ratios)
			}
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func milliseconds(us int64) string { return fmt.Sprintf("%.1f ms", float64(us)/1000) }
