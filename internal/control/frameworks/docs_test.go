package frameworks

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the tables in docs/controls.md")

// TestControlsDocumented keeps docs/controls.md equal to the tables.
func TestControlsDocumented(t *testing.T) {
	const doc, begin, end = "../../../docs/controls.md", "<!-- table: from internal/control/frameworks -->\n", "<!-- end of table -->\n"
	var b strings.Builder
	b.WriteString("\n## Types of evidence\n\n| type | is present when the verdict holds |\n| --- | --- |\n")
	for _, e := range AllEvidence {
		fmt.Fprintf(&b, "| `%s` | %s |\n", e.Type, e.Says)
	}
	for _, f := range All {
		fmt.Fprintf(&b, "\n## %s\n\n`%s`, %s\n\n| control | asks, in our words | relation | needs all of | only for |\n| --- | --- | --- | --- | --- |\n", f.Name, f.ID, f.Version)
		for _, c := range f.Table {
			var needs []string
			for _, e := range c.Evidence {
				needs = append(needs, string(e))
			}
			only := strings.Join(append(append([]string{}, c.If.Roles...), c.If.Risks...), ", ")
			if c.From != "" {
				only += ", from " + c.From
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", c.ID, c.About, c.Relation, strings.Join(needs, ", "), only)
		}
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the tables", doc)
	}
	want := before + begin + b.String() + "\n" + end + after
	switch {
	case want == string(text):
	case !*update:
		t.Errorf("%s is not what the tables say: run go test ./internal/control/frameworks -update", doc)
	default:
		if err := os.WriteFile(doc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
