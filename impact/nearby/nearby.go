// Package nearby finds what stands around the nodes that a change reaches: the tests to
// run and the commands for them, the owners to ask, documents that may be out of date,
// files that usually change together with these, and how risky it all is.
//
// It adds to an impact report and changes nothing in it. What it names is text: no
// command is run, no document rendered, no owner asked.
package nearby

import (
	"context"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// Limits is the table of what bounds the package, as a pack records it.
func Limits() map[string]int64 {
	return map[string]int64{
		"nearby.critical":       maxCritical,
		"nearby.owner_tries":    maxOwnerTries,
		"nearby.owned":          maxOwned,
		"nearby.named_tests":    maxNamed,
		"nearby.listed_tests":   maxListed,
		"nearby.settings_bytes": maxSettings,
		"nearby.tag_reads":      maxTagReads,
	}
}

// A tree is read by folder, each once.
type tree struct {
	reader  git.Reader
	root    git.OID
	graph   *impact.Graph                   // of the tree; nil: it knows nothing
	folders map[string]map[string]git.Entry // nil: not there, or not readable
	blobs   map[string][]byte
}

func newTree(r git.Reader, root git.OID) *tree {
	return &tree{reader: r, root: root, folders: map[string]map[string]git.Entry{}, blobs: map[string][]byte{}}
}

// folder lists a folder, "." the root. One that can not be read has nothing in it: what
// is looked for there is then not found, and said to be unknown.
func (t *tree) folder(ctx context.Context, path string) map[string]git.Entry {
	if entries, ok := t.folders[path]; ok {
		return entries
	}
	id := t.root
	if path != "." {
		above, name := split(path)
		e, ok := t.folder(ctx, above)[name]
		if !ok || e.Mode != git.ModeTree {
			t.folders[path] = nil
			return nil
		}
		id = e.ID
	}
	t.folders[path] = nil
	list, err := t.reader.Tree(ctx, id)
	if err != nil || ctx.Err() != nil {
		return nil
	}
	t.folders[path] = byName(list)
	return t.folders[path]
}

// load reads folders and those above them, level by level: one by one, each would take a
// question to git. What can not be read now is asked for again.
func (t *tree) load(ctx context.Context, folders []string) {
	levels := [][]string{{"."}}
	seen := map[string]bool{".": true}
	for _, folder := range folders {
		for f := range above(folder) {
			if seen[f] {
				break
			}
			seen[f] = true
			depth := strings.Count(f, "/") + 1
			for len(levels) <= depth {
				levels = append(levels, nil)
			}
			levels[depth] = append(levels[depth], f)
		}
	}
	for _, level := range levels {
		var paths []string
		var ids []git.OID
		for _, path := range level {
			id := t.root
			if path != "." {
				up, name := split(path)
				e, ok := t.folders[up][name]
				if !ok || e.Mode != git.ModeTree {
					continue
				}
				id = e.ID
			}
			if _, known := t.folders[path]; !known {
				paths, ids = append(paths, path), append(ids, id)
			}
		}
		err := git.Trees(ctx, t.reader, ids, func(i int, list []git.Entry, err error) error {
			if err == nil {
				t.folders[paths[i]] = byName(list)
			}
			return ctx.Err()
		})
		if err != nil {
			return
		}
	}
}

func byName(list []git.Entry) map[string]git.Entry {
	entries := make(map[string]git.Entry, len(list))
	for _, e := range list {
		entries[e.Name] = e
	}
	return entries
}

// has says whether a regular file stands in a folder.
func (t *tree) has(ctx context.Context, folder, name string) bool {
	if is, known := t.graph.Holds(change.Path(join(folder, name))); known {
		return is
	}
	e, ok := t.folder(ctx, folder)[name]
	return ok && e.Mode.IsRegular()
}

// maybeTagged says whether it may take a build tag of Go to have a file.
func (t *tree) maybeTagged(escaped string) bool {
	path, err := change.Unescape(escaped)
	if t.graph == nil || err != nil {
		return true
	}
	return t.graph.Tagged(path)
}

// goTests are the tests of Go right in a folder, by name, and whether it may take a build tag
// to run them.
func (t *tree) goTests(ctx context.Context, folder change.Path) map[string]bool {
	if t.graph != nil {
		return t.graph.GoTests(folder)
	}
	tests := map[string]bool{}
	for name := range t.folder(ctx, string(folder)) {
		if strings.HasSuffix(name, "_test.go") {
			tests[name] = true
		}
	}
	return tests
}

// maxSettings bounds a file that names a test runner.
const maxSettings = 1 << 20

// read is a small regular file; nil when it is not there or can not be read.
func (t *tree) read(ctx context.Context, folder, name string) []byte {
	path := join(folder, name)
	if data, ok := t.blobs[path]; ok {
		return data
	}
	t.blobs[path] = nil
	if e, ok := t.folder(ctx, folder)[name]; ok && e.Mode.IsRegular() {
		if data, err := t.reader.Blob(ctx, e.ID, maxSettings); err == nil {
			t.blobs[path] = data
		}
	}
	return t.blobs[path]
}

// above yields a folder and those above it, up to the root.
func above(folder string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			if !yield(folder) || folder == "." {
				return
			}
			folder, _ = split(folder)
		}
	}
}

func split(path string) (folder, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return ".", path
}

func join(folder, name string) string {
	if folder == "." {
		return name
	}
	return folder + "/" + name
}

// within is a path as it is called in a folder above it.
func within(folder, path string) string {
	switch {
	case folder == ".":
		return path
	case path == folder:
		return "."
	}
	return strings.TrimPrefix(path, folder+"/")
}

func escaped(path string) string { return change.Path(path).Escaped() }

// clipList keeps the first of a sorted list, escaped, and counts the rest.
func clipList(paths []string, most int) (kept []string, more int) {
	slices.Sort(paths)
	paths = slices.Compact(paths)
	kept = []string{}
	for i, p := range paths {
		if i == most {
			return kept, len(paths) - most
		}
		kept = append(kept, escaped(p))
	}
	return kept, 0
}
