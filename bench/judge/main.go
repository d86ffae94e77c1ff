//go:build unix

// Command judge measures the judge against `git diff` of the same range: every built-in
// check, the rules and requirements of `custody init`, in turn with git, each time in a
// new process.
//
//	go run ./bench/judge -C /path/to/repository.git -base HEAD~2000 -results bench/results
//
// What is compared is CPU time, with that of the git that reads the blobs; who wrote the
// lines, and what the change reaches, are measured elsewhere and not part of it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/control/checks"
	"custody/internal/git"
)

// A Result is one file in bench/results.
type Result struct {
	Repository string `json:"repository"`
	Base       string `json:"base"`
	Head       string `json:"head"`
	Files      int    `json:"files"`
	Added      int    `json:"added_lines"`
	Checks     int    `json:"checks"` // built-in ones
	Findings   int    `json:"findings"`
	Rounds     int    `json:"rounds"`
	Cores      int    `json:"cores"`
	Load       string `json:"load,omitempty"` // averages over 1, 5 and 15 minutes before the start
	Judge      Sample `json:"judge"`
	Git        Sample `json:"git_diff"`
	// Ratio is that of the medians of CPU time, Least that of the minima.
	Ratio float64 `json:"cpu_ratio"`
	Least float64 `json:"least_cpu_ratio"`
	Wall  float64 `json:"wall_ratio"`
}

// A Sample sums up the rounds of one side, in microseconds.
type Sample struct {
	CPU  int64 `json:"cpu_us"`  // median
	Min  int64 `json:"min_us"`  // of CPU time
	Wall int64 `json:"wall_us"` // median
}

// A round is what one process says of itself.
type round struct {
	Files, Added, Checks, Findings int
	CPU, Wall                      int64 // microseconds
	Base, Head                     string
}

type options struct {
	dir, base, head, out, name, profile string
	only                                string
	rounds                              int
	once, list                          bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "C", ".", "the repository at `DIR`")
	flag.StringVar(&o.base, "base", "HEAD~1000", "from this commit")
	flag.StringVar(&o.head, "head", "HEAD", "to this one")
	flag.IntVar(&o.rounds, "rounds", 7, "this many times each, and once more that does not count")
	flag.StringVar(&o.out, "results", "", "write the result into `DIR`; none: only print")
	flag.StringVar(&o.name, "name", "", "as judge-NAME.json (default: what the repository is called)")
	flag.StringVar(&o.only, "checks", "", "just these built-in checks, by id, separated by commas; none: all")
	flag.BoolVar(&o.once, "once", false, "judge once, print what it took")
	flag.BoolVar(&o.list, "list", false, "with -once: print every finding and outcome instead, to compare")
	flag.StringVar(&o.profile, "cpuprofile", "", "with -once: write a CPU profile into `FILE`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measure
	if o.once {
		run = once
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

// measure runs both sides in turn, so that what disturbs the machine disturbs both.
func measure(ctx context.Context, o options) error {
	if o.rounds < 3 {
		return errors.New("at least 3 rounds")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if o.name == "" {
		base := strings.TrimSuffix(filepath.Base(o.dir), ".git")
		if base == "repo" {
			base = filepath.Base(filepath.Dir(filepath.Clean(o.dir)))
		}
		o.name = base
	}
	r := Result{Repository: o.name, Rounds: o.rounds, Cores: runtime.NumCPU()}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	var ours, theirs, ourWall, theirWall []int64
	for i := range o.rounds + 1 {
		var one round
		out, err := exec.CommandContext(ctx, self, "-once", "-C", o.dir, "-base", o.base, "-head", o.head, "-checks", o.only).Output()
		if err == nil {
			err = json.Unmarshal(out, &one)
		}
		if err != nil {
			return fmt.Errorf("judging: %w", err)
		}
		start := time.Now()
		diff := exec.CommandContext(ctx, "git", "-C", o.dir, "diff", "--no-ext-diff", "--no-textconv", one.Base, one.Head)
		if err := diff.Run(); err != nil {
			return fmt.Errorf("git diff: %w", err)
		}
		r.Base, r.Head, r.Files, r.Added, r.Checks, r.Findings = one.Base, one.Head, one.Files, one.Added, one.Checks, one.Findings
		if i == 0 {
			continue
		}
		ours, ourWall = append(ours, one.CPU), append(ourWall, one.Wall)
		theirs = append(theirs, (diff.ProcessState.UserTime() + diff.ProcessState.SystemTime()).Microseconds())
		theirWall = append(theirWall, time.Since(start).Microseconds())
	}
	r.Judge = Sample{median(ours), slices.Min(ours), median(ourWall)}
	r.Git = Sample{median(theirs), slices.Min(theirs), median(theirWall)}
	r.Ratio, r.Least, r.Wall = ratio(r.Judge.CPU, r.Git.CPU), ratio(r.Judge.Min, r.Git.Min), ratio(r.Judge.Wall, r.Git.Wall)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	fmt.Println(string(text))
	if o.out == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(o.out, "judge-"+o.name+".json"), append(text, '\n'), 0o644)
}

// once judges the range and says what that took, without the reading of the change.
func once(ctx context.Context, o options) error {
	repo, err := git.Open(ctx, o.dir, git.WithEnviron(os.Environ()))
	if err != nil {
		return err
	}
	base, err := repo.Resolve(ctx, o.base)
	if err != nil {
		return err
	}
	head, err := repo.Resolve(ctx, o.head)
	if err != nil {
		return err
	}
	c, err := change.Read(ctx, repo, base, head, change.DefaultLimits())
	if err != nil {
		return err
	}
	repo.Close() // what its git has used so far is not counted
	in, err := input(c, o)
	if err != nil {
		return err
	}
	if o.profile != "" {
		f, err := os.Create(o.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	runtime.GC() // the garbage of reading is not the judge's
	cpu, start := used(), time.Now()
	if repo, err = git.Open(ctx, o.dir, git.WithEnviron(os.Environ())); err != nil {
		return err
	}
	in.Head, in.Base = &tree{repo: repo, id: c.HeadTree}, &tree{repo: repo, id: c.BaseTree}
	answers, err := control.Evaluate(ctx, in)
	if err != nil {
		return err
	}
	control.Controls(in, answers)
	repo.Close() // and waits for its git
	r := round{Files: len(c.Files), Checks: len(in.Config.Rules[len(in.Config.Rules)-1].Checks), Wall: time.Since(start).Microseconds(), CPU: used() - cpu, Base: base.String(), Head: head.String()}
	for _, f := range c.Files {
		r.Added += f.Added
	}
	for _, a := range answers {
		if o.list {
			fmt.Println(a.ID, a.Outcome)
			for _, reason := range a.Reasons {
				fmt.Printf("  %s %s: %s\n", reason.Code, reason.Path, reason.Detail)
			}
			for _, f := range a.Found {
				fmt.Printf("  %s %s %s:%d-%d %s\n", f.Check, f.Level, f.Place.Path, f.Place.StartLine, f.Place.EndLine, f.Message)
			}
		}
		r.Findings += len(a.Found)
	}
	if o.list {
		return nil
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// input is the policy that `custody init` writes and a rule that asks for every check.
func input(c *change.Change, o options) (control.Input, error) {
	in := control.Input{Change: c, Stage: change.AtMerge, Day: "2026-11-23"}
	ids := checks.IDs()
	if o.only != "" {
		ids = strings.Split(o.only, ",")
	}
	text := string(config.Starter(config.DefaultRequirements))
	policy, err := config.ParsePolicy(config.FileName, []byte(text))
	if err != nil {
		return in, err
	}
	policy.Rules = slices.DeleteFunc(policy.Rules, func(r config.Rule) bool { return r.Kind == config.KindChecks })
	all := config.Rule{ID: "every-check", Kind: config.KindChecks, At: []change.Stage{change.AtMerge}}
	for _, id := range ids {
		all.Checks = append(all.Checks, config.BuiltIn(id))
	}
	policy.Rules = append(policy.Rules, all)
	in.Config = config.Layer(nil, policy)
	requirements, err := control.ParseRequirements(config.DefaultRequirements, config.StarterRequirements("x", config.StarterLanguages()))
	in.Requirements = []*control.Requirements{requirements}
	return in, err
}

// used is the CPU time of this process and of those that it has waited for.
func used() int64 {
	total := int64(0)
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			panic(err) // only a wrong argument fails
		}
		total += u.Utime.Nano() + u.Stime.Nano()
	}
	return total / 1000
}

// tree is a commit's tree as control wants it, listed once.
type tree struct {
	repo   *git.Repository
	id     git.OID
	listed []control.TreeFile
}

// Files implements control.Head.
func (t *tree) Files(ctx context.Context) ([]control.TreeFile, error) {
	if t.listed != nil {
		return t.listed, nil
	}
	err := git.Walk(ctx, t.repo, t.id, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		t.listed = append(t.listed, control.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	return slices.Clip(t.listed), err
}

// Blob implements control.Head.
func (t *tree) Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error) {
	return t.repo.Blob(ctx, id, limit)
}

// Blobs implements control.Head.
func (t *tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, t.repo, ids, limit, fn)
}

func median(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func ratio(a, b int64) float64 { return math.Round(100*float64(a)/float64(max(b, 1))) / 100 }
