//go:build unix

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// Pushes is a result about the hook: bench/results/pushes-<name>.json. Each push is made
// twice: with the hook, whose own time is taken, and without any, where git receive-pack
// is timed, which takes the objects in and moves the ref.
type Pushes struct {
	Repository string  `json:"repository"`
	Base       string  `json:"base"`
	TreeFiles  int     `json:"tree_files"` // at base
	Custody    Build   `json:"custody"`
	Git        string  `json:"git"`
	Machine    Machine `json:"machine"`
	How        string  `json:"how"`
	Pushes     []Push  `json:"pushes"`
}

// A Push is one kind of push.
type Push struct {
	Name        string  `json:"name"`
	UnpackLimit int     `json:"unpack_limit"` // receive.unpackLimit: from so many objects on the pack is kept
	Cache       string  `json:"cache"`        // "warm" or "cold"
	Rounds      int     `json:"rounds"`
	Hook        Timing  `json:"hook"`         // custody hook pre-receive
	Whole       Timing  `json:"whole"`        // git receive-pack with it
	ReceivePack Timing  `json:"receive_pack"` // git receive-pack without
	Ratio       float64 `json:"ratio"`        // hook to receive-pack, of the medians of wall time
	Best        float64 `json:"best"`         // the same of the minima
	CPU         float64 `json:"cpu_ratio"`
	Answer      string  `json:"answer"` // how the hook's last answer begins
}

// A Timing sums up the rounds of one process and its children.
type Timing struct {
	Median int64 `json:"median_us"`
	Min    int64 `json:"min_us"`
	CPU    int64 `json:"cpu_us"` // median
}

const howPushed = "into a bare clone whose default branch is protected: 'ten files' adds a line to ten code files, 'N files' adds N files of a line each; " +
	"the hook in mode report with a floor that asks for authorship and impact, the ref put back after each push; with and without the hook in turn"

// pushFloor judges the pushes. What it decides is of no matter here, only what it asks.
const pushFloor = `version: 1
authorship: {unknown: human}
rules:
  - {id: agents, kind: authorship-limit, classes: [ai-verified, ai-declared], max_permille: 500}
  - {id: reach, kind: impact, level: warning}
`

// pushSizes are the numbers of files that pushes add.
var pushSizes = []int{1, 100, 3000, 30_000}

// A pushBench is a server, a client and the file in which the processes between them
// write what they took.
type pushBench struct {
	*workplace
	server, client, times string
	branch                string // full name of the default branch
}

func runPushes(ctx context.Context, o options, stdout io.Writer) error {
	temp, err := os.MkdirTemp("", "custody-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	b := &pushBench{workplace: &workplace{options: o, temp: temp}, server: filepath.Join(temp, "server.git"), client: filepath.Join(temp, "client.git"), times: filepath.Join(temp, "times")}
	r := Pushes{Repository: o.name, Machine: machine(), How: howPushed}
	if r.Custody, err = build(o.custody); err != nil {
		return err
	}
	if r.Git, err = b.git(ctx, nil, "version"); err != nil {
		return err
	}
	r.Git = strings.TrimSpace(r.Git)
	if err := b.setUp(ctx); err != nil {
		return err
	}
	r.Base = b.base
	files, err := b.at(ctx, b.server, nil, "ls-tree", "-r", "-z", "--name-only", b.base)
	if err != nil {
		return err
	}
	names := strings.Split(strings.TrimSuffix(files, "\x00"), "\x00")
	r.TreeFiles = len(names)
	ten, err := b.editTen(ctx, names)
	if err != nil {
		return err
	}
	for _, limit := range []int{100, 1} {
		p, err := b.measure(ctx, "ten files", ten, limit, "warm", o.rounds)
		if err != nil {
			return err
		}
		r.Pushes = append(r.Pushes, p)
	}
	p, err := b.measure(ctx, "ten files", ten, 100, "cold", b.few())
	if err != nil {
		return err
	}
	r.Pushes = append(r.Pushes, p)
	for _, n := range o.sizes {
		head, err := b.addFiles(ctx, n)
		if err != nil {
			return err
		}
		for _, limit := range []int{100, 1} {
			p, err := b.measure(ctx, fmt.Sprintf("%d files", n), head, limit, "warm", b.few())
			if err != nil {
				return err
			}
			r.Pushes = append(r.Pushes, p)
		}
	}
	showPushes(stdout, r)
	return writeResult(stdout, filepath.Join(o.out, "pushes-"+o.name+".json"), r)
}

func showPushes(w io.Writer, r Pushes) {
	fmt.Fprintf(w, "%s %.12s, %d files; load %s\n\n", r.Repository, r.Base, r.TreeFiles, r.Machine.Load)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "push\tlimit\tcache\thook\tbest\twhole\treceive-pack\tbest\tratio\tbest\tCPU\t")
	for _, p := range r.Pushes {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t\n", p.Name, p.UnpackLimit, p.Cache, milliseconds(p.Hook.Median), milliseconds(p.Hook.Min),
			milliseconds(p.Whole.Median), milliseconds(p.ReceivePack.Median), milliseconds(p.ReceivePack.Min), p.Ratio, p.Best, p.CPU)
	}
	t.Flush()
}

// at runs git in one of the repositories.
func (b *pushBench) at(ctx context.Context, dir string, stdin []byte, args ...string) (string, error) {
	p := b.gitCommand(stdin, args...)
	p.dir, p.args = dir, append([]string{"git", "-C", dir}, args...)
	p.env = append(p.env, "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		"GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000", "GIT_INDEX_FILE="+filepath.Join(b.temp, "index"))
	var out strings.Builder
	_, err := p.run(ctx, &out)
	return out.String(), err
}

func (b *pushBench) setUp(ctx context.Context) error {
	if _, err := b.at(ctx, b.temp, nil, "clone", "--quiet", "--bare", "--local", "--template=", b.repo, b.server); err != nil {
		return err
	}
	head, err := b.at(ctx, b.server, nil, "symbolic-ref", "HEAD")
	if err != nil {
		return err
	}
	b.branch = strings.TrimSpace(head)
	base, err := b.at(ctx, b.server, nil, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	b.base = strings.TrimSpace(base)
	for _, config := range [][]string{{"receive.autogc", "false"}, {"gc.auto", "0"}} {
		if _, err := b.at(ctx, b.server, nil, "config", config[0], config[1]); err != nil {
			return err
		}
	}
	if _, err := b.at(ctx, b.temp, nil, "clone", "--quiet", "--bare", "--shared", "--template=", b.server, b.client); err != nil {
		return err
	}
	folder := filepath.Join(b.server, "custody")
	key := process{args: []string{"openssl", "genpkey", "-algorithm", "ed25519", "-out", filepath.Join(folder, "signing.pem")}, env: os.Environ()}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if _, err := key.run(ctx, nil); err != nil {
		return err
	}
	return errors.Join(
		os.Chmod(filepath.Join(folder, "signing.pem"), 0o600),
		os.Mkdir(filepath.Join(b.server, "hooks"), 0o755),
		os.WriteFile(filepath.Join(folder, "floor.yaml"), []byte(pushFloor), 0o600))
}

// warmUp fills or removes what the hook remembers.
func (b *pushBench) warmUp(ctx context.Context, cache string) error {
	err := os.RemoveAll(filepath.Join(b.server, "custody", "cache"))
	if err != nil || cache == "cold" {
		return err
	}
	p := process{dir: b.server, env: b.gitCommand(nil).env, args: []string{b.custody, "hook", "post-receive"}, stdin: []byte{}}
	_, err = p.run(ctx, nil)
	return err
}

// editTen makes a commit that adds a line to ten code files from all over the tree.
func (b *pushBench) editTen(ctx context.Context, names []string) (string, error) {
	var code []string
	for _, n := range names {
		if slices.Contains([]string{".go", ".py", ".ts", ".js", ".java"}, filepath.Ext(n)) {
			code = append(code, n)
		}
	}
	if len(code) < 10 {
		return "", errors.New("this repository has fewer than ten code files")
	}
	var index strings.Builder
	for i := range 10 {
		name := code[i*len(code)/10]
		text, err := b.at(ctx, b.client, nil, "cat-file", "blob", b.base+":"+name)
		if err != nil {
			return "", err
		}
		if strings.HasSuffix(name, ".py") {
			text += "\n# one more line\n"
		} else {
			text += "\n// one more line\n"
		}
		id, err := b.at(ctx, b.client, []byte(text), "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&index, "100644 %s\t%s\x00", strings.TrimSpace(id), name)
	}
	return b.commit(ctx, index.String())
}

// addFiles makes a commit of n new files, each with a blob of its own.
func (b *pushBench) addFiles(ctx context.Context, n int) (string, error) {
	var stream, index strings.Builder
	for i := range n {
		text := fmt.Sprintf("x = %d # of %d\n", i, n)
		fmt.Fprintf(&stream, "blob\nmark :%d\ndata %d\n%s\n", i+1, len(text), text)
	}
	for i := range n {
		fmt.Fprintf(&stream, "get-mark :%d\n", i+1)
	}
	out, err := b.at(ctx, b.client, []byte(stream.String()), "fast-import", "--quiet")
	if err != nil {
		return "", err
	}
	for i, id := range strings.Fields(out) {
		fmt.Fprintf(&index, "100644 %s\tbench-%d/d%d/m%d.py\x00", id, n, i%200, i)
	}
	return b.commit(ctx, index.String())
}

func (b *pushBench) commit(ctx context.Context, index string) (string, error) {
	if _, err := b.at(ctx, b.client, nil, "read-tree", b.base); err != nil {
		return "", err
	}
	if _, err := b.at(ctx, b.client, []byte(index), "update-index", "-z", "--add", "--index-info"); err != nil {
		return "", err
	}
	tree, err := b.at(ctx, b.client, nil, "write-tree")
	if err != nil {
		return "", err
	}
	head, err := b.at(ctx, b.client, nil, "commit-tree", "-p", b.base, "-m", "A push", strings.TrimSpace(tree))
	return strings.TrimSpace(head), err
}

func (b *pushBench) measure(ctx context.Context, name, head string, limit int, cache string, rounds int) (Push, error) {
	p := Push{Name: name, UnpackLimit: limit, Cache: cache, Rounds: rounds}
	if _, err := b.at(ctx, b.server, nil, "config", "receive.unpackLimit", fmt.Sprint(limit)); err != nil {
		return p, err
	}
	if err := b.warmUp(ctx, cache); err != nil {
		return p, err
	}
	var hook, whole, alone []cost
	for i := range rounds + 1 {
		h, w, said, err := b.push(ctx, head, true)
		if err != nil {
			return p, fmt.Errorf("%s: %w", name, err)
		}
		_, a, _, err := b.push(ctx, head, false)
		if err != nil {
			return p, fmt.Errorf("%s, without the hook: %w", name, err)
		}
		if i > 0 {
			hook, whole, alone = append(hook, h), append(whole, w), append(alone, a)
		}
		p.Answer = said
	}
	p.Hook, p.Whole, p.ReceivePack = timing(hook), timing(whole), timing(alone)
	p.Ratio = ratio(p.Hook.Median, p.ReceivePack.Median)
	p.Best = ratio(p.Hook.Min, p.ReceivePack.Min)
	p.CPU = ratio(p.Hook.CPU, p.ReceivePack.CPU)
	return p, nil
}

func timing(costs []cost) Timing {
	s := sum(side{}, costs)
	return Timing{s.Median, s.Min, s.CPU}
}

// push pushes once, and puts the ref back. It fails when the hook said nothing, or the ref
// did not move.
func (b *pushBench) push(ctx context.Context, head string, hooked bool) (hook, receive cost, said string, err error) {
	self, err := os.Executable()
	if err != nil {
		return hook, receive, "", err
	}
	script := filepath.Join(b.server, "hooks", "pre-receive")
	os.Remove(script)
	if hooked {
		text := fmt.Sprintf("#!/bin/sh\nexec '%s' -timed '%s.hook' '%s' hook pre-receive --mode report\n", self, b.times, b.custody)
		if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
			return hook, receive, "", err
		}
	}
	os.Remove(b.times + ".hook")
	os.Remove(b.times + ".receive")
	p := b.gitCommand(nil)
	var said2 bytes.Buffer
	p.dir, p.stderr = b.client, &said2
	p.args = []string{"git", "-C", b.client, "push", "--receive-pack", fmt.Sprintf("'%s' -timed '%s.receive' git receive-pack", self, b.times), b.server, head + ":" + b.branch}
	if _, err := p.run(ctx, nil); err != nil {
		return hook, receive, "", err
	}
	if moved, err := b.at(ctx, b.server, nil, "rev-parse", b.branch); err != nil || strings.TrimSpace(moved) != head {
		return hook, receive, "", errors.Join(errors.New("the push moved nothing"), err)
	}
	if _, err := b.at(ctx, b.server, nil, "update-ref", b.branch, b.base); err != nil {
		return hook, receive, "", err
	}
	for line := range strings.Lines(said2.String()) {
		if _, text, ok := strings.Cut(line, "custody: "); ok {
			said = strings.TrimSpace(text)
			said, _, _ = strings.Cut(said, "; pack")
			break
		}
	}
	if hooked {
		if hook, err = readTime(b.times + ".hook"); err == nil && said == "" {
			err = errors.New("the hook said nothing")
		}
	}
	if err == nil {
		receive, err = readTime(b.times + ".receive")
	}
	return hook, receive, said, err
}

// A took is what a timed process writes.
type took struct {
	Wall, CPU time.Duration
	Exit      int
}

func readTime(file string) (cost, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return cost{}, err
	}
	var t took
	if err := json.Unmarshal(text, &t); err != nil {
		return cost{}, err
	}
	if t.Exit != 0 {
		return cost{}, fmt.Errorf("it ended with %d", t.Exit)
	}
	return cost{wall: t.Wall, cpu: t.CPU}, nil
}

// runTimed stands between git and a process: it runs it with everything that it was
// given, and writes what that took.
func runTimed(file string, args []string) int {
	signal.Ignore(syscall.SIGPIPE)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := cmd.Run()
	t := took{Wall: time.Since(start), Exit: cmp.Or(cmd.ProcessState.ExitCode(), 0)}
	if err == nil || cmd.ProcessState != nil {
		t.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	text, _ := json.Marshal(t)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return t.Exit
}
