//go:build unix

package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// What a change of 5,000 files and 200,000 added lines may cost.
const (
	largeRatio = 3.0       // times git diff of the same range
	largePeak  = 300 << 10 // KiB, without git
	largePack  = 5_000_000 // bytes
)

// A LargeResult is a file of bench/results about one large change.
type LargeResult struct {
	Repository string     `json:"repository"` // "made", or a real one
	How        string     `json:"how,omitempty"`
	Base       string     `json:"base"`
	Head       string     `json:"head"`
	Files      int        `json:"files"`
	Added      int        `json:"added_lines"`
	Custody    Build      `json:"custody"`
	Floor      bool       `json:"floor"` // judged by one, or by the repository's own policy alone
	Git        string     `json:"git"`
	Machine    Machine    `json:"machine"`
	Cold       Comparison `json:"cold"`
	Warm       Comparison `json:"warm"` // with what another audit of it left in the cache
	Pack       int64      `json:"pack_bytes"`
	Members    []Member   `json:"members"`
	Missed     []string   `json:"missed"` // goals
}

// A Member is a file of the pack.
type Member struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

const howLarge = "a tree of 10,000 files as in sizes; the change modifies 4,000 of them, adds 900, deletes 50 and renames 50"

// runLarge measures the pack of a large change, one that it makes or a real one.
func runLarge(ctx context.Context, o options, stdout io.Writer) error {
	r := LargeResult{Repository: o.name, Floor: o.floor != "", Machine: machine(), Missed: []string{}}
	var err error
	if r.Custody, err = build(o.custody); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "custody-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	w := &workplace{options: o, temp: temp}
	file := "large-" + o.name + ".json"
	if w.base = o.base; w.base == "" {
		r.Repository, r.How, file = "made", howLarge, "large.json"
		w.repo, w.options.head, w.base = filepath.Join(temp, "repo.git"), "refs/heads/head", "refs/heads/head~1"
		if err := w.importMade(ctx, large); err != nil {
			return fmt.Errorf("making a large change: %w", err)
		}
	}
	if err := w.describeLarge(ctx, &r); err != nil {
		return err
	}
	pack := filepath.Join(temp, "pack.zip")
	for _, one := range []struct {
		into  *Comparison
		name  string
		cache string
	}{{&r.Cold, "cold pack", "cold"}, {&r.Warm, "warm pack", "warm"}} {
		args := []string{"audit", "--base", w.base, "--head", w.head, "-o", pack}
		if o.floor != "" {
			args = append(args, "--floor", o.floor)
		}
		audit := w.custodyCommand(one.cache, args...)
		audit.exits, audit.watch = []int{1, 3}, true // fail and incomplete are answers
		prepare := func() error { return os.RemoveAll(pack) }
		if one.cache == "cold" {
			prepare = func() error { return errors.Join(os.RemoveAll(pack), os.RemoveAll(w.cache("cold"))) }
		}
		*one.into, err = compare(ctx, one.name, "review a change, write the signed pack; git: print its diff", w.few(),
			side{prepare, []process{audit}},
			side{commands: []process{w.gitCommand(nil, "diff", "--no-ext-diff", "--no-textconv", "-M", w.base+"..."+w.head)}})
		if err != nil {
			return err
		}
	}
	if err := r.weigh(pack); err != nil {
		return err
	}
	r.judge()
	if err := showLarge(stdout, r); err != nil {
		return err
	}
	return writeResult(stdout, filepath.Join(o.out, file), r)
}

// describeLarge finds out which commits are meant, and how large git says the change is.
func (w *workplace) describeLarge(ctx context.Context, r *LargeResult) (err error) {
	for _, one := range []struct {
		into *string
		rev  string
	}{{&w.base, w.base}, {&w.head, w.options.head}, {&r.Git, ""}} {
		args := []string{"rev-parse", "--verify", "--end-of-options", one.rev + "^{commit}"}
		if one.rev == "" {
			args = []string{"version"}
		}
		text, err := w.git(ctx, nil, args...)
		if err != nil {
			return err
		}
		*one.into = strings.TrimSpace(text)
	}
	r.Base, r.Head = w.base, w.head
	stat, err := w.git(ctx, nil, "diff", "--numstat", "-M", w.base+"..."+w.head)
	for line := range strings.Lines(stat) {
		added := 0
		_, _ = fmt.Sscan(line, &added) // a dash for what is binary
		r.Files++
		r.Added += added
	}
	return err
}

// weigh takes the size of a pack apart.
func (r *LargeResult) weigh(pack string) error {
	z, err := zip.OpenReader(pack)
	if err != nil {
		return err
	}
	defer z.Close()
	for _, f := range z.File {
		r.Members = append(r.Members, Member{f.Name, int64(f.UncompressedSize64)})
	}
	info, err := os.Stat(pack)
	if err == nil {
		r.Pack = info.Size()
	}
	return err
}

func (r *LargeResult) judge() {
	for _, c := range []*Comparison{&r.Cold, &r.Warm} {
		if c.CPU > largeRatio {
			r.Missed = append(r.Missed, fmt.Sprintf("%s: %.2f times the CPU of git diff, more than %.0f", c.Name, c.CPU, largeRatio))
		}
		if c.Ratio > largeRatio {
			r.Missed = append(r.Missed, fmt.Sprintf("%s: %.2f times the time of git diff, more than %.0f", c.Name, c.Ratio, largeRatio))
		}
		if c.Custody.Own > largePeak {
			r.Missed = append(r.Missed, fmt.Sprintf("%s: %d MiB, more than %d", c.Name, c.Custody.Own/1024, largePeak/1024))
		}
	}
	if r.Pack > largePack {
		r.Missed = append(r.Missed, fmt.Sprintf("the pack: %d bytes, more than %d", r.Pack, largePack))
	}
}

func showLarge(w io.Writer, r LargeResult) error {
	fmt.Fprintf(w, "%s %.12s..%.12s: %d files, %d lines added; %d cores\n\n", r.Repository, r.Base, r.Head, r.Files, r.Added, r.Machine.Cores)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tcustody\tgit\tratio\tbest\tCPU\tpeak MiB\t")
	for _, c := range []Comparison{r.Cold, r.Warm} {
		fmt.Fprintf(t, "%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t%d\t\n", c.Name,
			milliseconds(c.Custody.Median), milliseconds(c.Git.Median), c.Ratio, c.Best, c.CPU, c.Custody.Own/1024)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nthe pack: %d bytes\n", r.Pack)
	for _, m := range r.Members {
		fmt.Fprintf(w, "%12d  %s\n", m.Bytes, m.Name)
	}
	for _, m := range r.Missed {
		fmt.Fprintln(w, "missed:", m)
	}
	return nil
}

// large is a stream for git fast-import: a tree, and a change of it.
func large(b io.Writer) error {
	const blocks, changed = 100, 40 // of a hundred files each
	madeCommit(b, "base")
	madeBase(b, blocks)
	madeCommit(b, "head")
	for n := range changed {
		for i := range 70 {
			madeFile(b, madeGo(n, i), madeLonger(madeGoText(n, i, ""), n, i, 22, "// Added%[1]d_%[2]d says %[3]d.\nfunc Added%[1]d_%[2]d_%[3]d(a int) int {\n\tb := a + %[3]d\n\treturn b * %[3]d\n}\n"))
		}
		for i := range 15 {
			madeFile(b, fmt.Sprintf("py/group%d/mod%d.py", n, i), madeLonger(madePython(n, i, "return a + 1"), n, i, 22, "\n\ndef added%[1]d_%[2]d_%[3]d(a):\n    b = a + %[3]d\n    return b * %[3]d\n"))
			madeFile(b, fmt.Sprintf("ts/group%d/mod%d.ts", n, i), madeLonger(madeScript(n, i, "return a + 1"), n, i, 22, "\nexport function added%[1]d_%[2]d_%[3]d(a: number): number {\n  const b = a + %[3]d\n  return b * %[3]d\n}\n"))
		}
	}
	for n := range 9 {
		for i := range 100 {
			madeFile(b, fmt.Sprintf("go/new%d/f%d.go", n, i), strings.Replace(madeGoText(n, 1, ""), "package p0", fmt.Sprintf("package new%d", n), 1))
		}
	}
	for n := changed; n < changed+5; n++ {
		for i := range 10 {
			fmt.Fprintf(b, "D %s\n", madeGo(n, i))
			fmt.Fprintf(b, "R %s %s\n", madeGo(n, 20+i), strings.TrimSuffix(madeGo(n, 20+i), ".go")+"renamed.go")
		}
	}
	_, err := fmt.Fprintln(b, "done")
	return err
}

// madeLonger adds so many lines to a text, in the middle of it and at its end.
func madeLonger(text string, n, i, lines int, format string) string {
	each := strings.Count(format, "\n")
	at := strings.Index(text[len(text)/2:], "\n\n") + len(text)/2 + 1
	for k := 0; k*each < lines; k++ {
		more := fmt.Sprintf(format, n, i, k)
		if k%2 == 0 {
			text = text[:at] + more + text[at:]
		} else {
			text += more
		}
	}
	return text
}
