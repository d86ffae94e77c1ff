package lang

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The tests of this file compare with tools that we did not write, over a checkout
// that CUSTODY_LANG_TREE names; without one they are skipped. bench/ does it in full.

// diskTree is a Tree over a checkout.
type diskTree struct {
	root  string
	files []string
	set   map[string]bool
	facts map[string]*Facts
}

func openDiskTree(t *testing.T) *diskTree {
	t.Helper()
	root := os.Getenv("CUSTODY_LANG_TREE")
	if root == "" {
		t.Skip("set CUSTODY_LANG_TREE=DIR to a checkout")
	}
	tree := &diskTree{root: root, set: map[string]bool{}, facts: map[string]*Facts{}}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, path)
			tree.files = append(tree.files, filepath.ToSlash(rel))
			tree.set[filepath.ToSlash(rel)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tree.files)
	return tree
}

func (d *diskTree) Files() []string      { return d.files }
func (d *diskTree) Has(path string) bool { return d.set[path] }

func (d *diskTree) Read(path string) []byte {
	if !d.set[path] {
		return nil
	}
	src, err := os.ReadFile(filepath.Join(d.root, path))
	if err != nil {
		return nil
	}
	return src
}

func (d *diskTree) Facts(path string) *Facts {
	l := ForPath(path)
	if l == nil {
		return nil
	}
	if d.facts[path] == nil {
		facts := l.Extract(d.Read(path))
		d.facts[path] = &facts
	}
	return d.facts[path]
}

// report complains of what is in a and not in b, and counts it.
func report(t *testing.T, what string, a, b map[string]bool) (n int) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(a)) {
		if !b[key] {
			n++
			if n <= 20 {
				t.Errorf("%s %s", what, strings.TrimSpace(key))
			}
		}
	}
	return n
}

// TestOraclePython holds import statements against those of a listing that
// CUSTODY_LANG_TRUTH names: JSON lines {"path", "imports"[], "err"}, as CPython's ast
// module sees them ("LINE import a.b", "LINE from .a import b,c", "LINE dynamic a").
func TestOraclePython(t *testing.T) {
	tree := openDiskTree(t)
	resolver := newPythonResolver(tree)
	kinds := map[string]int{}
	format := func(path string, facts *Facts) map[string]bool {
		have := map[string]bool{}
		for _, imp := range facts.Imports {
			spec := strings.Repeat(".", imp.Level) + imp.Spec
			switch {
			case imp.Kind == Dynamic:
				have[fmt.Sprintf("%d dynamic %s", imp.Line, spec)] = true
			case imp.Names == nil:
				have[fmt.Sprintf("%d import %s", imp.Line, spec)] = true
			default:
				have[fmt.Sprintf("%d from %s import %s", imp.Line, spec, strings.Join(imp.Names, ","))] = true
			}
			switch to := resolver.Resolve(path, imp); {
			case to.External:
				kinds["external"]++
			case len(to.Files) == 0:
				kinds["unresolved"]++
				t.Logf("%s:%d unresolved %s %v", path, imp.Line, spec, imp.Names)
			case to.Confidence < 1000:
				kinds["guessed"]++
			default:
				kinds["resolved"]++
			}
		}
		return have
	}
	compareListing(t, tree, format)
	t.Logf("resolution: %v", kinds)
}

// compareListing counts what the listing and the facts have that the other has not.
func compareListing(t *testing.T, tree *diskTree, format func(path string, facts *Facts) map[string]bool) {
	t.Helper()
	listing, err := os.ReadFile(os.Getenv("CUSTODY_LANG_TRUTH"))
	if err != nil {
		t.Skip("set CUSTODY_LANG_TRUTH=FILE to a listing of imports")
	}
	var files, imports, missed, extra, damaged, skipped int
	for line := range bytes.Lines(listing) {
		var truth struct {
			Path, Err string
			Imports   []string
		}
		if err := json.Unmarshal(line, &truth); err != nil {
			t.Fatal(err)
		}
		if truth.Err != "" {
			skipped++
			continue
		}
		facts := tree.Facts(truth.Path)
		if facts == nil {
			t.Errorf("%s: no facts", truth.Path)
			continue
		}
		want := map[string]bool{}
		for _, imp := range truth.Imports {
			want[imp] = true
		}
		have := format(truth.Path, facts)
		files++
		imports += len(want)
		missed += report(t, truth.Path+" misses", want, have)
		maps.DeleteFunc(have, func(key string, _ bool) bool { return strings.HasPrefix(key, "name ") })
		extra += report(t, truth.Path+" invents", have, want)
		if facts.Damaged {
			damaged++
			t.Errorf("%s is damaged", truth.Path)
		}
	}
	t.Logf("%d files, %d imports: %d missed, %d extra, %d damaged; %d files the other tool can not read",
		files, imports, missed, extra, damaged, skipped)
}

// TestOracleScript holds imports against those of a listing as of TestOraclePython:
// "LINE static ./x", "LINE type ./x", "LINE dynamic ./x".
func TestOracleScript(t *testing.T) {
	tree := openDiskTree(t)
	resolver := newScriptResolver(tree)
	kinds := map[string]int{}
	compareListing(t, tree, func(path string, facts *Facts) map[string]bool {
		have := map[string]bool{}
		for _, imp := range facts.Imports {
			have[fmt.Sprintf("%d %s", imp.Line, formatImport(imp))] = true
			switch to := resolver.Resolve(path, imp); {
			case to.External:
				kinds["external"]++
			case len(to.Files) == 0:
				kinds["unresolved"]++
				t.Logf("%s:%d unresolved %s", path, imp.Line, imp.Spec)
			case to.Confidence < 1000:
				kinds["guessed"]++
			default:
				kinds["resolved"]++
			}
		}
		return have
	})
	t.Logf("resolution: %v", kinds)
}

// TestOracleScriptTargets holds targets against those of TypeScript's own resolution:
// JSON lines {"path", "to"{"LINE kind spec": path}}.
func TestOracleScriptTargets(t *testing.T) {
	tree := openDiskTree(t)
	listing, err := os.ReadFile(os.Getenv("CUSTODY_LANG_TARGETS"))
	if err != nil {
		t.Skip("set CUSTODY_LANG_TARGETS=FILE to a listing of resolved imports")
	}
	resolver := newScriptResolver(tree)
	var agreed, wrong int
	for line := range bytes.Lines(listing) {
		var truth struct {
			Path string
			To   map[string]string
		}
		if err := json.Unmarshal(line, &truth); err != nil {
			t.Fatal(err)
		}
		for _, imp := range tree.Facts(truth.Path).Imports {
			want, ok := truth.To[fmt.Sprintf("%d %s", imp.Line, formatImport(imp))]
			if !ok {
				continue
			}
			if to := resolver.Resolve(truth.Path, imp); slices.Contains(to.Files, want) {
				agreed++
			} else {
				wrong++
				t.Errorf("%s:%d %s is %+v, TypeScript says %s", truth.Path, imp.Line, imp.Spec, to, want)
			}
		}
	}
	t.Logf("%d agreed, %d wrong", agreed, wrong)
}

// TestOracleJava holds imports, types and mentions against those of a listing as of
// TestOraclePython, from the compiler's own tree: "package a.b", "LINE import a.b.C",
// "type C", "name C". Mentions may be too many, and of types in expressions a
// variable's name in capitals is one; too few is wrong.
func TestOracleJava(t *testing.T) {
	tree := openDiskTree(t)
	resolver := newJavaResolver(tree)
	kinds, mentions := map[string]int{}, map[string]int{}
	compareListing(t, tree, func(path string, facts *Facts) map[string]bool {
		have := map[string]bool{}
		if facts.Package != "" {
			have["package "+facts.Package] = true
		}
		for _, name := range facts.Types {
			have["type "+name] = true
			have["name "+name] = true // the compiler makes mentions of an enum's own name
		}
		for _, imp := range facts.Imports {
			count := kinds
			if imp.Kind == SamePackage {
				count = mentions
				if !strings.Contains(imp.Spec, ".") {
					have["name "+imp.Spec] = true
				}
			} else {
				spec := imp.Spec
				if imp.Names != nil {
					spec += ".*"
				}
				have[fmt.Sprintf("%d import %s", imp.Line, spec)] = true
			}
			switch to := resolver.Resolve(path, imp); {
			case to.External:
				count["external"]++
			case len(to.Files) == 0:
				count["unresolved"]++
				t.Logf("%s:%d unresolved %s", path, imp.Line, imp.Spec)
			case to.Confidence < 1000:
				count["guessed"]++
			default:
				count["resolved"]++
			}
		}
		return have
	})
	t.Logf("resolution of imports: %v, of mentions: %v", kinds, mentions)
}
