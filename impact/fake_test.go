package impact

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"custody/impact/lang"
	"custody/internal/change"
	"custody/internal/git"
)

// memory is a Source over files in memory. An entry that starts with a "!" tells it to
// misbehave.
type memory struct {
	trees map[git.OID]map[string]string // path -> content
	blobs map[git.OID]string
	read  atomic.Int64 // blobs read
}

const (
	missing    = "!missing"
	symlink    = "!symlink"
	linkTo     = "!link " // with where it leads
	submodule  = "!submodule"
	badFolder  = "!folder"
	hugeFolder = "!huge"
	exec       = "!exec"
	program    = "!program " // with what an executable file says
)

func oid(s string) git.OID {
	sum := sha1.Sum([]byte(s))
	id, err := git.OIDFromBytes(sum[:])
	if err != nil {
		panic(err)
	}
	return id
}

func (m *memory) tree(files map[string]string) git.OID {
	if m.trees == nil {
		m.trees, m.blobs = map[git.OID]map[string]string{}, map[git.OID]string{}
	}
	id := oid(fmt.Sprint(files))
	m.trees[id] = files
	for _, content := range files {
		if to, ok := strings.CutPrefix(content, linkTo); ok {
			m.blobs[oid(content)] = strings.TrimSuffix(to, "\n")
		} else {
			m.blobs[oid(content)] = strings.TrimPrefix(content, program)
		}
	}
	return id
}

func (m *memory) Walk(_ context.Context, tree git.OID, fn func(string, git.Entry, error) error) error {
	files, ok := m.trees[tree]
	if !ok {
		return git.ErrMissing
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		e := git.Entry{Name: path.Base(p), Mode: git.ModeFile, ID: oid(files[p])}
		var err error
		if strings.HasPrefix(files[p], linkTo) {
			e.Mode = git.ModeSymlink
		}
		if strings.HasPrefix(files[p], program) {
			e.Mode = git.ModeExecutable
		}
		switch files[p] {
		case symlink:
			e.Mode = git.ModeSymlink
		case submodule:
			e.Mode = git.ModeGitlink
		case exec:
			e.Mode = git.ModeExecutable
		case badFolder:
			err = git.ErrMissing
		case hugeFolder:
			err = fmt.Errorf("a million files: %w", ErrLimit)
		}
		if err := fn(p, e, err); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Differences(_ context.Context, from, to git.OID, most int) ([]git.Difference, bool, error) {
	was, now := m.entries(from), m.entries(to)
	var list []git.Difference
	for _, p := range slices.Sorted(maps.Keys(merged(was, now))) {
		if a, b := was[p], now[p]; a != b {
			list = append(list, git.Difference{Path: p, OldMode: a.Mode, OldID: a.ID, Mode: b.Mode, ID: b.ID})
		}
	}
	return list, len(list) <= most, nil
}

func merged(a, b map[string]git.Entry) map[string]git.Entry {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func (m *memory) entries(tree git.OID) map[string]git.Entry {
	all := map[string]git.Entry{}
	m.Walk(context.Background(), tree, func(p string, e git.Entry, err error) error {
		e.Name = ""
		all[p] = e
		return err
	})
	return all
}

func (m *memory) Blobs(_ context.Context, ids []git.OID, limit int64, fn func(int, []byte, error) error) error {
	for i, id := range ids {
		content, ok := m.blobs[id]
		m.read.Add(1)
		var err error
		switch {
		case !ok || content == missing:
			err = git.ErrMissing
		case int64(len(content)) > limit:
			err = &git.TooLargeError{ID: id, Size: int64(len(content)), Limit: limit}
		}
		data := []byte(content)
		if err != nil {
			data = nil
		}
		if err := fn(i, data, err); err != nil {
			return err
		}
		for i := range data {
			data[i] = 'X' // whoever kept it, finds out
		}
	}
	return nil
}

// toys are two languages that exist in tests only: "go", whose files import folders, and
// "toy", whose files import files. A line "use X" is an import, "embed X" and "dyn X"
// others; "ext:X" is external; "broken" damages the rest.
func toys() []*lang.Language {
	extract := func(src []byte) lang.Facts {
		f := lang.Facts{Package: "p"}
		for i, line := range strings.Split(string(src), "\n") {
			verb, what, _ := strings.Cut(line, " ")
			imp := lang.Import{Spec: what, Line: i + 1}
			switch verb {
			case "package":
				f.Package = what
				continue
			case "broken":
				f.Damaged = true
				return f
			case "use":
			case "embed":
				imp.Kind = lang.Embed
			case "dyn":
				imp.Kind = lang.Dynamic
			default:
				continue
			}
			f.Imports = append(f.Imports, imp)
		}
		return f
	}
	return []*lang.Language{
		{Name: "go", Extensions: []string{".go"}, Version: 1, Extract: extract,
			NewResolver: func(t lang.Tree) lang.Resolver { return toyResolver{t, true} }},
		{Name: "toy", Extensions: []string{".toy"}, Version: 3, Extract: extract,
			NewResolver: func(t lang.Tree) lang.Resolver { return toyResolver{t, false} }},
	}
}

type toyResolver struct {
	lang.Tree
	folders bool
}

func (r toyResolver) Resolve(_ string, imp lang.Import) lang.Resolution {
	switch {
	case strings.HasPrefix(imp.Spec, "ext:"):
		return lang.Resolution{External: true}
	case imp.Spec == "alias":
		if to := string(r.Read("alias.map")); r.Has(to) {
			return lang.Resolution{Files: []string{to}, Confidence: 1000}
		}
	case r.folders && imp.Kind != lang.Embed:
		for _, f := range r.Files() {
			if path.Dir(f) == imp.Spec && strings.HasSuffix(f, ".go") {
				return lang.Resolution{Package: imp.Spec, Confidence: 1000}
			}
		}
	case r.Has(imp.Spec):
		if imp.Kind == lang.Dynamic {
			return lang.Resolution{Files: []string{imp.Spec}, Confidence: 800}
		}
		return lang.Resolution{Files: []string{imp.Spec}, Confidence: 1000}
	}
	return lang.Resolution{}
}

func mustBuild(t testing.TB, m *memory, files map[string]string) *Graph {
	t.Helper()
	g, err := Build(t.Context(), BuildInput{Source: m, Commit: oid("commit"), Tree: m.tree(files), Languages: toys()})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func build(t testing.TB, files map[string]string) *Graph {
	t.Helper()
	return mustBuild(t, &memory{}, files)
}

// tracePaths traces modifications of paths.
func tracePaths(t testing.TB, g *Graph, paths ...change.Path) *Report {
	t.Helper()
	r, err := Trace(t.Context(), TraceInput{Paths: paths, Head: g})
	if err != nil {
		t.Fatal(err)
	}
	checkReport(t, r, g)
	return r
}

// traceChange traces from one set of files to another.
func traceChange(t testing.TB, from, head map[string]string, files ...change.File) *Report {
	t.Helper()
	m := &memory{}
	c := &change.Change{Base: oid("base"), Head: oid("head"), From: oid("base"), MergeBases: []git.OID{oid("base")}, Files: files}
	c.FromTree, c.HeadTree = m.tree(from), m.tree(head)
	r, err := Assess(t.Context(), AssessInput{Source: m, Change: c, Languages: toys()})
	if err != nil {
		t.Fatal(err)
	}
	checkReport(t, r, mustBuild(t, m, from), mustBuild(t, m, head))
	return r
}

// checkReport checks what holds for every report: order, and that each path is one of
// one of the graphs, from a changed file to the node.
func checkReport(t testing.TB, r *Report, graphs ...*Graph) {
	t.Helper()
	changed := map[string]bool{}
	for _, c := range r.Changed {
		changed["file:"+c.Path] = true
		if c.OldPath != "" {
			changed["file:"+c.OldPath] = true
		}
	}
	seen := map[string]bool{}
	for i, n := range r.Reached {
		if i > 0 && (n.Distance < r.Reached[i-1].Distance || n.Distance == r.Reached[i-1].Distance && n.Node <= r.Reached[i-1].Node) {
			t.Errorf("%s is out of order", n.Node)
		}
		if seen[n.Node] || changed[n.Node] {
			t.Errorf("%s is listed twice, or changed", n.Node)
		}
		seen[n.Node] = true
		if len(n.Via) != n.Distance || n.Distance < 1 || !changed[n.Via[0]] {
			t.Errorf("%s at distance %d has path %v", n.Node, n.Distance, n.Via)
		}
		if n.Confidence < 1 || n.Confidence > 1000 {
			t.Errorf("%s has confidence %d", n.Node, n.Confidence)
		}
		if n.Reason == "" || strings.ContainsAny(n.Reason, "\n\x1b") {
			t.Errorf("%s has reason %q", n.Node, n.Reason)
		}
		if !slices.ContainsFunc(graphs, func(g *Graph) bool { return hasPath(g, append(slices.Clone(n.Via), n.Node)) }) {
			t.Errorf("%s: %v is a path of no graph", n.Node, n.Via)
		}
	}
}

func hasPath(g *Graph, ids []string) bool {
	for i := 1; i < len(ids); i++ {
		found := false
		for _, e := range g.edges {
			found = found || g.nodes[e.From].ID() == ids[i] && g.nodes[e.To].ID() == ids[i-1]
		}
		if !found {
			return false
		}
	}
	return true
}

// lines is reached as "distance confidence edge node", for comparison.
func lines(r *Report) []string {
	var out []string
	for _, n := range r.Reached {
		out = append(out, fmt.Sprintf("%d %d %s %s", n.Distance, n.Confidence, n.Edge, n.Node))
	}
	return out
}

func codes(r *Report) string {
	var out []string
	for _, reason := range r.Reasons {
		out = append(out, reason.Code+" "+reason.Path)
	}
	return strings.Join(out, ", ")
}

var errBroken = errors.New("the pipe broke")
