package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// A tree is a folder as it was, and as one mutant makes it, as impact reads a repository.
type tree struct {
	paths []string
	ids   map[string]git.OID
	blobs map[git.OID][]byte
	facts impact.FactStore

	mutated string // path that has another content at head
	id      git.OID
}

var baseTree, headTree = mustID("ba"), mustID("ff")

func mustID(pair string) git.OID {
	id, err := git.ParseOID(strings.Repeat(pair, 20))
	if err != nil {
		panic(err)
	}
	return id
}

func readTree(root string) (*tree, error) {
	t := &tree{ids: map[string]git.OID{}, blobs: map[git.OID][]byte{}, facts: &impact.Memory{}}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() || !e.Type().IsRegular() {
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		path := filepath.ToSlash(rel)
		t.paths = append(t.paths, path)
		t.ids[path] = t.keep(data)
		return nil
	})
	slices.Sort(t.paths)
	return t, err
}

func (t *tree) keep(data []byte) git.OID {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	id, err := git.ParseOID(hex.EncodeToString(h.Sum(nil)))
	if err != nil {
		panic(err)
	}
	t.blobs[id] = data
	return id
}

// Walk implements impact.Source.
func (t *tree) Walk(ctx context.Context, id git.OID, fn func(path string, e git.Entry, err error) error) error {
	for _, p := range t.paths {
		blob := t.ids[p]
		if id == headTree && p == t.mutated {
			blob = t.id
		}
		if err := fn(p, git.Entry{Name: filepath.Base(p), Mode: git.ModeFile, ID: blob}, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Blobs implements impact.Source.
func (t *tree) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	for i, id := range ids {
		data, err := t.blobs[id], error(nil)
		if int64(len(data)) > limit {
			data, err = nil, &git.TooLargeError{ID: id, Size: int64(len(data)), Limit: limit}
		}
		if err := fn(i, data, err); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// A set is the files that are predicted, with the definitions where those are known.
type set struct {
	files   map[string]bool
	symbols map[string]map[string]bool // nil: all of the file
}

// reach predicts what a mutated file can break: by symbol, and by file.
func (t *tree) reach(ctx context.Context, path string, data []byte) (bySymbol, byFile set, err error) {
	t.mutated, t.id = path, t.keep(data)
	c := &change.Change{
		Base: baseTree, From: baseTree, FromTree: baseTree, Head: headTree, HeadTree: headTree, MergeBases: []git.OID{baseTree},
		Files: []change.File{{Path: change.Path(path), Status: change.Modified, Mode: git.ModeFile, OldMode: git.ModeFile, ID: t.id, OldID: t.ids[path]}},
	}
	in := impact.AssessInput{Source: t, Change: c, Facts: t.facts}
	report, err := impact.Assess(ctx, in)
	if err != nil {
		return set{}, set{}, err
	}
	in.WholeFiles = true
	wholly, err := impact.Assess(ctx, in)
	if err != nil {
		return set{}, set{}, err
	}
	return t.setOf(report), t.setOf(wholly), nil
}

// setOf lists the files of a report: a package that is reached as a file stands for all in
// its folder.
func (t *tree) setOf(r *impact.Report) set {
	s := set{files: map[string]bool{}, symbols: map[string]map[string]bool{}}
	for _, c := range r.Changed {
		s.files[c.Path] = true
	}
	for _, n := range r.Reached {
		switch {
		case n.Kind != impact.KindPackage:
			s.files[n.Path] = true
			if n.Precision == impact.PrecisionSymbol {
				s.symbols[n.Path] = map[string]bool{}
				for _, name := range n.Symbols {
					s.symbols[n.Path][name] = true
				}
			}
		case n.Precision != impact.PrecisionSymbol:
			for _, p := range t.paths {
				folder := filepath.ToSlash(filepath.Dir(p))
				if strings.HasSuffix(p, ".go") && folder == n.Path {
					s.files[p] = true
					delete(s.symbols, p)
				}
			}
		}
	}
	return s
}

// has says whether a test is in the set, and whether it is by its name, too.
func (s set) has(file, test string) (inFile, byName bool) {
	names, known := s.symbols[file]
	return s.files[file], s.files[file] && (!known || names[test])
}
