package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"go.yaml.in/yaml/v3"

	"custody/internal/control/cel"
)

// show writes a value so that equal ones look equal.
func show(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e15 {
			return fmt.Sprint(int64(v)) // an oracle may know one kind of number only
		}
		return fmt.Sprint(v)
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return fmt.Sprint(i)
		}
		if u, err := strconv.ParseUint(string(v), 10, 64); err == nil {
			return fmt.Sprint(u)
		}
		f, _ := v.Float64()
		return show(f)
	case string:
		return fmt.Sprintf("%q", v)
	case []cel.Value:
		var parts []string
		for _, item := range v {
			parts = append(parts, show(item))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case []any:
		return show(slices.Collect(func(yield func(cel.Value) bool) {
			for _, item := range v {
				if !yield(item) {
					return
				}
			}
		}))
	case *cel.Mapping:
		var parts []string
		for k, item := range v.All() {
			parts = append(parts, show(k)+": "+show(item))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case map[string]any:
		var parts []string
		for k, item := range v {
			parts = append(parts, show(k)+": "+show(item))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case map[any]any:
		var parts []string
		for k, item := range v {
			parts = append(parts, show(k)+": "+show(item))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v)
}

// witness is another program's reading of a file; false when it refuses it.
func witness(name string, src []byte) (docs []string, ok bool) {
	switch filepath.Ext(name) {
	case ".json":
		var v any
		if d := json.NewDecoder(bytes.NewReader(src)); !json.Valid(src) || func() error { d.UseNumber(); return d.Decode(&v) }() != nil {
			return nil, false
		}
		return []string{show(v)}, true
	case ".yaml", ".yml":
		if bytes.ContainsRune(src, '!') || bytes.Contains(src, []byte(":}")) || bytes.Contains(src, []byte(":]")) || bytes.Contains(src, []byte(":,")) {
			return nil, false // tags that are not known, and what it takes for a part of a key
		}
		d := yaml.NewDecoder(strings.NewReader(string(src)))
		for {
			var n yaml.Node
			err := d.Decode(&n)
			if err != nil {
				return docs, err.Error() == "EOF"
			}
			v, ok := yamlNode(&n)
			if !ok {
				return nil, false
			}
			if v == nil { // an empty one, which we leave out
				continue
			}
			docs = append(docs, show(v))
		}
	default:
		f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
		if diags.HasErrors() {
			return nil, false
		}
		return []string{show(hclBody(src, f.Body.(*hclsyntax.Body)))}, true
	}
}

// yamlNode is the value of a node by the core schema; false where the other reader and we
// differ on purpose.
func yamlNode(n *yaml.Node) (any, bool) {
	switch n.Kind {
	case yaml.DocumentNode:
		return yamlNode(n.Content[0])
	case yaml.AliasNode:
		return yamlNode(n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, ok := yamlNode(c)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
		return list, n.ShortTag() == "!!seq"
	case yaml.MappingNode:
		m := map[any]any{}
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].ShortTag() == "!!merge" {
				continue
			}
			k, ok := yamlNode(n.Content[i])
			v, ok2 := yamlNode(n.Content[i+1])
			if _, isMap := k.(map[any]any); !ok || !ok2 || isMap {
				return nil, false
			}
			if _, isList := k.([]any); isList {
				return nil, false
			}
			m[k] = v
		}
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].ShortTag() != "!!merge" {
				continue
			}
			v, ok := yamlNode(n.Content[i+1])
			list, isList := v.([]any)
			if !isList {
				list = []any{v}
			}
			for _, from := range list {
				for k, v := range from.(map[any]any) {
					if _, own := m[k]; !own {
						m[k] = v
					}
				}
			}
			if !ok {
				return nil, false
			}
		}
		return m, n.ShortTag() == "!!map"
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return n.Value, true
	case "!!null":
		return nil, true
	case "!!bool":
		return strings.ToLower(n.Value) == "true", !slices.Contains([]string{"y", "n", "yes", "no", "on", "off"}, strings.ToLower(n.Value))
	case "!!int":
		if d := strings.TrimLeft(n.Value, "+-"); strings.Contains(d, "_") || len(d) > 1 && d[0] == '0' && (d != n.Value || d[1] != 'x' && d[1] != 'o') {
			return n.Value, true
		}
		var i int64
		if n.Decode(&i) != nil {
			return nil, false
		}
		return i, true
	case "!!float":
		if d := strings.TrimLeft(n.Value, "+-"); strings.Contains(d, "_") || len(d) > 1 && d[0] == '0' && !strings.ContainsAny(d, ".eE") {
			return n.Value, true
		}
		var f float64
		if n.Decode(&f) != nil {
			return nil, false
		}
		return f, true
	}
	return nil, false
}

// hclBody puts what HashiCorp's parser found into our shape.
func hclBody(src []byte, b *hclsyntax.Body) any {
	m := map[string]any{}
	for name, a := range b.Attributes {
		m[name] = hclExpr(src, a.Expr)
	}
	for _, block := range b.Blocks {
		at, names := m, append([]string{block.Type}, block.Labels...)
		for _, n := range names[:len(names)-1] {
			next, ok := at[n].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[n] = next
			}
			at = next
		}
		last := names[len(names)-1]
		list, _ := at[last].([]any)
		at[last] = append(list, hclBody(src, block.Body))
	}
	return m
}

func hclExpr(src []byte, e hclsyntax.Expression) any {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if v, ok := hclValue(e.Val); ok {
			return v
		}
	case *hclsyntax.UnaryOpExpr:
		if v, diags := e.Value(nil); !diags.HasErrors() {
			if x, ok := hclValue(v); ok && e.Op == hclsyntax.OpNegate {
				if _, isLiteral := e.Val.(*hclsyntax.LiteralValueExpr); isLiteral {
					return x
				}
			}
		}
	case *hclsyntax.TemplateExpr:
		if v, diags := e.Value(nil); !diags.HasErrors() {
			return v.AsString()
		}
		return template{}
	case *hclsyntax.TemplateWrapExpr:
		return template{}
	case *hclsyntax.TupleConsExpr:
		list := []any{}
		for _, item := range e.Exprs {
			list = append(list, hclExpr(src, item))
		}
		return list
	case *hclsyntax.ObjectConsExpr:
		m := map[string]any{}
		for _, item := range e.Items {
			k, diags := item.KeyExpr.Value(nil)
			if diags.HasErrors() || k.Type() != cty.String {
				r := item.KeyExpr.Range()
				if v, ok := hclValue(k); ok && !diags.HasErrors() {
					k = cty.StringVal(show(v))
				} else {
					k = cty.NilVal
				}
				if k != cty.NilVal {
					m[k.AsString()] = hclExpr(src, item.ValueExpr)
					continue
				}
				k = cty.StringVal("${" + string(src[r.Start.Byte:r.End.Byte]) + "}")
			}
			m[k.AsString()] = hclExpr(src, item.ValueExpr)
		}
		return m
	}
	return template{}
}

// A template is anything that would have to be evaluated.
type template struct{}

func (template) String() string { return "EVALUATED" }

func hclValue(v cty.Value) (any, bool) {
	switch {
	case v.IsNull():
		return nil, true
	case v.Type() == cty.Bool:
		return v.True(), true
	case v.Type() == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f, true
	case v.Type() == cty.String:
		return v.AsString(), true
	}
	return nil, false
}

const refusedThere = "another parser refuses it"

// agree holds a file against the other program's reading. What is accepted here must be
// accepted there, and be the same.
func agree(name string, src []byte) (read bool, why string) {
	docs, err := Read(name, src)
	if err != nil {
		return false, ""
	}
	want, ok := witness(name, bytes.TrimPrefix(src, []byte("\uFEFF")))
	if !ok && bytes.ContainsRune(src, '!') {
		return true, ""
	}
	if !ok {
		return true, refusedThere
	}
	var got []string
	for _, d := range docs {
		got = append(got, show(d))
	}
	if len(got) != len(want) {
		return true, fmt.Sprintf("%d documents, and another parser finds %d", len(got), len(want))
	}
	for i := range got {
		if !alike(got[i], want[i]) {
			return true, fmt.Sprintf("document %d\n here %s\nthere %s", i, got[i], want[i])
		}
	}
	return true, ""
}

// alike compares, where EVALUATED stands for any text with a template.
func alike(got, want string) bool {
	for {
		before, rest, more := strings.Cut(want, "EVALUATED")
		if !strings.HasPrefix(got, before) {
			return false
		}
		got, want = got[len(before):], rest
		if !more {
			return got == ""
		}
		if !strings.HasPrefix(got, `"`) {
			return false
		}
		end := 1
		for end < len(got) && got[end] != '"' {
			if got[end] == '\\' {
				end++
			}
			end++
		}
		if text := got[:min(end+1, len(got))]; !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
			return false
		}
		got = got[min(end+1, len(got)):]
	}
}

// TestRealFiles holds every document of a repository against the other parsers:
// CUSTODY_TEST_REPO=DIR.
func TestRealFiles(t *testing.T) {
	repo := os.Getenv("CUSTODY_TEST_REPO")
	if repo == "" {
		t.Skip("set CUSTODY_TEST_REPO to a repository")
	}
	out, err := exec.Command("git", "-C", repo, "ls-tree", "-r", "-z", "HEAD").Output()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string][3]int{}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, name, _ := strings.Cut(line, "\t")
		if !Known(name) || filepath.Ext(name) == ".toml" || !strings.HasPrefix(head, "100") {
			continue
		}
		src, err := exec.Command("git", "-C", repo, "cat-file", "blob", strings.Fields(head)[2]).Output()
		if err != nil {
			continue
		}
		ok, why := agree(name, src)
		c := counts[filepath.Ext(name)]
		c[0]++
		if ok {
			c[1]++
		} else if _, accepted := witness(name, src); accepted {
			_, err := Read(name, src)
			if c[2]++; c[2] <= 8 {
				t.Logf("only another parser reads %s: %v", name, err)
			}
		}
		counts[filepath.Ext(name)] = c
		if why != "" && why != refusedThere {
			t.Errorf("%s: %.600s", name, why)
		}
	}
	for ext, c := range counts {
		t.Logf("%s: %d files, %d read, %d more by another parser", ext, c[0], c[1], c[2])
	}
}
