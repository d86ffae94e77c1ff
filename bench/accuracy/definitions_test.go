package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"custody/bench/registry"
	"custody/impact/lang"
)

// defined is what a parser says of one file.
type defined struct {
	Path        string
	Refused     bool // by the parser: not valid code
	Definitions [][]any
}

// A score counts definitions on both sides.
type score struct{ files, refused, damaged, truth, found, missed, extra int }

func (s score) String() string {
	return fmt.Sprintf("%d files (%d refused by the parser), %d definitions, %d missed, %d extra, %d of the files damaged",
		s.files, s.refused, s.truth, s.missed, s.extra, s.damaged)
}

// compareDefinitions runs a program that writes a line for each path that it is given,
// and compares. Every difference is logged, up to a number.
func compareDefinitions(t *testing.T, root string, paths []string, name string, args ...string) score {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\n") + "\n")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var s score
	logged := 0
	log := func(format string, args ...any) {
		if logged++; logged <= 60 {
			t.Logf(format, args...)
		}
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 256<<20)
	for lines.Scan() {
		var want defined
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(want.Path)
		if err != nil {
			t.Fatal(err)
		}
		s.files++
		if want.Refused {
			s.refused++
			continue
		}
		facts := lang.ForPath(want.Path).Extract(src)
		if facts.Damaged {
			s.damaged++
			log("%s: damaged", want.Path)
		}
		count := map[string]int{}
		for _, d := range want.Definitions {
			s.truth++
			count[fmt.Sprintf("%v %v exported=%v %v-%v", d[1], d[0], d[2], d[3], d[4])]++
		}
		for _, d := range facts.Definitions {
			s.found++
			count[fmt.Sprintf("%v %v exported=%v %v-%v", d.Kind, d.Name, d.Exported, d.Start, d.End)]--
		}
		rel, _ := filepath.Rel(root, want.Path)
		var differ []string
		for d, n := range count {
			switch {
			case n > 0:
				s.missed += n
				differ = append(differ, "missed "+d)
			case n < 0:
				s.extra -= n
				differ = append(differ, "extra  "+d)
			}
		}
		slices.SortFunc(differ, func(a, b string) int { return strings.Compare(a[7:], b[7:]) })
		for _, d := range differ {
			log("%s: %s", rel, d)
		}
	}
	if s.files != len(paths) {
		t.Fatalf("%s answers for %d of %d files", name, s.files, len(paths))
	}
	return s
}

// sourceFiles lists the files below root with one of these extensions, sorted.
func sourceFiles(t *testing.T, root string, extensions ...string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && slices.Contains(extensions, lang.Extension(path)) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

// sample keeps every nth path, so that about most are left, unless slow tests are asked
// for.
func sample(paths []string, most int) []string {
	if os.Getenv("CUSTODY_SLOW") != "" || len(paths) <= most {
		return paths
	}
	var some []string
	for i := 0; i < len(paths); i += (len(paths) + most - 1) / most {
		some = append(some, paths[i])
	}
	return some
}

// TestDefinitions holds the names, kinds and lines of definitions, and whether others can
// name them, against the languages' own parsers: of what registries deliver, or of the
// checkout that CUSTODY_LANG_TREE names.
func TestDefinitions(t *testing.T) {
	modules, err := registry.NPM(t.Context(), "corpora/npm")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name       string
		root       func() (string, error)
		extensions []string
		parser     []string
	}{
		{
			"python", func() (string, error) { return registry.DebianPackage(t.Context(), "python3-django", pythonPackages) },
			[]string{".py", ".pyi"}, []string{"python3", "testdata/definitions/definitions.py"},
		},
		{
			"script", func() (string, error) { return modules, nil },
			[]string{".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"}, []string{"node", "testdata/definitions/definitions.cjs", modules},
		},
		{
			"java", func() (string, error) { return registry.DebianSource(t.Context(), "jsoup") },
			[]string{".java"}, []string{"java", "testdata/definitions/Definitions.java"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := os.Getenv("CUSTODY_LANG_TREE")
			if root == "" {
				var err error
				if root, err = test.root(); err != nil {
					t.Fatal(err)
				}
			}
			paths := sourceFiles(t, root, test.extensions...)
			if len(paths) == 0 {
				t.Skip("no such file in CUSTODY_LANG_TREE")
			}
			s := compareDefinitions(t, root, sample(paths, 150), test.parser[0], test.parser[1:]...)
			t.Log(s)
			if s.truth == 0 || s.missed > 0 || s.extra > 0 {
				t.Errorf("%v", s)
			}
		})
	}
}
