//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/internal/change"
)

// A workplace holds everything that the measured commands share: two git commits, the
// blobs behind them, and folders of its own for keys and caches.
type workplace struct {
	options
	temp       string
	base, head string
	changed    []string // ids of the blobs that the change adds or removes
	files      int
	graph      []string // ids of the blobs that the graph of head is made from
}

// measure takes all comparisons, one after the other.
func measure(ctx context.Context, o options) (Result, error) {
	r := Result{Repository: o.name, Machine: machine()}
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
	if err := w.findChange(ctx); err != nil {
		return r, err
	}
	if err := w.findGraph(ctx); err != nil {
		return r, err
	}
	r.Base, r.Head, r.Files, r.Blobs = w.base, w.head, w.files, len(w.graph)
	type measuring func(ctx context.Context, name string) ([]Comparison, error)
	alone := func(run func(context.Context, string) (Comparison, error)) measuring {
		return func(ctx context.Context, name string) ([]Comparison, error) {
			c, err := run(ctx, name)
			return []Comparison{c}, err
		}
	}
	for _, one := range []struct {
		name string
		run  measuring
	}{
		{"start", alone(w.start)}, {"cold graph", alone(w.cold)}, {"warm impact", w.warm}, {"audit", alone(w.audit)},
		{"history", alone(w.history)}, {"history files", alone(w.historyFiles)},
	} {
		if o.only != "" && o.only != one.name {
			continue
		}
		all, err := one.run(ctx, one.name)
		if err != nil {
			return r, err
		}
		r.Comparisons = append(r.Comparisons, all...)
	}
	if len(r.Comparisons) == 0 {
		return r, fmt.Errorf("there is no comparison %q", o.only)
	}
	return r, nil
}

func (w *workplace) start(ctx context.Context, name string) (Comparison, error) {
	return compare(ctx, name, "print the version", w.rounds,
		side{commands: []process{w.custodyCommand("warm", "version")}},
		side{commands: []process{w.gitCommand(nil, "version")}})
}

// cold builds the graph with an empty cache; git reads the blobs that it is made from.
func (w *workplace) cold(ctx context.Context, name string) (Comparison, error) {
	empty := func() error { return os.RemoveAll(w.cache("cold")) }
	scan := w.custodyCommand("cold", "scan", "--format", "json", w.head)
	scan.watch = true // git maps packs, which would count as our memory
	return compare(ctx, name, "the graph of a tree, nothing cached; git: read the same blobs", w.few(),
		side{empty, []process{scan}},
		side{commands: []process{w.gitCommand(lines(w.graph), "cat-file", "--batch", "--buffer")}})
}

// audit is the whole review, pack and signature included.
func (w *workplace) audit(ctx context.Context, name string) (Comparison, error) {
	pack := filepath.Join(w.temp, "pack.zip")
	review := w.custodyCommand("warm", "audit", "--base", w.base, "--head", w.head, "-o", pack)
	review.exits = []int{1, 3} // fail and incomplete are answers
	return compare(ctx, name, "review a change, write the signed pack; git: print its diff", w.rounds,
		side{func() error { return ignoreAbsent(os.Remove(pack)) }, []process{review}},
		side{commands: []process{w.gitCommand(nil, "diff", "--no-ext-diff", "--no-textconv", w.base, w.head)}})
}

func (w *workplace) history(ctx context.Context, name string) (Comparison, error) {
	return compare(ctx, name, "the authorship class of every commit; git: print them all", w.few(),
		side{commands: []process{w.custodyCommand("warm", "attest", "--history", "--format", "json")}},
		side{commands: []process{w.gitCommand(nil, "log", "-z", "--format=raw", "HEAD")}})
}

// historyFiles adds the files of what agents wrote; git reads history once, and then
// counts the lines of the same commits.
func (w *workplace) historyFiles(ctx context.Context, name string) (Comparison, error) {
	var out bytes.Buffer
	if _, err := w.custodyCommand("warm", "attest", "--history", "--format", "csv").run(ctx, &out); err != nil {
		return Comparison{}, err
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		return Comparison{}, fmt.Errorf("reading what custody attest printed: %w", err)
	}
	if len(rows) == 0 {
		return Comparison{}, errors.New("custody attest printed no table")
	}
	var ids []string
	for _, r := range rows[1:] {
		if r[2] == "false" && (r[3] == "ai-declared" || r[3] == "ai-verified" || r[3] == "mixed") {
			ids = append(ids, r[0])
		}
	}
	return compare(ctx, name, fmt.Sprintf("the same, with the files of %d commits by agents; git: print all commits, then count the lines of those", len(ids)), w.few(),
		side{commands: []process{w.custodyCommand("warm", "attest", "--history", "--files", "--format", "json")}},
		side{commands: []process{
			w.gitCommand(nil, "log", "-z", "--format=raw", "HEAD"),
			w.gitCommand(lines(ids), "diff-tree", "--stdin", "--root", "-r", "-z", "--numstat", "-M"),
		}})
}

// few rounds are for what takes seconds.
func (w *workplace) few() int { return max(3, w.rounds/10) }

func (w *workplace) cache(name string) string { return filepath.Join(w.temp, name) }

// custodyCommand runs the program with a home of its own: the first review makes a
// key there.
func (w *workplace) custodyCommand(cache string, args ...string) process {
	return process{
		dir: w.temp,
		env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + w.temp, "NO_COLOR=1",
			"XDG_CONFIG_HOME=" + filepath.Join(w.temp, "config"), "CUSTODY_CACHE_DIR=" + w.cache(cache),
		},
		args:   append([]string{w.custody, "-C", w.repo}, args...),
		adopts: true,
	}
}

// gitCommand runs git without anybody's configuration, as custody does.
func (w *workplace) gitCommand(stdin []byte, args ...string) process {
	return process{
		dir:   w.repo,
		env:   []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.temp, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_PAGER=cat"},
		args:  append([]string{"git", "-c", "protocol.allow=never", "-c", "safe.directory=*"}, args...),
		stdin: stdin,
	}
}

func (w *workplace) git(ctx context.Context, stdin []byte, args ...string) (string, error) {
	var out bytes.Buffer
	_, err := w.gitCommand(stdin, args...).run(ctx, &out)
	return out.String(), err
}

// findChange walks back from head along first parents until the difference has enough
// files, all of them readable on both sides.
func (w *workplace) findChange(ctx context.Context) error {
	out, err := w.git(ctx, nil, "rev-list", "--first-parent", "--max-count=500", w.options.head, "--")
	if err != nil {
		return err
	}
	commits := strings.Fields(out)
	if len(commits) < 2 {
		return errors.New("this repository has one commit: there is no change to measure")
	}
	w.head = commits[0]
	for _, base := range commits[1:] {
		ids, files, err := w.listChange(ctx, base, w.head)
		if err != nil {
			return err
		}
		if files < w.options.files {
			continue
		}
		if !w.has(ctx, ids) {
			return fmt.Errorf("the blobs of %.12s..%.12s are not all in the repository: name another -head", base, w.head)
		}
		w.base, w.changed, w.files = base, ids, files
		return nil
	}
	return fmt.Errorf("the last %d commits change fewer than %d files: name another -head, or fewer -files", len(commits), w.options.files)
}

// listChange lists the blobs of both sides of a change, and counts its files.
func (w *workplace) listChange(ctx context.Context, base, head string) (ids []string, files int, err error) {
	raw, err := w.git(ctx, nil, "diff-tree", "-r", "-z", "--raw", "--no-renames", base, head)
	ids, files = blobsOf(raw)
	return ids, files, err
}

// has says whether all of these objects are in the repository.
func (w *workplace) has(ctx context.Context, ids []string) bool {
	here, err := w.git(ctx, lines(ids), "cat-file", "--batch-check")
	return err == nil && !strings.Contains(here, " missing\n")
}

// blobsOf reads "diff-tree --raw -z": the blobs of both sides, without submodules.
func blobsOf(raw string) (ids []string, files int) {
	fields := strings.Split(raw, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		meta := strings.Fields(strings.TrimPrefix(fields[i], ":")) // mode mode id id status
		if len(meta) != 5 {
			break
		}
		files++
		for side := range 2 {
			if mode, id := meta[side], meta[side+2]; mode != "160000" && strings.Trim(id, "0") != "" {
				ids = append(ids, id)
			}
		}
	}
	return unique(ids), files
}

// findGraph asks custody which files its graph has, and git for their blobs.
func (w *workplace) findGraph(ctx context.Context) error {
	var out bytes.Buffer
	if _, err := w.custodyCommand("cold", "scan", "--format", "json", w.head).run(ctx, &out); err != nil {
		return err
	}
	var graph struct {
		Schema string
		Nodes  []struct{ Kind, Path, Language string }
	}
	if err := json.Unmarshal(out.Bytes(), &graph); err != nil {
		return fmt.Errorf("reading what custody scan printed: %w", err)
	}
	if graph.Schema != "custody/graph/v1" {
		return fmt.Errorf("custody scan printed a %q, not a custody/graph/v1", graph.Schema)
	}
	listed, err := w.git(ctx, nil, "ls-tree", "-r", "-z", w.head)
	if err != nil {
		return err
	}
	blob := map[change.Path]string{}
	for entry := range strings.SplitSeq(listed, "\x00") {
		meta, name, _ := strings.Cut(entry, "\t")
		if f := strings.Fields(meta); len(f) == 3 && f[1] == "blob" {
			blob[change.Path(name)] = f[2]
		}
	}
	for _, n := range graph.Nodes {
		if n.Kind != "file" && n.Kind != "test" || n.Language == "" {
			continue
		}
		name, err := change.Unescape(n.Path)
		if err != nil {
			return err
		}
		if blob[name] == "" {
			return fmt.Errorf("custody scan has a file %s, git has none", n.Path)
		}
		w.graph = append(w.graph, blob[name])
	}
	if w.graph = unique(w.graph); len(w.graph) == 0 {
		return errors.New("custody scan found no file of a language that it knows: there is nothing to compare")
	}
	return nil
}

func unique(ids []string) []string {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func lines(ids []string) []byte {
	if len(ids) == 0 {
		return []byte{}
	}
	return []byte(strings.Join(ids, "\n") + "\n")
}

func ignoreAbsent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
