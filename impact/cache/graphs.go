package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"

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
	payload       string
	known         *impact.Known // of that tree; nil until somebody asks
	kept          *impact.Known
	keptTree      git.OID
	refused       error
}

// GraphFileName is the name of the file within a repository's cache folder.
const GraphFileName = "graph"

// A graph file holds, little-endian:
//
//	header  magic (16 bytes, the last one is the format's version), CRC-32C of all that
//	        follows (4), length of the file (8)
//	rest    program, tree id, each with its length in front; the graph
const graphMagic = "custody graph\x00\x00\x01"

// OpenGraphs opens a graph file. program tells builds of Custody apart that may see
// another graph in the same tree.
func OpenGraphs(path, program string) *Graphs { return &Graphs{path: path, program: program} }

// Graph finds the graph of a tree.
func (g *Graphs) Graph(tree git.OID) (*impact.Known, bool) {
	if g.kept != nil && g.keptTree == tree {
		return g.kept, true
	}
	g.load()
	if g.payload == "" || g.tree != tree {
		return nil, false
	}
	if g.known == nil {
		if g.known, g.refused = impact.DecodeKnown(g.payload); g.refused != nil {
			g.payload = ""
			return nil, false
		}
	}
	return g.known, true
}

// Refused says why the file was ignored; nil when it was used, is absent, or nobody asked.
func (g *Graphs) Refused() error { return g.refused }

// KeepGraph keeps a graph until Save; the last one stays.
func (g *Graphs) KeepGraph(tree git.OID, k *impact.Known) { g.keptTree, g.kept = tree, k }

// Save writes the graph that was kept, if the file does not hold it already.
func (g *Graphs) Save() error {
	g.load()
	if g.program == "" || g.kept == nil || g.payload != "" && g.tree == g.keptTree {
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
	b := append([]byte(graphMagic), make([]byte, 12)...)
	b = wire.AppendString(b, g.program)
	b = wire.AppendString(b, string(g.keptTree.Bytes()))
	b = append(b, g.kept.Encode()...)
	if len(b) > maxFile {
		return fmt.Errorf("the graph takes %d bytes, over the limit of %d", len(b), maxFile)
	}
	binary.LittleEndian.PutUint64(b[20:], uint64(len(b)))
	binary.LittleEndian.PutUint32(b[16:], crc32.Checksum(b[checkedFrom:], castagnoli()))
	return replace(g.path, b)
}

func (g *Graphs) load() {
	if g.loaded || g.program == "" { // a program that can not name itself keeps nothing
		return
	}
	g.loaded = true
	data, check, err := read(g.path)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		err = g.parse(data, check)
	}
	if err != nil {
		g.refused = fmt.Errorf("ignoring cache %s: %w", g.path, err)
	}
}

func (g *Graphs) parse(data string, check uint32) error {
	switch {
	case !strings.HasPrefix(data, graphMagic):
		return errors.New("it is no graph file, or of another version")
	case len(data) < 28 || le(data[20:28]) != uint64(len(data)):
		return errShort
	case uint32(le(data[16:20])) != check:
		return errors.New("its checksum is wrong")
	}
	d := wire.Decoder{Rest: data[28:]}
	program := d.String()
	tree, err := git.OIDFromBytes([]byte(d.String()))
	if d.Bad || err != nil {
		return errors.New("its header is malformed")
	}
	if program == g.program { // else it is another program's, who may use it still
		g.tree, g.payload = tree, d.Rest
	}
	return nil
}
