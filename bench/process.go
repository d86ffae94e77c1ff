//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is one command to run: where, with what on standard input, and how it may
// end.
type process struct {
	dir    string
	env    []string // all of it
	args   []string
	stdin  []byte
	file   *os.File  // standard input, without stdin
	exits  []int     // accepted besides 0
	stderr io.Writer // gets a copy of standard error; nil: nobody does
	watch  bool      // also measure the memory of this process alone, without its children
	adopts bool      // what it leaves behind counts, too
}

// cost is what one run took. The Go runtime starts children without copying its own
// address space, so the start of the process is measured and the size of this one is
// not.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // KiB, of the largest of the process and its children
	own       int64 // KiB, of the process alone, a few milliseconds before its end; 0: not known
	exit      int
}

func (c cost) plus(d cost) cost {
	return cost{wall: c.wall + d.wall, cpu: c.cpu + d.cpu, peak: max(c.peak, d.peak), own: max(c.own, d.own)}
}

// run runs it once, its output into w. One that ends otherwise than it may is an
// error: the time of a failure is the time of nothing.
func (p process) run(ctx context.Context, w io.Writer) (cost, error) {
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Env = p.dir, p.env
	if p.stdin != nil {
		cmd.Stdin = bytes.NewReader(p.stdin)
	} else if p.file != nil {
		cmd.Stdin = p.file
	}
	cmd.Stdout = w // nil is the null device
	var stderr bytes.Buffer
	if cmd.Stderr = &stderr; p.stderr != nil {
		cmd.Stderr = io.MultiWriter(&stderr, p.stderr)
	}
	start := time.Now()
	err := cmd.Start()
	var own func() int64
	if err == nil {
		if p.watch {
			own = watch(cmd.Process.Pid)
		}
		err = cmd.Wait()
	}
	wall := time.Since(start)
	var exit *exec.ExitError
	if errors.As(err, &exit) && slices.Contains(p.exits, exit.ExitCode()) {
		err = nil
	}
	if err != nil {
		return cost{exit: cmd.ProcessState.ExitCode()}, fmt.Errorf("%s: %w\n%s", strings.Join(p.args, " "), err, stderr.Bytes())
	}
	c := cost{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), exit: cmd.ProcessState.ExitCode()}
	if own != nil {
		c.own = own()
	}
	if p.adopts {
		c.cpu += orphans()
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = int64(usage.Maxrss)
		if runtime.GOOS == "darwin" {
			c.peak /= 1024 // bytes there
		}
	}
	return c, nil
}

// watch follows the largest resident set of a running process. What the system reports
// when it ends covers its children, too, and a git that maps a large pack would hide it.
// The answer is 0 where there is no /proc.
func watch(pid int) func() int64 {
	file := fmt.Sprintf("/proc/%d/status", pid)
	stop, peak := make(chan struct{}), make(chan int64)
	go func() {
		every := time.NewTicker(5 * time.Millisecond)
		defer every.Stop()
		last := int64(0)
		for {
			select {
			case <-stop:
				peak <- last
				return
			case <-every.C:
				text, _ := os.ReadFile(file) // fails in the last moment
				for line := range strings.Lines(string(text)) {
					if f := strings.Fields(line); len(f) > 1 && f[0] == "VmHWM:" {
						n, _ := strconv.ParseInt(f[1], 10, 64)
						last = max(last, n)
					}
				}
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-peak
	}
}

// A side is what one of the two does in a round: commands one after the other.
// prepare, which may be nil, is not measured.
type side struct {
	prepare  func() error
	commands []process
}

func (s side) round(ctx context.Context) (cost, error) {
	var total cost
	if s.prepare != nil {
		if err := s.prepare(); err != nil {
			return total, err
		}
	}
	for _, p := range s.commands {
		c, err := p.run(ctx, nil)
		if err != nil {
			return total, err
		}
		total = total.plus(c)
	}
	return total, nil
}

// compare runs both sides in turn, so that what disturbs the machine disturbs both,
// after one round each that is not counted.
func compare(ctx context.Context, name, what string, rounds int, custody, git side) (Comparison, error) {
	var ours, theirs []cost
	for i := range rounds + 1 {
		a, err := custody.round(ctx)
		if err != nil {
			return Comparison{}, fmt.Errorf("%s: %w", name, err)
		}
		b, err := git.round(ctx)
		if err != nil {
			return Comparison{}, fmt.Errorf("%s: %w", name, err)
		}
		if i > 0 {
			ours, theirs = append(ours, a), append(theirs, b)
		}
	}
	return comparison(name, what, rounds, custody, git, ours, theirs), nil
}

// comparison sums up what both sides cost.
func comparison(name, what string, rounds int, custody, git side, ours, theirs []cost) Comparison {
	c := Comparison{Name: name, What: what, Rounds: rounds, Custody: sum(custody, ours), Git: sum(git, theirs)}
	c.Ratio = ratio(c.Custody.Median, c.Git.Median)
	c.Best = ratio(c.Custody.Min, c.Git.Min)
	c.CPU = ratio(c.Custody.CPU, c.Git.CPU)
	return c
}

func sum(s side, costs []cost) Sample {
	var walls, cpus []int64
	var sample Sample
	for _, c := range costs {
		walls, cpus = append(walls, c.wall.Microseconds()), append(cpus, c.cpu.Microseconds())
		sample.Peak, sample.Own = max(sample.Peak, c.peak), max(sample.Own, c.own)
	}
	sample.Median, sample.Min, sample.CPU = median(walls), slices.Min(walls), median(cpus)
	for _, p := range s.commands {
		// Without folders of this machine: results are published.
		var words []string
		for _, a := range p.args {
			words = append(words, a[strings.LastIndexByte(a, '/')+1:])
		}
		sample.Commands = append(sample.Commands, strings.Join(words, " "))
	}
	return sample
}

func median(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// ratio to two decimals; what takes no measurable time counts as a microsecond.
func ratio(a, b int64) float64 {
	return math.Round(100*float64(a)/float64(max(b, 1))) / 100
}
