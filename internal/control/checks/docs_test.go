package checks_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"custody/internal/control/checks"
	"custody/internal/control/frameworks"
)

var update = flag.Bool("update", false, "rewrite docs/checks.md")

// TestDocs keeps the list in docs/checks.md equal to the definitions: `go test
// ./internal/control/checks -update` writes it anew.
func TestDocs(t *testing.T) {
	const (
		doc   = "../../../docs/checks.md"
		begin = "<!-- checks: from internal/control/checks/*/def.yaml -->\n"
		end   = "<!-- end of checks -->\n"
	)
	src, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(src), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no list between its marks", doc)
	}
	want := written()
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the definitions say: run go test ./internal/control/checks -update", doc)
	}
	if err := os.WriteFile(doc, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func written() string {
	var b strings.Builder
	b.WriteString("\n| check | holds when satisfied |\n| --- | --- |\n")
	for _, d := range checks.Definitions() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", d.ID, d.ID, d.Title)
	}
	for _, d := range checks.Definitions() {
		fmt.Fprintf(&b, "\n### %s\n\n%s.\n\n", d.ID, strings.TrimSuffix(d.Title, "."))
		fmt.Fprintf(&b, "- **Why.** %s\n- **Looks at.** %s\n- **Misses.** %s\n- **Remedy.** %s\n", d.Why, d.Looks, d.Misses, d.Remedy)
		fmt.Fprintf(&b, "- **Not applicable** when %s. **Level** of a finding, unless its rule says another: `%s`.\n", strings.TrimSuffix(d.Nothing, "."), d.Severity)
		if len(d.Maps) > 0 {
			var ids []string
			for _, m := range d.Maps {
				ids = append(ids, m.Framework+" "+m.ID)
			}
			fmt.Fprintf(&b, "- **Evidence for** %s.\n", strings.Join(ids, ", "))
		}
		if len(d.Rules) > 0 {
			b.WriteString("\n| rule | finds | level |\n| --- | --- | --- |\n")
			for _, r := range d.Rules {
				fmt.Fprintf(&b, "| `%s/%s` | %s | `%s` |\n", d.ID, r.ID, strings.ReplaceAll(r.Title, "|", `\|`), r.Level)
			}
		}
	}
	return b.String() + "\n"
}

func TestDefinitions(t *testing.T) {
	id := regexp.MustCompile(`^[a-z0-9-]{1,60}$`)
	for _, d := range checks.Definitions() {
		if !id.MatchString(d.ID) || d.Version < 1 {
			t.Errorf("check %q, version %d: an id is lower case, and versions begin with 1", d.ID, d.Version)
		}
		for what, text := range map[string]string{"why": d.Why, "looks": d.Looks, "misses": d.Misses, "remedy": d.Remedy} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%s: %s is not whole sentences on one line: %q", d.ID, what, text)
			}
		}
		seen := map[string]bool{}
		for _, r := range d.Rules {
			if !id.MatchString(r.ID) || seen[r.ID] {
				t.Errorf("%s: rule %q is no id, or there twice", d.ID, r.ID)
			}
			seen[r.ID] = true
		}
		for _, m := range d.Maps {
			f, _ := frameworks.Get(m.Framework)
			if _, ok := f.Get(m.ID); !ok {
				t.Errorf("%s maps to %s %s, which the table of frameworks does not have", d.ID, m.Framework, m.ID)
			}
		}
	}
}
