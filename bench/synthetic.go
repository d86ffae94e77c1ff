//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// syntheticSizes are trees of so many files. What a review costs must follow from the
// change, so the largest may cost twice as much as the smallest; a cold graph must
// follow from the tree.
var syntheticSizes = []int{1000, 5000, 20000, 100_000}

// A SizesResult is a file of bench/results about trees that were made.
type SizesResult struct {
	Custody Build         `json:"custody"`
	Git     string        `json:"git"`
	Machine Machine       `json:"machine"`
	How     string        `json:"how"`
	Rounds  int           `json:"rounds"` // of warm; of cold a tenth, at least three
	Sizes   []SizedResult `json:"sizes"`
	Warm    float64       `json:"warm_largest_to_smallest"` // of the medians
	Cold    float64       `json:"cold_per_file_largest_to_smallest"`
}

// A SizedResult is one tree.
type SizedResult struct {
	Files int        `json:"files"`
	Cold  Comparison `json:"cold"`
	Warm  Comparison `json:"warm"`
}

const howSynthetic = "packages of ten Go files with imports within groups of ten packages, Python and TypeScript modules beside them; " +
	"the change modifies eight files in the middle, one of them with a new import, adds a Go file and renames one"

// runSizes measures trees that it makes.
func runSizes(ctx context.Context, o options, stdout io.Writer) error {
	r := SizesResult{Machine: machine(), How: howSynthetic, Rounds: o.rounds}
	var err error
	if r.Custody, err = build(o.custody); err != nil {
		return err
	}
	temp, err := os.MkdirTemp("", "custody-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	places := make([]*workplace, len(o.trees))
	for i, files := range o.trees {
		w := &workplace{options: o, temp: filepath.Join(temp, fmt.Sprint(files))}
		w.repo, w.options.head = filepath.Join(w.temp, "repo.git"), "refs/heads/head"
		if err := w.synthesize(ctx, files); err != nil {
			return fmt.Errorf("making a tree of %d files: %w", files, err)
		}
		if err := w.findChange(ctx); err != nil {
			return err
		}
		if err := w.findGraph(ctx); err != nil {
			return err
		}
		places[i] = w
	}
	if r.Git, err = places[0].git(ctx, nil, "version"); err != nil {
		return err
	}
	r.Git = strings.TrimSpace(r.Git)
	for i, w := range places {
		cold, err := w.cold(ctx, "cold graph")
		if err != nil {
			return err
		}
		r.Sizes = append(r.Sizes, SizedResult{Files: o.trees[i], Cold: cold})
		if _, err := w.custodyCommand("warm", "scan", w.base).run(ctx, nil); err != nil {
			return err
		}
	}
	// All sizes in turn: what disturbs the machine disturbs each of them.
	ours, theirs := make([][]cost, len(places)), make([][]cost, len(places))
	for round := range o.rounds + 1 {
		for i, w := range places {
			custody, git := w.warmSides()
			a, err := custody.round(ctx)
			if err != nil {
				return err
			}
			b, err := git.round(ctx)
			if err != nil {
				return err
			}
			if round > 0 {
				ours[i], theirs[i] = append(ours[i], a), append(theirs[i], b)
			}
		}
	}
	for i, w := range places {
		custody, git := w.warmSides()
		r.Sizes[i].Warm = comparison("warm impact", "", o.rounds, custody, git, ours[i], theirs[i])
	}
	first, last := r.Sizes[0], r.Sizes[len(r.Sizes)-1]
	r.Warm = ratio(last.Warm.Custody.Median, first.Warm.Custody.Median)
	r.Cold = ratio(last.Cold.Custody.Median*int64(first.Files), first.Cold.Custody.Median*int64(last.Files))
	if err := showSizes(stdout, r); err != nil {
		return err
	}
	return writeResult(stdout, filepath.Join(o.out, "sizes.json"), r)
}

func showSizes(w io.Writer, r SizesResult) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "files\tcold\tto git\tpeak MiB\twarm\tto git\tCPU\t")
	for _, s := range r.Sizes {
		fmt.Fprintf(t, "%d\t%s\t%.2f\t%d\t%s\t%.2f\t%.2f\t\n", s.Files, milliseconds(s.Cold.Custody.Median), s.Cold.Ratio,
			s.Cold.Custody.Own/1024, milliseconds(s.Warm.Custody.Median), s.Warm.Ratio, s.Warm.CPU)
	}
	fmt.Fprintf(t, "\nlargest to smallest: warm %.2f; cold, per file, %.2f\n", r.Warm, r.Cold)
	return t.Flush()
}

// synthesize makes a bare repository of two commits.
func (w *workplace) synthesize(ctx context.Context, files int) error {
	return w.importMade(ctx, func(b io.Writer) error { return synthetic(b, files) })
}

// importMade makes a bare repository from a stream for git fast-import.
func (w *workplace) importMade(ctx context.Context, write func(io.Writer) error) error {
	if err := os.MkdirAll(w.repo, 0o700); err != nil {
		return err
	}
	if _, err := w.git(ctx, nil, "init", "--quiet", "--bare", "--initial-branch=head", "."); err != nil {
		return err
	}
	// Into a file: what this process holds would count as the peak of its children.
	name := filepath.Join(w.temp, "stream")
	stream, err := os.Create(name)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(stream)
	if err := errors.Join(write(out), out.Flush(), stream.Close()); err != nil {
		return err
	}
	if stream, err = os.Open(name); err != nil {
		return err
	}
	defer stream.Close()
	p := w.gitCommand(nil, "fast-import", "--quiet")
	p.file = stream
	_, err = p.run(ctx, nil)
	return errors.Join(err, os.Remove(name))
}

// synthetic is a stream for git fast-import. Of every hundred files seventy are Go,
// fifteen Python, fifteen TypeScript.
func synthetic(b io.Writer, files int) error {
	const block = 100
	if files < 2*block || files%block != 0 {
		return errors.New("give a multiple of 100, at least 200")
	}
	madeCommit(b, "base")
	madeBase(b, files/block)
	n := files / block / 2
	madeCommit(b, "head")
	for i := range 5 {
		text := strings.ReplaceAll(madeGoText(n, 10*i+1, ""), "total += i", "total -= i")
		if i == 0 {
			text = madeGoText(n, 1, fmt.Sprintf("\n\t\"example.com/made/go/group%d/p6\"", n))
		}
		madeFile(b, madeGo(n, 10*i+1), text)
	}
	madeFile(b, madeGo(n, 1)+"x.go", madeGoText(n, 1, ""))
	fmt.Fprintf(b, "R %s %s\n", madeGo(n, 12), strings.TrimSuffix(madeGo(n, 12), ".go")+"renamed.go")
	madeFile(b, fmt.Sprintf("py/group%d/mod3.py", n), madePython(n, 3, "return a + 2"))
	madeFile(b, fmt.Sprintf("ts/group%d/mod3.ts", n), madeScript(n, 3, "return a + 2"))
	madeFile(b, fmt.Sprintf("ts/group%d/mod4.ts", n), madeScript(n, 4, "return a + 2"))
	_, err := io.WriteString(b, "done\n")
	return err
}

func madeCommit(b io.Writer, message string) {
	fmt.Fprintf(b, "commit refs/heads/head\ncommitter A <a@example.com> 1700000000 +0000\ndata %d\n%s\n", len(message), message)
}

func madeFile(b io.Writer, path, text string) {
	fmt.Fprintf(b, "M 100644 inline %s\ndata %d\n%s\n", path, len(text), text)
}

// madeBase is a tree of so many blocks of a hundred files.
func madeBase(b io.Writer, blocks int) {
	madeFile(b, "go.mod", "module example.com/made\n\ngo 1.26\n")
	madeFile(b, "package.json", `{"name": "made"}`+"\n")
	for n := range blocks {
		for i := range 70 {
			madeFile(b, madeGo(n, i), madeGoText(n, i, ""))
		}
		for i := range 15 {
			madeFile(b, fmt.Sprintf("py/group%d/mod%d.py", n, i), madePython(n, i, "return a + 1"))
			madeFile(b, fmt.Sprintf("ts/group%d/mod%d.ts", n, i), madeScript(n, i, "return a + 1"))
		}
	}
}

// Ten Go files are a package; the seven packages of a block import those before them.
func madeGo(n, i int) string { return fmt.Sprintf("go/group%d/p%d/f%d.go", n, i/10, i%10) }

func madeGoText(n, i int, imports string) string {
	var b strings.Builder
	p := i / 10
	fmt.Fprintf(&b, "package p%d\n\nimport (\n\t\"fmt\"\n\t\"strings\"%s", p, imports)
	for q := max(0, p-2); q < p; q++ {
		fmt.Fprintf(&b, "\n\t\"example.com/made/go/group%d/p%d\"", n, q)
	}
	b.WriteString("\n)\n")
	for f := range 12 {
		fmt.Fprintf(&b, "\n// F%d_%d adds up.\nfunc F%d_%d(limit int, name string) (int, error) {\n\ttotal := 0\n\tfor i := range limit {\n\t\ttotal += i\n\t}\n\tif strings.HasPrefix(name, \"x\") {\n\t\treturn 0, fmt.Errorf(\"%%s: %%d\", name, total)\n\t}\n", i, f, i, f)
		if p > 0 {
			fmt.Fprintf(&b, "\tmore, err := p%d.F%d_%d(limit, name)\n\treturn total + more, err\n}\n", p-1, i-10, f)
		} else {
			b.WriteString("\treturn total, nil\n}\n")
		}
	}
	return b.String()
}

func madePython(n, i int, body string) string {
	text := "import os\n"
	if i > 0 {
		text += fmt.Sprintf("from . import mod%d\n", i-1)
	}
	for f := range 10 {
		text += fmt.Sprintf("\n\ndef f%d_%d(a):\n    %s\n", i, f, body)
	}
	return text
}

func madeScript(n, i int, body string) string {
	text := "import * as fs from 'node:fs'\n"
	if i > 0 {
		text += fmt.Sprintf("import { f%d_0 } from './mod%d'\n", i-1, i-1)
	}
	for f := range 10 {
		text += fmt.Sprintf("\nexport function f%d_%d(a: number): number {\n  %s\n}\n", i, f, body)
	}
	return text
}
