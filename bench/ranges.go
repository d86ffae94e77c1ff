//go:build unix

package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"custody/internal/change"
)

// goal is how many of the changed code files are to be assessed, per mille.
const goal = 950

// Ranges is one file in bench/results: audits of real changes.
type Ranges struct {
	Repository string  `json:"repository"`
	Head       string  `json:"head"`
	Picked     string  `json:"picked"` // how the ranges were
	Floor      bool    `json:"floor"`  // judged by one, or by the repository's own policy alone
	Custody    Build   `json:"custody"`
	Git        string  `json:"git"`
	Machine    Machine `json:"machine"`
	Ranges     []Range `json:"ranges"`

	Code     int            `json:"code_files"`
	Assessed int            `json:"assessed"`
	Permille int            `json:"assessed_permille"`
	Reasons  map[string]int `json:"reasons"` // why impact is not assessed, by code: ranges that say so
	Faults   []string       `json:"faults"`  // what must not be: crashes, empty graphs, files that are neither assessed nor listed ...
}

// A Range is one audited change.
type Range struct {
	Kind    string `json:"kind"`
	Name    string `json:"name,omitempty"`
	Base    string `json:"base"`
	Head    string `json:"head"`
	Commits int    `json:"commits"`
	Files   int    `json:"files"` // as custody lists them; git has as many

	Code     int            `json:"code_files"` // of the four languages, by name
	Assessed int            `json:"assessed"`   // of those: in the graph, read and understood to the end
	Listed   map[string]int `json:"listed"`     // of those: not assessed, by reason

	Exit     int      `json:"exit"`
	Decision string   `json:"decision"`
	Cold     Audit    `json:"cold"`
	Warm     Audit    `json:"warm"` // the same audit once more, with what the first one left in the cache
	Numstat  int64    `json:"git_us"`
	Verify   int      `json:"verify_exit"`
	Pack     int64    `json:"pack_bytes"`
	Page     int64    `json:"page_bytes"`
	Nodes    int      `json:"nodes"`
	Edges    int      `json:"edges"`
	Reached  int      `json:"reached"`
	Impact   string   `json:"impact"`
	Reasons  []Reason `json:"reasons"` // of impact, by code
	Lines    string   `json:"attestation"`
}

// An Audit is what one took.
type Audit struct {
	Wall int64 `json:"wall_us"`
	CPU  int64 `json:"cpu_us"`
	Own  int64 `json:"own_kib"`  // memory of custody alone
	Peak int64 `json:"peak_kib"` // of the largest process, git with its mapped packs among them
}

// A Reason is a code with how often impact names it.
type Reason struct {
	Code  string `json:"code"`
	Count int    `json:"count"`
}

// auditRanges audits n ranges of the repository, each with an empty cache and again.
func auditRanges(ctx context.Context, o options) (Ranges, error) {
	r := Ranges{Repository: o.name, Picked: howPicked, Floor: o.floor != "", Machine: machine(), Reasons: map[string]int{}, Faults: []string{}}
	var err error
	if r.Custody, err = build(o.custody); err != nil {
		return r, err
	}
	temp, err := os.MkdirTemp("", "custody-bench-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(temp)
	w := &workplace{options: o, temp: temp}
	if r.Git, err = w.git(ctx, nil, "version"); err != nil {
		return r, err
	}
	r.Git = strings.TrimSpace(r.Git)
	ranges, err := w.pick(ctx, o.ranges)
	if err != nil {
		return r, err
	}
	r.Head = w.head
	for i, p := range ranges {
		one, faults, err := w.auditRange(ctx, p)
		if err != nil {
			return r, err
		}
		r.Ranges = append(r.Ranges, one)
		r.Code += one.Code
		r.Assessed += one.Assessed
		for _, reason := range one.Reasons {
			r.Reasons[reason.Code]++
		}
		for _, f := range faults {
			r.Faults = append(r.Faults, fmt.Sprintf("range %d, %.12s..%.12s: %s", i+1, p.base, p.head, f))
		}
	}
	r.Permille = 1000 * r.Assessed / max(r.Code, 1)
	if r.Permille < goal {
		r.Faults = append(r.Faults, fmt.Sprintf("%d of %d changed code files were assessed: fewer than 95 %%", r.Assessed, r.Code))
	}
	return r, nil
}

// auditRange measures one. Faults are what custody does wrong; an error is one of ours.
func (w *workplace) auditRange(ctx context.Context, p picked) (Range, []string, error) {
	r := Range{Kind: p.kind, Name: p.name, Base: p.base, Head: p.head, Listed: map[string]int{}, Reasons: []Reason{}}
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }

	cold, warm := filepath.Join(w.temp, "cold.zip"), filepath.Join(w.temp, "warm.zip")
	for _, leftover := range []string{cold, warm, w.cache("ranges")} {
		if err := os.RemoveAll(leftover); err != nil {
			return r, nil, err
		}
	}
	for _, one := range []struct {
		file string
		into *Audit
	}{{cold, &r.Cold}, {warm, &r.Warm}} {
		var errors strings.Builder
		c, err := w.auditCommand(p, one.file, &errors).run(ctx, nil)
		if ctx.Err() != nil {
			return r, nil, ctx.Err()
		}
		if r.Exit = c.exit; err != nil {
			fault("exit %d: %s", c.exit, strings.ReplaceAll(lastLine(errors.String()), w.repo, "REPO"))
			return r, faults, nil
		}
		*one.into = Audit{c.wall.Microseconds(), c.cpu.Microseconds(), c.own, c.peak}
	}
	numstat, err := w.gitCommand(nil, "diff", "--no-ext-diff", "--no-textconv", "--numstat", p.base+"..."+p.head).run(ctx, io.Discard)
	if err != nil {
		return r, nil, err
	}
	r.Numstat = numstat.wall.Microseconds()

	check := w.custodyCommand("ranges", "verify", cold)
	check.exits = []int{1, 2, 3}
	verified, err := check.run(ctx, nil)
	if err != nil {
		return r, nil, err
	}
	if r.Verify = verified.exit; r.Verify != 0 {
		fault("custody verify exits with %d", r.Verify)
	}
	a, err := os.ReadFile(cold)
	if err != nil {
		return r, nil, err
	}
	b, err := os.ReadFile(warm)
	if err != nil {
		return r, nil, err
	}
	if !bytes.Equal(a, b) {
		fault("the pack differs when the cache is warm")
	}
	r.Pack = int64(len(a))
	doc, err := readPack(a, &r)
	if err != nil {
		fault("reading the pack: %v", err)
		return r, faults, nil
	}
	unlisted, err := w.count(ctx, &r, doc)
	if err != nil {
		return r, nil, err
	}
	for _, name := range unlisted {
		fault("%s", name)
	}
	return r, faults, nil
}

func (w *workplace) auditCommand(p picked, pack string, errors io.Writer) process {
	args := []string{"audit", "--base", p.base, "--head", p.head, "--on", "2026-11-23", "-o", pack}
	if w.floor != "" {
		args = append(args, "--floor", w.floor)
	}
	c := w.custodyCommand("ranges", args...)
	c.exits = []int{1, 3} // fail and incomplete are answers
	c.watch, c.stderr = true, errors
	return c
}

// packDocument is what is read of a pack.json. It is a pack as anybody reads one, not as
// custody's own types have it.
type packDocument struct {
	Schema   string
	Decision string
	Inputs   struct {
		MergeBases []string `json:"merge_bases"`
	}
	Change struct {
		Commits []struct{}
		More    int `json:"more_commits"`
	}
	Impact struct {
		Changed []struct {
			Path     string
			OldPath  string `json:"old_path"`
			Language string
			Skipped  string
		}
		Reached []struct{}
		More    struct { // counted and not listed
			Changed int
			Reached []struct{ Count int }
		}
		Graph   struct{ Nodes, Edges int }
		Outcome string
		Reasons []struct{ Code, Detail string }
	}
	Attestation struct{ Outcome string }
}

func readPack(file []byte, r *Range) (*packDocument, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	if page, err := z.Open("index.html"); err == nil {
		if info, err := page.Stat(); err == nil {
			r.Page = info.Size()
		}
		page.Close()
	}
	member, err := z.Open("pack.json")
	if err != nil {
		return nil, err
	}
	defer member.Close()
	var doc packDocument
	if err := json.NewDecoder(member).Decode(&doc); err != nil {
		return nil, err
	}
	if doc.Schema != "custody/pack/v1" {
		return nil, fmt.Errorf("it is a %q, not a custody/pack/v1", doc.Schema)
	}
	return &doc, nil
}

// count compares what the pack says with what git does. It returns what must not be.
func (w *workplace) count(ctx context.Context, r *Range, doc *packDocument) (faults []string, err error) {
	im := &doc.Impact
	r.Decision, r.Commits, r.Files = doc.Decision, len(doc.Change.Commits)+doc.Change.More, len(im.Changed)+im.More.Changed
	r.Nodes, r.Edges, r.Reached = im.Graph.Nodes, im.Graph.Edges, len(im.Reached)
	for _, m := range im.More.Reached {
		r.Reached += m.Count
	}
	r.Impact, r.Lines = im.Outcome, doc.Attestation.Outcome
	if r.Nodes == 0 || r.Edges == 0 {
		faults = append(faults, fmt.Sprintf("the graph is empty: %d nodes, %d edges", r.Nodes, r.Edges))
	}
	codes := map[string]int{}
	for _, reason := range im.Reasons {
		n := 1
		if more, ok := strings.CutPrefix(reason.Detail, "and "); ok { // "and 12 more"
			if n, err = strconv.Atoi(strings.TrimSuffix(more, " more")); err != nil {
				n = 1
			}
		}
		codes[reason.Code] += n
	}
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		r.Reasons = append(r.Reasons, Reason{code, codes[code]})
	}
	if len(doc.Inputs.MergeBases) == 0 {
		return faults, nil // the only change without files
	}

	// Each path that git lists is in the pack, as it is or as where a file came from.
	paths, err := w.changedPaths(ctx, doc.Inputs.MergeBases[0], r.Head)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, c := range im.Changed {
		for _, escaped := range []string{c.Path, c.OldPath} {
			name, err := change.Unescape(escaped)
			if err != nil {
				return nil, err
			}
			listed[string(name)] = true
		}
		if !isCode(c.Path) && !isCode(c.OldPath) {
			continue
		}
		r.Code++
		switch {
		case c.Skipped != "":
			r.Listed[c.Skipped]++
		case c.Language != "":
			r.Assessed++
		default:
			faults = append(faults, c.Path+" is neither assessed nor listed")
		}
	}
	uncounted := 2 * im.More.Changed // a renamed file has two paths
	for _, name := range paths {
		if listed[name] {
			continue
		}
		if uncounted--; uncounted < 0 {
			faults = append(faults, name+" is in git's list of changed files, not in the pack's")
		}
	}
	return faults, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// runRanges is the command with -ranges.
func runRanges(ctx context.Context, o options, stdout io.Writer) error {
	result, err := auditRanges(ctx, o)
	if err != nil {
		return err
	}
	if err := showRanges(stdout, result); err != nil {
		return err
	}
	if err := writeResult(stdout, filepath.Join(o.out, "ranges-"+o.name+".json"), result); err != nil {
		return err
	}
	if len(result.Faults) > 0 {
		return errors.New(plural(len(result.Faults), "fault") + ", see above")
	}
	return nil
}

func showRanges(w io.Writer, r Ranges) error {
	fmt.Fprintf(w, "%s %.12s; %d cores, load %s\n\n", r.Repository, r.Head, r.Machine.Cores, cmp.Or(r.Machine.Load, "unknown"))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tbase\thead\tcommits\tfiles\tcode\tassessed\tnodes\tedges\treached\timpact\tlines\texit\tcold\twarm\t/numstat\tMiB cold\twarm\tpack KiB\tverify\t")
	for _, x := range r.Ranges {
		fmt.Fprintf(t, "%s\t%.9s\t%.9s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%d\t%s\t%s\t%.1f\t%d\t%d\t%d\t%d\t\n",
			cmp.Or(x.Name, x.Kind), x.Base, x.Head, x.Commits, x.Files, x.Code, x.Assessed, x.Nodes, x.Edges, x.Reached, x.Impact, x.Lines,
			x.Exit, milliseconds(x.Cold.Wall), milliseconds(x.Warm.Wall), ratio(x.Warm.Wall, x.Numstat), x.Cold.Own/1024, x.Warm.Own/1024, x.Pack/1024, x.Verify)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d of %d changed code files assessed: %d.%d %%\n", r.Assessed, r.Code, r.Permille/10, r.Permille%10)
	for _, code := range slices.Sorted(maps.Keys(r.Reasons)) {
		fmt.Fprintf(w, "impact is not assessed for %s in %s\n", code, plural(r.Reasons[code], "range"))
	}
	for _, f := range r.Faults {
		fmt.Fprintln(w, "FAULT:", f)
	}
	return nil
}
