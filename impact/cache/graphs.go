package cache

import (
	"custody/impact"
	"custody/internal/git"
)

// Graphs is an impact.GraphStore over a file that holds one graph. What holds for a Store
// holds for it.
type Graphs struct {
	file     treeFile
	known    *impact.Known // of the file's tree; nil until somebody asks
	kept     *impact.Known
	keptTree git.OID
}

// GraphFileName is the name of the file within a repository's cache folder.
const GraphFileName = "graph"

const graphMagic = "custody graph\x00\x00\x02"

// OpenGraphs opens a graph file. program tells builds of Custody apart that may see
// another graph in the same tree.
func OpenGraphs(path, program string) *Graphs {
	return &Graphs{file: treeFile{path: path, program: program, magic: graphMagic}}
}

// Graph finds the graph of a tree.
func (g *Graphs) Graph(tree git.OID) (*impact.Known, bool) {
	if g.kept != nil && g.keptTree == tree {
		return g.kept, true
	}
	if g.file.load(); g.file.content == nil || g.file.tree != tree {
		return nil, false
	}
	_, k, ok := g.Kept()
	return k, ok
}

// Kept is the graph that stands in the file.
func (g *Graphs) Kept() (tree git.OID, k *impact.Known, ok bool) {
	f := &g.file
	f.load()
	if f.content == nil {
		return tree, nil, false
	}
	if g.known == nil {
		if g.known, f.refused = impact.OpenKnown(f.content); f.refused != nil {
			f.content = nil
			return tree, nil, false
		}
	}
	return f.tree, g.known, !g.known.Damaged()
}

// Refused says why the file was ignored; nil when it was used, is absent, or nobody asked.
func (g *Graphs) Refused() error { return g.file.refused }

// KeepGraph keeps a graph until Save; the last one stays.
func (g *Graphs) KeepGraph(tree git.OID, k *impact.Known) { g.keptTree, g.kept = tree, k }

// Save writes the graph that was kept, unless the file holds it already, or one that is near.
func (g *Graphs) Save() error {
	f := &g.file
	f.load()
	if f.program == "" || g.kept == nil || f.content != nil && f.tree == g.keptTree && (g.known == nil || !g.known.Damaged()) {
		return nil
	}
	if f.content != nil && g.known != nil && !g.known.Damaged() && g.kept.Near(g.known) {
		return nil
	}
	return f.save(g.keptTree, g.kept.Encode)
}
