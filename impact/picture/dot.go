package picture

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"custody/impact"
	"custody/internal/change"
)

// maxDOT bounds the reached nodes of a DOT document: Graphviz draws no more in any time
// that somebody waits.
const maxDOT = 2000

// DOT writes a report for Graphviz: each changed and reached node, and of each reached
// one the last step of its path. Lines point the way the change goes. The nearest 2,000
// nodes are drawn; one more says how many there are besides.
func DOT(w io.Writer, r *impact.Report) error {
	out := bufio.NewWriter(w)
	out.WriteString("digraph impact {\n\trankdir=LR;\n\tnode [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
	for _, c := range r.Changed {
		fmt.Fprintf(out, "\t%s [label=%s, style=\"rounded,filled\", fillcolor=\"#fff3d6\", color=\"#b7791f\"];\n",
			quote("file:"+c.Path), quote(c.Path+"\n"+c.Status.String()))
		if c.OldPath != "" {
			fmt.Fprintf(out, "\t%s [label=%s, style=\"rounded,dashed\", color=\"#b7791f\"];\n\t%s -> %s [style=dashed];\n",
				quote("file:"+c.OldPath), quote(c.OldPath+"\nas it was"), quote("file:"+c.OldPath), quote("file:"+c.Path))
		}
	}
	_, _, unlisted := counted(r)
	for i := range r.Reached {
		n := &r.Reached[i]
		if i == maxDOT {
			fmt.Fprintf(out, "\t%s [label=%s, shape=plaintext];\n", quote("more"), quote(fmt.Sprintf("and %s more", change.Thousands(len(r.Reached)-i+unlisted))))
			break
		}
		color := "#1f6feb"
		switch n.Kind {
		case impact.KindTest:
			color = "#1a7f4b"
		case impact.KindDocument:
			color = "#7b4fc9"
		}
		label := n.Path
		if n.Kind == impact.KindPackage {
			label = "package " + n.Path
		}
		fmt.Fprintf(out, "\t%s [label=%s, color=\"%s\", tooltip=%s];\n", quote(n.Node), quote(label), color, quote(n.Reason))
		if len(n.Via) > 0 {
			from := n.Via[len(n.Via)-1]
			style := ""
			if n.Confidence < unsure {
				style = ", style=dashed"
			}
			fmt.Fprintf(out, "\t%s -> %s [label=%s%s];\n", quote(from), quote(n.Node), quote(string(n.Edge)), style)
		}
	}
	out.WriteString("}\n")
	return out.Flush()
}

// quote is a string of DOT: in quotes, where only a quote and, in a label, a backslash
// mean something.
func quote(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", " ", "\x00", " ").Replace(s)
	return `"` + s + `"`
}
