package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// run starts git once, over the given paths or all, and takes in what it says. errPatch
// means that it gave up; then nothing was taken in.
func (d *differ) run(ctx context.Context, paths []string) error {
	d.runs++
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := d.r.git.isolated(run, d.r.iso, d.args(paths)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting git diff-tree: %w", err)
	}
	p := d.patchReader(bufio.NewReaderSize(out, patchBuffer))
	entries, err := p.all()
	if err != nil {
		cancel()
	}
	exit := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case exit != nil && !errors.Is(err, errBudget):
		return fmt.Errorf("%w: %w", errPatch, failed(ctx, cmd, exit))
	}
	return d.accept(p, entries, err, paths)
}

// patchBuffer holds any line of a patch that is not of a file: two quoted paths.
const patchBuffer = 256 << 10

func (d *differ) patchReader(in *bufio.Reader) *patchReader {
	return &patchReader{in: in, idSize: d.r.idSize(), lines: d.lines, bytes: d.bytes}
}

// accept takes in what was read, whole or up to a limit.
func (d *differ) accept(p *patchReader, entries []*rawEntry, err error, paths []string) error {
	over := errors.Is(err, errBudget)
	switch {
	case err != nil && !over:
		return err
	case over && p.lines < 0:
		d.limits = append(d.limits, LimitError{"lines", d.lim.Lines})
	case over:
		d.limits = append(d.limits, LimitError{"bytes", int(d.lim.Bytes)})
	}
	d.lines, d.bytes = p.lines, d.bytes-p.read
	return d.take(entries, paths)
}

// args are those of the one diff command. Each is git's default spelled out, unless
// its comment says otherwise: a default may change, and isolation from configuration
// is worth a second lock.
func (d *differ) args(paths []string) []string {
	args := []string{
		"-c", fmt.Sprintf("core.bigFileThreshold=%d", d.lim.FileBytes), // larger files are binary to git, unread (not the default)
		"diff-tree", "-r", "-z", "--raw", "--patch",
		// One line of context (not the default). With none, git cuts off the common end of
		// the two files before it compares, and finds other lines than it shows to people.
		"--unified=1",
		"--inter-hunk-context=0",
		"--no-abbrev", "--full-index", // whole ids
		"--find-renames=" + renameSimilarity, "-l" + renameLimit, "--rename-empty",
		"-O/dev/null",                    // order of files: as in the trees
		"--no-ext-diff", "--no-textconv", // run nothing
		"--diff-algorithm=myers", "--indent-heuristic",
		"--no-color", "--no-color-moved", "--ws-error-highlight=none",
		"--src-prefix=a/", "--dst-prefix=b/", "--line-prefix=", "--no-relative",
		"--submodule=short", "--ignore-submodules=none", // submodule.<name>.ignore hides them
		"--end-of-options", d.from.String(), d.to.String(), "--",
	}
	for _, p := range paths {
		args = append(args, ":(top,literal)"+p)
		if d.turned[p] { // it stands for what is in the folder, too
			for _, other := range d.notAsked(p+"/", paths) {
				args = append(args, ":(exclude,top,literal)"+other)
			}
		}
	}
	return args
}

// notAsked is what to leave out of a folder: all of it, if none of paths is in there.
func (d *differ) notAsked(folder string, paths []string) []string {
	i, _ := slices.BinarySearch(paths, folder)
	if i == len(paths) || !strings.HasPrefix(paths[i], folder) {
		return []string{folder}
	}
	var others []string
	for p := range d.files {
		if _, asked := slices.BinarySearch(paths, p); !asked && strings.HasPrefix(p, folder) {
			others = append(others, p)
		}
	}
	return others
}

// take checks what git said against what the trees hold, then keeps it.
func (d *differ) take(entries []*rawEntry, paths []string) error {
	asked := func(path string) bool {
		_, found := slices.BinarySearch(paths, path)
		return found || paths == nil
	}
	told := make(map[string]bool, len(entries))
	for _, e := range entries {
		if !asked(e.path) {
			return fmt.Errorf("%w: not asked about %q", errPatch, e.path)
		}
		if !d.agrees(e) {
			return fmt.Errorf("git's list of changed files differs from what the trees hold, at %q", e.path)
		}
		told[e.path] = true
		if e.oldPath != "" {
			told[e.oldPath] = true
		}
	}
	for _, path := range paths {
		if !told[path] {
			return fmt.Errorf("%w: nothing about %q", errPatch, path)
		}
	}
	if paths == nil && len(told) != len(d.files) {
		return fmt.Errorf("git lists %d changed paths, the trees hold %d", len(told), len(d.files))
	}
	for _, e := range entries {
		f := d.files[e.path]
		if e.oldPath != "" {
			d.files[e.oldPath].gone = true
			f.rename(e)
		}
		f.Content, f.Hunks = e.content, e.hunks
		f.Respaced = e.content == ContentLines && len(e.hunks) > 0 && e.ink == 0
	}
	return nil
}

// agrees says whether an entry is one of the changes that the trees hold, or for a
// rename two of them.
func (d *differ) agrees(e *rawEntry) bool {
	f := d.files[e.path]
	if f == nil || f.Mode != e.mode || f.ID != e.id {
		return false
	}
	if e.oldPath == "" {
		return f.Status == e.status && f.OldMode == e.oldMode && f.OldID == e.oldID
	}
	source := d.files[e.oldPath]
	return f.Status == 'A' && source != nil && source.Status == 'D' && source.OldID == e.oldID && source.OldMode == e.oldMode
}

// maxSniffs bounds how many large files are looked into.
const maxSniffs = 128

// tellBigFromBinary separates the two reasons for which git calls a file binary. A
// large image is nothing to compare; a large text is a limit met.
func (d *differ) tellBigFromBinary(ctx context.Context) error {
	sniffed := map[OID]bool{}
	for _, path := range slices.Sorted(maps.Keys(d.files)) {
		f := d.files[path]
		big := slices.ContainsFunc(f.sides(), func(id OID) bool { return d.infos[id].size > d.lim.FileBytes })
		if f.gone || !big || f.Content != ContentBinary && f.Content != ContentLimit {
			continue
		}
		f.Content = ContentLimit
		for _, id := range f.sides() {
			binary, done := sniffed[id]
			if !done && len(sniffed) < maxSniffs {
				var err error
				if binary, err = d.r.sniff(ctx, id); err != nil {
					return err
				}
				sniffed[id] = binary
			}
			if binary {
				f.Content = ContentBinary
			}
		}
	}
	return nil
}

// sniff reads the beginning of a blob, however large, in a process of its own that is
// ended then: git streams a large blob, and the long-lived one can not be interrupted.
func (r *Repository) sniff(ctx context.Context, id OID) (binary bool, err error) {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := r.git.isolated(run, r.iso, "-c", "core.bigFileThreshold=1m", "cat-file", "blob", id.String())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, fmt.Errorf("starting git cat-file: %w", err)
	}
	beginning, _ := io.ReadAll(io.LimitReader(out, 8000))
	cancel()
	cmd.Wait()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	return bytes.IndexByte(beginning, 0) >= 0, nil
}
