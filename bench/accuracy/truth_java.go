package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"custody/bench/registry"
	"custody/impact"
)

// javac is the truth of Java: which types of other files a file names, once the compiler
// has found out what every name means.
//
//go:embed Truth.java
var javaProgram string

func javaTruth(ctx context.Context, root string, ask question) (*truth, error) {
	scratch, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	program := filepath.Join(scratch, "Truth.java")
	if err := os.WriteFile(program, []byte(javaProgram), 0o600); err != nil {
		return nil, err
	}
	mode := "attribute"
	if ask.parse {
		mode = "parse"
	}
	version, err := registry.Output(ctx, scratch, nil, "javac", "-version")
	if err != nil {
		return nil, err
	}
	out, err := registry.Output(ctx, scratch, nil, "java", "-Xss64m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", program, mode, root)
	if err != nil {
		return nil, err
	}
	t := javaListing{named: map[edge]string{}, unnamed: map[edge]string{}, read: map[string]bool{}, several: map[[2]string]bool{}, parse: ask.parse}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case f[0] == "read" && len(f) == 2:
			t.read[f[1]] = true
		case f[0] == "unread" && len(f) == 2:
			delete(t.read, f[1])
		case f[0] == "named" && len(f) == 4:
			t.named[edge{f[1], f[2]}] = f[3]
		case f[0] == "unnamed" && len(f) == 4:
			t.unnamed[edge{f[1], f[2]}] = f[3]
		case f[0] == "several" && len(f) == 3:
			t.several[[2]string{f[1], f[2]}] = true
		default:
			return nil, fmt.Errorf("what Truth.java says is not understood: %q", line)
		}
	}
	edges := map[edge]string{}
	for e, name := range t.unnamed {
		edges[e] = name
	}
	for e, name := range t.named {
		edges[e] = name
	}
	return &truth{
		tool:    strings.TrimSpace(string(version)) + ", " + mode,
		files:   len(t.read),
		edges:   edges,
		ends:    t.ends,
		explain: t.explain,
		excuse:  t.excuse,
	}, nil
}

// javaListing is what javac says.
type javaListing struct {
	named, unnamed map[edge]string
	read           map[string]bool
	several        map[[2]string]bool
	parse          bool
}

// ends implements truth: between Java files; by the parser alone, of import statements.
func (t *javaListing) ends(g *impact.Graph, e *impact.Edge) (edge, bool) {
	key, ok := fileEnds("java")(g, e)
	return key, ok && strings.HasSuffix(key.To, ".java") && (!t.parse || e.Evidence.Source == "import")
}

func (t *javaListing) explain(g *impact.Graph, e *impact.Edge) string {
	from := string(g.Node(e.From).Path)
	switch {
	case !t.read[from]:
		return "a file that javac can not read"
	case e.Evidence.Source == "same-package":
		return "a name of a type that means something else there: a nested type, a type parameter, a constant"
	case t.parse && t.several[[2]string{from, e.Evidence.Detail}]:
		return "an import that several files could mean"
	case e.Confidence < 1000:
		return "a guess, said to be one"
	}
	return ""
}

// excuse lets go what the file does not spell: the graph gets there through the file that
// does.
func (t *javaListing) excuse(_ *impact.Graph, e edge) string {
	if !has(t.named, e) {
		return "a type that the file does not name, used by inference or inheritance"
	}
	return ""
}
