package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"custody/bench/registry"
	"custody/impact"
)

// Python's own parser and finders are the truth of Python: truth_python.py, which shares
// nothing with the scanner.
//
//go:embed truth_python.py
var pythonProgram string

// pythonTruth asks what the files of a folder import, given what the project puts on
// Python's path.
func pythonTruth(ctx context.Context, root string, ask question) (*truth, error) {
	program, err := os.CreateTemp("", "truth*.py")
	if err != nil {
		return nil, err
	}
	defer os.Remove(program.Name())
	if _, err := program.WriteString(pythonProgram); err != nil {
		return nil, err
	}
	if err := program.Close(); err != nil {
		return nil, err
	}
	env := append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH=", "PYTHONHASHSEED=0")
	out, err := registry.Output(ctx, root, env, append([]string{"python3", "-S", "-E", program.Name(), root}, ask.roots...)...)
	if err != nil {
		return nil, err
	}
	var said struct {
		Python string
		Files  int
		Edges  [][3]string
		Bound  [][2]string
		Unread [][2]string
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return nil, fmt.Errorf("reading what Python says: %w", err)
	}
	edges, bound, unread := map[edge]string{}, map[edge]bool{}, map[string]bool{}
	for _, e := range said.Edges {
		edges[edge{e[0], e[1]}] = e[2]
	}
	for _, e := range said.Bound {
		bound[edge{e[0], e[1]}] = true
	}
	for _, f := range said.Unread {
		unread[f[0]] = true
	}
	return &truth{
		tool:  "ast and importlib.machinery of Python " + said.Python,
		files: said.Files,
		edges: edges,
		ends:  fileEnds("python"),
		explain: func(g *impact.Graph, e *impact.Edge) string {
			from, to := string(g.Node(e.From).Path), string(g.Node(e.To).Path)
			stub, isStub := strings.CutSuffix(to, ".pyi")
			switch {
			case e.Evidence.Source == "conftest.py":
				return "what pytest loads beside tests, without an import"
			case e.Evidence.Source == "dynamic-import":
				return "a module that is named as text for pytest or python -m, which is no import"
			case unread[from]:
				return "a file that Python itself can not read"
			case isStub && has(edges, edge{from, stub + ".py"}):
				return "the stub beside a module"
			case bound[edge{from, to}]:
				return "a submodule, where its package has something else of that name"
			case isStub || strings.HasSuffix(to, ".pyx"):
				return "the stub or source of an extension module"
			case e.Confidence < 1000:
				return "a guess, said to be one: in a folder that is on no path here"
			}
			return ""
		},
	}, nil
}

func has(edges map[edge]string, e edge) bool {
	_, ok := edges[e]
	return ok
}
