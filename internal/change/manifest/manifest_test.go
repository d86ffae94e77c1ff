package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the test files want")

func show(name string, f *File, err error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", name)
	if err != nil {
		fmt.Fprintf(&b, "  error: %v\n", err)
		return b.String()
	}
	for _, d := range f.Dependencies {
		fmt.Fprintf(&b, "  %d %s", d.Line, d.Name)
		for label, v := range map[string]string{"": d.Version} {
			if v != "" {
				fmt.Fprintf(&b, " %s%s", label, v)
			}
		}
		if d.Source != "" {
			fmt.Fprintf(&b, " from %s", d.Source)
		}
		if d.Integrity != "" {
			fmt.Fprintf(&b, " with %s", d.Integrity)
		}
		if d.Licence != "" {
			fmt.Fprintf(&b, " under %s", d.Licence)
		}
		if d.Indirect {
			b.WriteString(" indirect")
		}
		if d.Dev {
			b.WriteString(" dev")
		}
		b.WriteString("\n")
	}
	for _, r := range f.Registries {
		fmt.Fprintf(&b, "  %d registry %s\n", r.Line, r.URL)
	}
	return b.String()
}

// TestFormats reads a file of each format; -update writes what was read.
func TestFormats(t *testing.T) {
	const name = "testdata/formats.txtar"
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var got strings.Builder
	last := len(archive.Files) - 1
	for _, f := range archive.Files[:last] {
		format, ok := FormatOf(f.Name)
		if !ok {
			t.Errorf("%s is of no format", f.Name)
			continue
		}
		seen[format.Name] = true
		file, err := format.Parse(f.Data)
		got.WriteString(show(f.Name, file, err))
	}
	for _, f := range formats() {
		if !seen[f.Name] && f.Name != "pip.conf" {
			t.Errorf("no example of %s", f.Name)
		}
	}
	if got.String() == string(archive.Files[last].Data) {
		return
	}
	if !*update {
		t.Fatalf("got\n%s", got.String())
	}
	archive.Files[last].Data = []byte(got.String())
	if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAgainstGo holds this module's own go.mod against what the go command reads.
func TestAgainstGo(t *testing.T) {
	src, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	f, err := goMod(src)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if len(mod.Require) != len(f.Dependencies) {
		t.Fatalf("%d requirements, go reads %d", len(f.Dependencies), len(mod.Require))
	}
	for i, r := range mod.Require {
		d := f.Dependencies[i]
		if d.Name != r.Path || d.Version != r.Version || d.Indirect != r.Indirect {
			t.Errorf("%+v, go reads %+v", d, r)
		}
	}
}

// TestAgainstTOML holds our reading of lock files against a whole parser of TOML, on
// the example and on the files below CUSTODY_LANG_TREE.
func TestAgainstTOML(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/formats.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	if root := os.Getenv("CUSTODY_LANG_TREE"); root != "" {
		filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files[p], _ = os.ReadFile(p)
			}
			return nil
		})
	}
	compared := 0
	for name, src := range files {
		format, ok := FormatOf(name)
		if !ok || format.Name != "Cargo.lock" && format.Name != "poetry.lock" {
			continue
		}
		var doc struct {
			Package []struct{ Name, Version, Checksum string } `toml:"package"`
		}
		if err := toml.Unmarshal(src, &doc); err != nil {
			continue
		}
		f, err := format.Parse(src)
		if err != nil || len(f.Dependencies) != len(doc.Package) {
			t.Errorf("%s: %v, %d packages, another parser reads %d", name, err, len(f.Dependencies), len(doc.Package))
			continue
		}
		for i, p := range doc.Package {
			if d := f.Dependencies[i]; d.Name != p.Name || d.Version != p.Version || p.Checksum != "" && d.Integrity != p.Checksum {
				t.Errorf("%s: %+v, another parser reads %+v", name, d, p)
			}
		}
		compared++
	}
	if compared < 3 {
		t.Errorf("only %d files compared", compared)
	}
}

func TestBroken(t *testing.T) {
	for name, src := range map[string]string{
		"go.mod": "require (\na v1\n", "go.sum": "a b\n", "package.json": "{", "package-lock.json": strings.Repeat("[", 100_000), "yarn.lock": "a@1\n", "pnpm-lock.yaml": "x: y\n",
		"pyproject.toml": "[project]\ndependencies = [\"a\"\n", "Cargo.lock": "[[package]]\nname = \"a\n", "pom.xml": strings.Repeat("<a>", 1000), "composer.lock": `{"packages": [{}]}`, "poetry.lock": "\xff",
	} {
		format, ok := FormatOf(name)
		if !ok {
			t.Fatal(name)
		}
		if f, err := format.Parse([]byte(src)); err == nil {
			t.Errorf("%s: read as %+v", name, f)
		}
	}
}

func FuzzParse(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/formats.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		f.Add(file.Name, file.Data)
	}
	f.Fuzz(func(t *testing.T, name string, src []byte) {
		format, ok := FormatOf(name)
		if !ok {
			return
		}
		file, err := format.Parse(src)
		if (file == nil) == (err == nil) {
			t.Fatalf("%v and %v", file, err)
		}
		if err != nil {
			return
		}
		most := bytes.Count(src, []byte("\n")) + 1
		for _, d := range file.Dependencies {
			if d.Line < 1 || d.Line > most {
				t.Fatalf("%+v of %d lines", d, most)
			}
		}
	})
}
