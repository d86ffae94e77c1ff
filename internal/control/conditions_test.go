package control

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"custody/internal/control/cel"
	"custody/internal/control/checks/checkstest"
)

// TestChangeReference keeps the documentation of what a condition can name equal to the
// types.
func TestChangeReference(t *testing.T) {
	const doc, begin, end = "../../docs/requirements.md", "<!-- change: from control/conditions.go -->\n", "<!-- end of change -->\n"
	var b strings.Builder
	for _, typ := range []*cel.Type{changeType, fileType, commitType, personType, approverType} {
		fmt.Fprintf(&b, "\n%s has\n\n| field | type | |\n| --- | --- | --- |\n", map[bool]string{true: "`change`", false: "A " + typ.Name}[typ == changeType])
		for _, f := range typ.Fields {
			if f.Doc == "" {
				t.Errorf("%s.%s has no description", typ, f.Name)
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, f.Type, f.Doc)
		}
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for it", doc)
	}
	want := before + begin + b.String() + "\n" + end + after
	if want == string(text) {
		return
	}
	if !*checkstest.Update {
		t.Fatalf("%s is not what the types say: run go test ./internal/control -run TestChangeReference -update", doc)
	}
	if err := os.WriteFile(doc, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
