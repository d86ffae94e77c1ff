package impact

import (
	"strings"
	"testing"
)

func TestInterpreted(t *testing.T) {
	for line, want := range map[string]string{
		"#!/usr/bin/python":                        "python",
		"#!/usr/bin/python3.11 -u":                 "python",
		"#! /usr/bin/env python3":                  "python",
		"#!/usr/bin/env -S uv run --script":        "python",
		"#!/usr/bin/env -S PYTHONPATH=lib python3": "python",
		"#!/usr/bin/env -u HOME python":            "python",
		"#!/usr/bin/env -Sdeno run":                "typescript",
		"#!/usr/bin/env node":                      "javascript",
		"#!/opt/bun/bin/bun\r":                     "typescript",
		"#!/bin/sh":                                "",
		"#!/usr/bin/env":                           "",
		"#!/usr/bin/env -S":                        "",
		"#!/usr/bin/env -u":                        "",
		"#!":                                       "",
		"# python":                                 "",
		"python":                                   "",
		"":                                         "",
		"#!" + strings.Repeat(" ", 300) + "python": "",
		"#!/usr/bin/pythonic":                      "",
	} {
		if got := interpreted([]byte(line + "\nimport node")); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}

// A script is read once for its interpreter and its facts, and not at all when both are kept.
func TestInterpreterReadsOnce(t *testing.T) {
	m := &memory{}
	tree := m.tree(map[string]string{
		"tool":   program + "#!/usr/bin/env python3\nimport lib\n",
		"run":    program + "#!/bin/sh\nexec python3 -m lib\n",
		"notes":  "#!/usr/bin/env python3\n",
		"lib.py": "x = 1\n",
	})
	facts := &Memory{}
	for _, want := range []int64{3, 0} {
		m.read.Store(0)
		g, err := Build(t.Context(), BuildInput{Source: m, Tree: tree, Facts: facts})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.read.Load(); got != want {
			t.Errorf("%d blobs were read, want %d", got, want)
		}
		if n := g.node("tool"); n < 0 || g.Node(n).Language != "python" || len(g.outOf(n)) != 1 {
			t.Errorf("tool is node %d of %+v", n, g.nodes)
		}
		if g.node("run") >= 0 || g.node("notes") >= 0 {
			t.Error("what no interpreter of a language runs is a node")
		}
	}
}
