package impact

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"custody/internal/git"
)

// GraphSchema is the value of "schema" in a graph document.
const GraphSchema = "custody/graph/v1"

// The members of a graph document, in the order in which they are written.
type (
	documentNode struct {
		ID       string `json:"id"`
		Kind     Kind   `json:"kind"`
		Path     string `json:"path"` // escaped
		Language string `json:"language,omitempty"`
		Name     string `json:"name,omitempty"`

		Marks []string `json:"marks,omitempty"`
	}
	documentEdge struct {
		From       string     `json:"from"`
		To         string     `json:"to"`
		Kind       EdgeKind   `json:"kind"`
		Confidence Confidence `json:"confidence"`
		Evidence   Evidence   `json:"evidence"`
	}
)

// WriteDocument writes the graph as custody/graph/v1: an object with schema, commit,
// tree, nodes by id, edges by from, to and kind, and everything that is skipped by path.
// One node, edge or skip stands on a line, so that two documents can be compared with
// diff. It never holds the whole document in memory.
func (g *Graph) WriteDocument(w io.Writer) error {
	d := &documentWriter{w: bufio.NewWriterSize(w, 64<<10)}
	d.text(`{"schema":`)
	d.value(GraphSchema)
	d.id(`,"commit":`, g.Commit)
	d.id(`,"tree":`, g.Tree)
	ids := make([]string, len(g.nodes))
	d.list("nodes", len(g.nodes), func(i int) any {
		n := &g.nodes[i]
		ids[i] = n.ID()
		return documentNode{ids[i], n.Kind, n.Path.Escaped(), n.Language, clip(n.Name), n.Marks.Names()}
	})
	d.list("edges", len(g.edges), func(i int) any {
		e := &g.edges[i]
		return documentEdge{ids[e.From], ids[e.To], e.Kind, e.Confidence, e.Evidence}
	})
	d.list("skipped", len(g.skips), func(i int) any { return g.skips[i] })
	d.text("}\n")
	if d.err != nil {
		return d.err
	}
	return d.w.Flush()
}

// A documentWriter remembers the first error and then does nothing more.
type documentWriter struct {
	w   *bufio.Writer
	buf bytes.Buffer
	err error
}

func (d *documentWriter) text(s string) {
	if d.err == nil {
		_, d.err = d.w.WriteString(s)
	}
}

func (d *documentWriter) value(v any) {
	if d.err != nil {
		return
	}
	d.buf.Reset()
	enc := json.NewEncoder(&d.buf)
	enc.SetEscapeHTML(false)
	if d.err = enc.Encode(v); d.err == nil {
		_, d.err = d.w.Write(bytes.TrimSuffix(d.buf.Bytes(), []byte("\n")))
	}
}

func (d *documentWriter) id(key string, id git.OID) {
	if !id.IsZero() {
		d.text(key)
		d.value(id)
	}
}

func (d *documentWriter) list(name string, n int, at func(int) any) {
	d.text(",\n\"" + name + "\":[")
	for i := range n {
		if i > 0 {
			d.text(",")
		}
		d.text("\n")
		d.value(at(i))
	}
	d.text("]")
}
