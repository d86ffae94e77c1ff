package lang

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata/*.txtar")

// TestGolden runs every case of testdata/*.txtar. A file "case/path" is a file of the
// case's tree; "case/want" is what the languages say about it.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no testdata/*.txtar (%v)", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			comment, members := parseTxtar(src)
			for _, c := range splitCases(members) {
				got := describe(c.tree)
				if *update {
					c.want.data = got
				} else if string(c.want.data) != string(got) {
					t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want.data)
				}
			}
			if *update {
				if err := os.WriteFile(name, formatTxtar(comment, members), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// describe prints facts and edges of every file of the tree.
func describe(tree memTree) []byte {
	var b bytes.Buffer
	resolvers := map[*Language]Resolver{}
	for _, path := range tree.Files() {
		l := ForPath(path)
		if l == nil {
			continue
		}
		if resolvers[l] == nil {
			resolvers[l] = l.NewResolver(tree)
		}
		facts := tree.Facts(path)
		fmt.Fprintf(&b, "%s: %s", path, l.Name)
		if facts.Package != "" {
			fmt.Fprintf(&b, " package %s", facts.Package)
		}
		if len(facts.Types) > 0 {
			fmt.Fprintf(&b, " types %s", strings.Join(facts.Types, " "))
		}
		if facts.Generated {
			b.WriteString(" generated")
		}
		if facts.Damaged {
			b.WriteString(" damaged")
		}
		b.WriteByte('\n')
		for _, imp := range facts.Imports {
			if imp.Kind == Computed {
				fmt.Fprintf(&b, "  %d %s\n", imp.Line, formatImport(imp))
				continue
			}
			fmt.Fprintf(&b, "  %d %s -> %s\n", imp.Line, formatImport(imp), formatResolution(resolvers[l].Resolve(path, imp)))
		}
		if l.Defines {
			describeDefinitions(&b, tree[path], facts)
		}
	}
	return b.Bytes()
}

// describeDefinitions prints what a file defines and hands on, with the names that each
// definition mentions, as far as the file spells them.
func describeDefinitions(b *bytes.Buffer, src []byte, facts *Facts) {
	names := map[NameHash]string{HashName("default"): "default", Everything: "*", PyOwnNames: "globals()", PyUnsaid: "import *", PyHandedOn: "from import"}
	for i := 0; i < len(src); {
		end := i
		for end < len(src) && (isIdent(src[end]) || src[end] == '$') {
			end++
		}
		word := string(src[i:end])
		for _, name := range []string{word, strings.TrimPrefix(word, "$"), "default"} {
			h := HashName(name)
			names[h] = name
			names[PyValueOf(h)], names[PyOwn(h)] = "value:"+name, "own:"+name
			names[ScriptTaken(h)], names[ScriptValueOf(h)] = "taken:"+name, "value:"+name
			names[ScriptTyped(h)], names[ScriptTyped(ScriptTaken(h))] = "type:"+name, "type:taken:"+name
		}
		i = end + 1
	}
	for i := range facts.Imports {
		names[ScriptEvery(facts.Imports[i].Spec)] = "*" + facts.Imports[i].Spec
	}
	for _, imp := range facts.Imports {
		top, _, _ := strings.Cut(imp.Spec, ".")
		for _, h := range slices.Sorted(maps.Keys(names)) {
			if name := names[h]; !strings.Contains(name, ":") {
				names[PyFrom(top, h)] = top + ":" + name
			}
		}
	}
	mentions := func(hashes []NameHash) string {
		var list []string
		for _, h := range hashes {
			if name := names[h]; name != "" {
				list = append(list, name)
			} else {
				list = append(list, fmt.Sprintf("%08x", h))
			}
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	for _, d := range facts.Definitions {
		marks := ""
		if d.Exported {
			marks += " exported"
		}
		if d.Runs {
			marks += " runs"
		}
		fmt.Fprintf(b, "  %d-%d %s %s%s: %s {%s}\n", d.Start, d.End, d.Kind, d.Name, marks, SignatureText(src, &d), mentions(d.Mentions))
	}
	if len(facts.Mentions) > 0 {
		fmt.Fprintf(b, "  rest {%s}\n", mentions(facts.Mentions))
	}
	for _, e := range facts.Exports {
		if e.As == "" {
			fmt.Fprintf(b, "  needs %s\n", e.Name)
			continue
		}
		fmt.Fprintf(b, "  exports %s as %s from %s\n", e.Name, e.As, facts.Imports[e.Import].Spec)
	}
}

func formatImport(imp Import) string {
	kind := []string{"static", "dynamic", "type", "embed", "same-package", "computed", "named", "handed", "glob", "text"}[imp.Kind]
	s := kind + " " + strings.Repeat(".", imp.Level) + imp.Spec
	if len(imp.Names) > 0 {
		s += " (" + strings.Join(imp.Names, " ") + ")"
	}
	return s
}

func formatResolution(to Resolution) string {
	var parts []string
	if to.Package != "" {
		parts = append(parts, "package "+to.Package)
		if to.Vendored != "" {
			parts = append(parts, "vendored "+to.Vendored)
		}
	}
	parts = append(parts, to.Files...)
	switch {
	case to.External && len(parts) > 0:
		return "external AND " + strings.Join(parts, " ")
	case to.External:
		return "external"
	case len(parts) == 0:
		return "unresolved"
	case to.Confidence != 1000:
		parts = append(parts, fmt.Sprintf("(%d)", to.Confidence))
	}
	return strings.Join(parts, " ")
}

// memTree is a Tree held in memory.
type memTree map[string][]byte

func (m memTree) Files() []string {
	out := make([]string, 0, len(m))
	for path := range m {
		out = append(out, path)
	}
	slices.Sort(out)
	return out
}

func (m memTree) Has(path string) bool { _, ok := m[path]; return ok }

func (m memTree) Read(path string) []byte {
	src, ok := m[path]
	if !ok || len(src) > 1<<20 {
		return nil
	}
	return append([]byte{}, src...)
}

func (m memTree) Facts(path string) *Facts {
	src, ok := m[path]
	l := ForPath(path)
	if !ok || l == nil {
		return nil
	}
	facts := l.Extract(src)
	return &facts
}

type member struct {
	name string
	data []byte
}

type goldenCase struct {
	name string
	tree memTree
	want *member
}

func splitCases(members []*member) []*goldenCase {
	var out []*goldenCase
	for _, m := range members {
		name, path, _ := strings.Cut(m.name, "/")
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, &goldenCase{name: name, tree: memTree{}, want: &member{}})
		}
		c := out[len(out)-1]
		if path == "want" {
			c.want = m
		} else {
			c.tree[path] = m.data
		}
	}
	return out
}

// parseTxtar reads the format of golang.org/x/tools/txtar: a comment, then members
// under lines "-- name --".
func parseTxtar(src []byte) (comment []byte, members []*member) {
	for line := range bytes.Lines(src) {
		if rest, ok := bytes.CutPrefix(line, []byte("-- ")); ok {
			if name, ok := bytes.CutSuffix(bytes.TrimSpace(rest), []byte(" --")); ok {
				members = append(members, &member{name: string(name)})
				continue
			}
		}
		if len(members) == 0 {
			comment = append(comment, line...)
		} else {
			m := members[len(members)-1]
			m.data = append(m.data, line...)
		}
	}
	return comment, members
}

func formatTxtar(comment []byte, members []*member) []byte {
	out := slices.Clone(comment)
	for _, m := range members {
		out = fmt.Appendf(out, "-- %s --\n%s", m.name, m.data)
	}
	return out
}
