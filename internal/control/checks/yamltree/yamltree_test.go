package yamltree

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	goccy "github.com/goccy/go-yaml/parser"
)

// plain is a node as data: scalars are texts.
func plain(n *Node, depth int) any {
	n = n.Resolve()
	if n == nil || depth > 20 {
		return nil
	}
	switch n.Kind {
	case Scalar:
		return strings.TrimRight(n.Text, "\n") // the two differ where the file ends without a newline
	case List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plain(item, depth+1))
		}
		return list
	case Map:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Key.Text] = plain(f.Value, depth+1)
		}
		return m
	}
	return nil
}

// theirs is what goccy/go-yaml makes of the same node.
func theirs(n ast.Node, anchors map[string]ast.Node) any {
	switch v := n.(type) {
	case *ast.MappingNode:
		m := map[string]any{}
		for _, pair := range v.Values {
			m[keyOf(pair.Key)] = theirs(pair.Value, anchors)
		}
		return m
	case *ast.MappingValueNode:
		return map[string]any{keyOf(v.Key): theirs(v.Value, anchors)}
	case *ast.SequenceNode:
		list := []any{}
		for _, item := range v.Values {
			list = append(list, theirs(item, anchors))
		}
		return list
	case *ast.AnchorNode:
		anchors[v.Name.String()] = v.Value
		return theirs(v.Value, anchors)
	case *ast.AliasNode:
		return theirs(anchors[v.Value.String()], anchors)
	case *ast.TagNode:
		return theirs(v.Value, anchors)
	case *ast.LiteralNode:
		return strings.TrimRight(v.Value.Value, "\n")
	case *ast.StringNode:
		return strings.TrimRight(v.Value, "\n")
	case *ast.NullNode, nil:
		return nil
	}
	return n.GetToken().Value
}

func keyOf(k ast.MapKeyNode) string {
	if s, ok := k.(*ast.StringNode); ok {
		return s.Value
	}
	return k.GetToken().Value
}

func compare(src []byte) (string, bool) {
	docs, err := Parse(src)
	file, theirErr := goccy.ParseBytes(src, 0)
	if (err != nil) != (theirErr != nil) {
		return fmt.Sprintf("we say %v, goccy says %.200v", err, theirErr), false
	}
	if err != nil {
		return "", true
	}
	var ours, other []any
	for _, d := range docs {
		if d.Kind != Null {
			ours = append(ours, plain(d, 0))
		}
	}
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.CommentType {
			if x := theirs(d.Body, map[string]ast.Node{}); x != nil {
				other = append(other, x)
			}
		}
	}
	a, _ := json.MarshalIndent(ours, "", " ")
	b, _ := json.MarshalIndent(other, "", " ")
	if string(a) != string(b) {
		i := 0
		for i < len(a) && i < len(b) && a[i] == b[i] {
			i++
		}
		i = max(0, i-60)
		return fmt.Sprintf("ours:\n%.300s\ngoccy's:\n%.300s", a[i:], b[min(i, len(b)):]), false
	}
	return "", true
}

// TestAgainstAnotherParser holds the tree against what goccy/go-yaml makes of the same
// text, for every construct that workflows use.
func TestAgainstAnotherParser(t *testing.T) {
	for name, src := range map[string]string{
		"workflow":       "name: CI\non:\n  push:\n    branches: [main, 'release/*']\n  pull_request:\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4 # pin\n        with: {fetch-depth: 0, ref: \"x\"}\n      - run: |\n          make\n\n          if true; then\n            make test\n          fi\n      - name: Folded\n        run: >-\n          go test\n          ./...\n",
		"flush list":     "steps:\n- a\n- b:\n    c\n- - d\n  - e\nend: 1\n",
		"anchors":        "base: &base\n  a: 1\nuse:\n  <<: *base\n  b: *base\nlist: [&x one, *x]\n",
		"documents":      "---\na: 1\n---\nb: 2\n...\n",
		"quotes":         "a: 'it''s'\nb: \"tab\\tnew\\nline \\u00e9\"\nc: \"over\n  two lines\"\n'quoted key': v\n\"other: key\": w\n",
		"plain lines":    "a: one\n  two\n  three\nb: x#y\nc: http://host:80/path # comment\n",
		"keep":           "a: |+\n  x\n\nb: |-\n  y\nc: |\n  z\n",
		"indicator":      "a: |2\n    x\n   y\n",
		"deep fold":      "a: >\n  one\n  two\n\n  three\n    four\n  five\n",
		"comments":       "# head\na:\n  # inside\n  b: 1 # behind\n\n# between\nc: 2\n",
		"flow lines":     "a: [one,\n  two, # c\n  {b: c, d: [e]}\n]\nf: {}\ng: []\n",
		"nothing":        "a:\nb: ~\nc: null\n",
		"tags":           "a: !reference [x, y]\nb: !!str 12\n",
		"expression":     "if: ${{ github.event_name == 'push' }}\nx: a: b\n",
		"strange indent": "a:\n    b: 1\n  c: 2\n",
		"unclosed":       "a: [b\n",
		"expr in quotes": "run: \"echo '${{ github.ref }}'\"\n",
		"dash value":     "a: -x\nb: - x\n",
	} {
		if diff, ok := compare([]byte(src)); !ok {
			t.Errorf("%s:\n%s\n%s", name, src, diff)
		}
	}
}

// TestRealFiles compares on the YAML files below CUSTODY_LANG_TREE.
func TestRealFiles(t *testing.T) {
	root := os.Getenv("CUSTODY_LANG_TREE")
	if root == "" {
		t.Skip("set CUSTODY_LANG_TREE=DIR to compare on its YAML files")
	}
	same, different := 0, 0
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") && !strings.HasSuffix(path, ".yaml") {
			return nil
		}
		src, _ := os.ReadFile(path)
		if len(src) > 200_000 {
			return nil
		}
		if diff, ok := compare(src); ok {
			same++
		} else if different++; different < 20 {
			t.Logf("%s: %.3000s", path, diff)
		}
		return nil
	})
	t.Logf("%d files are read alike, %d are not", same, different)
}

// TestLines: everything knows where it stands.
func TestLines(t *testing.T) {
	docs, err := Parse([]byte("a: 1\njobs:\n  x:\n    run: |\n\n      one\n      two\n    last: >\n      p\n      q\n    plain: r\n      s\n"))
	if err != nil {
		t.Fatal(err)
	}
	x := docs[0].Get("jobs").Get("x")
	for key, want := range map[string]string{"run": "4-7 from 5 [ one two]", "last": "8-10 from 9 [p q]", "plain": "11-12 from 11 [r s]"} {
		n := x.Get(key)
		if got := fmt.Sprintf("%d-%d from %d %v", n.Line, n.EndLine, n.SourceLine, n.Source); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

// TestHostile: nothing is expensive, and what is too much is an error.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for name, c := range map[string]struct {
		src string
		ok  bool
	}{
		"aliases":         {bomb, true},
		"deep flow":       {strings.Repeat("[", 500_000), false},
		"deep list":       {strings.Repeat("- ", 400_000), false},
		"deep map":        {strings.Repeat("a: ", 300_000), false},
		"deep indent":     {deep(2000), false},
		"many keys":       {strings.Repeat("a: b\n", 150_000), false},
		"long line":       {"a: " + strings.Repeat("x", 900_000), true},
		"many quotes":     {strings.Repeat("\"a\n", 100_000), false},
		"unclosed quotes": {strings.Repeat("- \"a\n", 100_000), false},
		"merges":          {mergeBomb(), true},
		"self alias":      {"a: &a {b: *a, <<: *a}\n", true},
		"too long":        {strings.Repeat("#\n", 600_000), false},
		"NUL":             {"a: \x00\n", true},
	} {
		docs, err := Parse([]byte(c.src))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		for _, d := range docs {
			d.Get("nothing")
		}
	}
}

// mergeBomb merges a mapping a hundred times a hundred times, and so on.
func mergeBomb() string {
	b := "a: &a {x: y}\n"
	for c := 'b'; c < 'l'; c++ {
		b += fmt.Sprintf("%c: &%c\n  <<: [%s*%c]\n", c, c, strings.Repeat(fmt.Sprintf("*%c, ", c-1), 100), c-1)
	}
	return b + "<<: *k\n"
}

func deep(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
		if b.Len() > MaxBytes/2 {
			break
		}
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	for _, src := range []string{"a: [b, {c: d}]\n- e\n", "a: |\n  b\n c: >-\n", "? x\n", "&a *a", "a: &b\n  <<: *b\n", "\"a\\", "--- a\n...\n", "a:\n\t- b", "- - - a: 'b\n  c'", "[a\n b, c: d\n: e]", "!t &x y: z"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		docs, err := Parse(src)
		if err != nil {
			return
		}
		lines := strings.Count(string(src), "\n") + 1
		seen := 0
		for _, d := range docs {
			d.Walk(func(_ []string, n *Node) bool {
				if seen++; seen > 2*MaxNodes {
					t.Fatal("more nodes than are allowed")
				}
				if n.Line < 1 || n.EndLine < n.Line || n.EndLine > lines || len(n.Source) > 0 && (n.SourceLine < n.Line || n.SourceLine+len(n.Source)-1 > lines) {
					t.Fatalf("%+v of %d lines", n, lines)
				}
				n.Get("key")
				return true
			})
		}
	})
}
