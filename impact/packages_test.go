package impact

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"custody/impact/lang"
	"custody/internal/finding"
)

// TestAround reads changes in testdata/around: files of base below base/, of head below
// head/ (what is not there is as at base; one that says DELETED is not), and in want what
// the report says of them.
func TestAround(t *testing.T) {
	files, err := filepath.Glob("testdata/around/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			from, head := map[string]string{}, map[string]string{}
			place := -1
			for i, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, "base/"); ok {
					from[name] = string(f.Data)
					if _, changed := head[name]; !changed {
						head[name] = string(f.Data)
					}
				} else if name, ok := strings.CutPrefix(f.Name, "head/"); ok {
					if head[name] = string(f.Data); string(f.Data) == "DELETED\n" {
						delete(head, name)
					}
				} else if f.Name == "want" {
					place = i
				}
			}
			m := &memory{}
			r, err := Assess(context.Background(), AssessInput{Source: m, Change: changeOf(m, from, head), Languages: lang.All})
			if err != nil {
				t.Fatal(err)
			}
			got := tell(r)
			if *update {
				archive.Files[place].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want := string(archive.Files[place].Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// tell is a report in a few lines.
func tell(r *Report) string {
	var b strings.Builder
	for _, p := range r.Packages {
		fmt.Fprintf(&b, "%s %s %s", p.Change, p.Ecosystem, p.Name)
		if p.From != "" || p.To != "" {
			fmt.Fprintf(&b, " %q to %q", p.From, p.To)
		}
		if p.Indirect {
			b.WriteString(" indirect")
		}
		fmt.Fprintf(&b, " by %s", strings.Join(p.Files, " "))
		for _, i := range p.Importers {
			fmt.Fprintf(&b, ", %s:%d", i.Path, i.Line)
		}
		if p.Unknown != "" {
			fmt.Fprintf(&b, ": %s", p.Unknown)
		}
		b.WriteString("\n")
	}
	for _, x := range r.Reached {
		fmt.Fprintf(&b, "reached %s %d %d via %s: %s\n", x.Node, x.Distance, x.Confidence, strings.Join(x.Via, " "), x.Reason)
	}
	fmt.Fprintln(&b, r.Outcome)
	for _, x := range r.Reasons {
		fmt.Fprintf(&b, "  %s %s: %s\n", x.Code, x.Path, x.Detail)
	}
	return b.String()
}

// A manifest that differs in something that nobody understands is never taken for
// assessed.
func TestUnknownDifference(t *testing.T) {
	for name, sides := range map[string][2]string{
		"go.mod":               {"module m\n\ngo 1.21\n", "module m\n\ngo 1.22\n"},
		"x/go.mod":             {"module m\n", "module m\n\ntoolchain go1.23.1\n"},
		"package.json":         {`{"jest": {}}`, `{"jest": {"moduleNameMapper": {"a": "b"}}}`},
		"w/package.json":       {`{"name": "a"}`, `{"name": `},
		"pyproject.toml":       {"[build-system]\nrequires = []\n", "[build-system]\nrequires = []\nbuild-backend = \"mine\"\n"},
		"a/package.json":       {`{"a": 1}`, string([]byte{0xff, 0xfe})},
		"build.gradle":         {"plugins {}\n", "plugins { id 'x' }\n"},
		"requirements/dev.txt": {"a==1\n", "a==1\n-r base.txt\n"},
		"constraints.txt":      {"--index-url https://a.example/\na==1\n", "--index-url https://b.example/\na==1\n"},
		"pom.xml":              {"<project/>", "<project><build/></project>"},
		"Cargo.toml":           {"[dependencies]\na = \"1\"\n", "[dependencies]\na = \"2\"\n"},
	} {
		from := map[string]string{name: sides[0], "a.go": "package a\n", "b/b.go": "package b\nimport _ \"m\"\n"}
		head := map[string]string{name: sides[1], "a.go": "package a\n// new\n", "b/b.go": "package b\nimport _ \"m\"\n"}
		m := &memory{}
		r, err := Assess(t.Context(), AssessInput{Source: m, Change: changeOf(m, from, head), Languages: lang.All})
		if err != nil {
			t.Fatal(err)
		}
		if r.Outcome == finding.Satisfied || !slices.ContainsFunc(r.Reasons, func(x finding.Reason) bool { return x.Path == name }) {
			t.Errorf("%s: %s %v", name, r.Outcome, r.Reasons)
		}
	}
}
