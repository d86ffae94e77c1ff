package cache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"custody/impact"
	"custody/impact/wire"
	"custody/internal/git"
)

// Graphs is an impact.GraphStore over a file that holds one graph: that of the tree to
// which the next change will most likely be made. What holds for a Store holds for it.
//
// A graph follows from the tree and from the program that made it, so the file names that
// program, too, and no other believes it.
type Graphs struct {
	path, program string
	loaded        bool
	tree          git.OID // of the graph in the file
	content       *pages
	known         *impact.Known // of that tree; nil until somebody asks
	kept          *impact.Known
	keptTree      git.OID
	refused       error
}

// GraphFileName is the name of the file within a repository's cache folder.
const GraphFileName = "graph"

// A graph file is a paged one. Its head is the program and the tree's id, each with its
// length in front; its content is the graph.
const graphMagic = "custody graph\x00\x00\x02"

// OpenGraphs opens a graph file. program tells builds of Custody apart that may see
// another graph in the same tree.
func OpenGraphs(path, program string) *Graphs { return &Graphs{path: path, program: program} }

// Graph finds the graph of a tree.
func (g *Graphs) Graph(tree git.OID) (*impact.Known, bool) {
	if g.kept != nil && g.keptTree == tree {
		return g.kept, true
	}
	g.load()
	if g.content == nil || g.tree != tree {
		return nil, false
	}
	if g.known == nil {
		if g.known, g.refused = impact.OpenKnown(g.content); g.refused != nil {
			g.content = nil
			return nil, false
		}
	}
	return g.known, !g.known.Damaged()
}

// Refused says why the file was ignored; nil when it was used, is absent, or nobody asked.
func (g *Graphs) Refused() error { return g.refused }

// KeepGraph keeps a graph until Save; the last one stays.
func (g *Graphs) KeepGraph(tree git.OID, k *impact.Known) { g.keptTree, g.kept = tree, k }

// Save writes the graph that was kept, if the file does not hold it already.
func (g *Graphs) Save() error {
	g.load()
	if g.program == "" || g.kept == nil || g.content != nil && g.tree == g.keptTree && (g.known == nil || !g.known.Damaged()) {
		return nil
	}
	if err := g.save(); err != nil {
		return fmt.Errorf("writing cache %s: %w", g.path, err)
	}
	return nil
}

func (g *Graphs) save() error {
	folder := filepath.Dir(g.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := checkFolder(folder); err != nil {
		return err
	}
	unlock, err := lock(g.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	parts := g.kept.Encode()
	if parts == nil {
		return nil
	}
	head := wire.AppendString(wire.AppendString(nil, g.program), string(g.keptTree.Bytes()))
	return replace(g.path, func(out pagedOutput) error { return writePaged(out, graphMagic, head, whole(parts...)) })
}

func (g *Graphs) load() {
	if g.loaded || g.program == "" { // a program that can not name itself keeps nothing
		return
	}
	g.loaded = true
	head, content, err := openPages(g.path, graphMagic)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		err = g.parse(head, content)
	}
	if err != nil {
		g.refused = fmt.Errorf("ignoring cache %s: %w", g.path, err)
	}
}

func (g *Graphs) parse(head string, content *pages) error {
	d := wire.Decoder{Rest: head}
	program := d.String()
	tree, err := git.OIDFromBytes([]byte(d.String()))
	if d.Bad || d.Rest != "" || err != nil {
		return errors.New("its head is malformed")
	}
	if program == g.program { // else it is another program's, who may use it still
		g.tree, g.content = tree, content
	}
	return nil
}
