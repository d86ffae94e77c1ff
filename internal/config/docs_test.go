package config

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the references in docs/")

// TestReference keeps docs/policy.md and docs/requirements.md equal to the comments of
// the structs that the files are read into. `go test ./internal/config -update` writes
// them anew.
func TestReference(t *testing.T) {
	for _, c := range []struct {
		doc, source string
		structs     [][2]string // name, heading
	}{
		{"../../docs/policy.md", "policy.go", [][2]string{{"Policy", "The file"}, {"Authorship", "authorship"}, {"Signer", "authorship.signers[]"}, {"Member", "people[]"}, {"Privacy", "privacy"}, {"Emergency", "emergency"}, {"Rule", "rules[]"}, {"When", "rules[].when"}, {"Approvals", "rules[].approvals"}, {"Reason", "rules[].reason"}, {"CheckRun", "rules[].check_runs[]"}, {"Map", "rules[].maps[]"}, {"Waiver", "waivers[]"}}},
		{"../../docs/app.md", "../../app/config.go", [][2]string{{"Config", "Every key"}, {"GitHubConfig", "github"}, {"Publish", "publish"}}},
		{"../../docs/controls.md", "matrix.go", [][2]string{{"Matrix", "The file"}, {"MatrixRow", "controls[]"}, {"MatrixCondition", "controls[].applies_if"}}},
		{"../../docs/policy-tests.md", "../example/format.go", [][2]string{{"File", "The file"}, {"Account", "people[]"}, {"Example", "examples[]"}, {"TouchedFile", "examples[].files[]"}, {"TreeFile", "examples[].tree[]"}, {"Review", "examples[].reviews[]"}, {"CheckRun", "examples[].checks[]"}, {"Emergency", "examples[].emergency"}, {"Expect", "examples[].expect"}, {"Outcome", "examples[].expect.rules[]"}}},
		{"../../docs/requirements.md", "../control/requirements.go", [][2]string{{"Requirements", "The file"}, {"Regulatory", "context"}, {"AIAct", "context.ai_act"}, {"Requirement", "controls[]"}, {"AppliesWhen", "controls[].applies_when"}, {"Check", "controls[].check"}, {"TextCheck", "text"}, {"DataCheck", "data"}, {"DiffCheck", "diff"}, {"SARIFCheck", "sarif"}}},
	} {
		const begin, end = "<!-- reference: from the comments in ", "<!-- end of reference -->\n"
		want := begin + strings.ReplaceAll(c.source, "../", "") + " -->\n" + reference(t, c.source, c.structs) + end
		b, err := os.ReadFile(c.doc)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, ok := strings.Cut(string(b), begin)
		got, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no reference between its marks", c.doc)
		}
		if begin+got+end == want {
			continue
		}
		if !*update {
			t.Errorf("%s is not what %s says: run go test ./internal/config -update", c.doc, c.source)
			continue
		}
		if err := os.WriteFile(c.doc, []byte(before+want+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// reference is a table for each struct: key, whether it is required, what it says.
func reference(t *testing.T, source string, structs [][2]string) string {
	f, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]*ast.StructType{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			if st, ok := s.Type.(*ast.StructType); ok {
				types[s.Name.Name] = st
			}
		}
		return true
	})
	var b strings.Builder
	for _, s := range structs {
		st := types[s[0]]
		if st == nil {
			t.Fatalf("%s has no struct %s", source, s[0])
		}
		fmt.Fprintf(&b, "\n### %s\n\n| key | | |\n| --- | --- | --- |\n", s[1])
		for _, field := range st.Fields.List {
			if field.Tag == nil {
				continue
			}
			key, option, _ := strings.Cut(reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml"), ",")
			doc := strings.Join(strings.Fields(field.Doc.Text()), " ")
			if doc == "" {
				t.Errorf("%s.%s has no comment", s[0], field.Names[0].Name)
			}
			_, says, found := strings.Cut(doc, field.Names[0].Name+" ")
			if !found {
				_, says, _ = strings.Cut(doc, ": ")
			}
			for _, verb := range []string{"is ", "are "} {
				says = strings.TrimPrefix(says, verb)
			}
			says = strings.ToUpper(says[:1]) + says[1:]
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", key, option, strings.ReplaceAll(says, "|", `\|`))
		}
	}
	return b.String() + "\n"
}
