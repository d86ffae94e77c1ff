package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/bench/registry"
)

// miniatures are small enough for the gate.
var miniatures = map[string]project{
	"python": {name: "shop in Python", language: "python", folder: "testdata/python", path: ".", tests: []string{"tests"}, mutants: 4},
	"script": {name: "shop in TypeScript", language: "script", folder: "testdata/script", mutants: 4},
}

// TestMiniatures makes mutants of two small projects: each is noticed by a test, and each
// test that fails is predicted.
func TestMiniatures(t *testing.T) {
	for language, p := range miniatures {
		t.Run(language, func(t *testing.T) {
			one := measure(t, p)
			if one.Run != p.mutants || one.Killed < p.mutants/2 || one.Entered == 0 {
				t.Errorf("%s: too little came of it", one.String())
			}
			if one.Missed+one.EnteredMissed+one.Unsteady > 0 {
				t.Errorf("%s: something was missed", one.String())
			}
		})
	}
}

// TestMissed shows that a miss is found: a test that calls by a name that it puts together.
func TestMissed(t *testing.T) {
	for language, add := range map[string]map[string]string{
		"python": {
			"tests/test_words.py": "def test_nothing():\n    pass\n",
			"tests/test_by_name.py": "import sys\n\nimport shop\n\n\ndef test_by_name():\n" +
				"    for name in ('price', 'words'):\n        module = sys.modules['sh' + 'op.' + name]\n" +
				"        for what in ('plu' + 'ral', 'to' + 'tal', 'sh' + 'out'):\n            found = module.__dict__.get(what)\n" +
				"            found and found(*{'words': (2, 'x')[-found.__code__.co_argcount:], 'price': (shop.price.Basket(100),)}[name])\n",
		},
	} {
		t.Run(language, func(t *testing.T) {
			p := miniatures[language]
			dir := t.TempDir()
			if err := registry.CopyFolder(dir, p.folder); err != nil {
				t.Fatal(err)
			}
			for name, text := range add {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p.folder = dir
			one := measure(t, p)
			if one.Missed == 0 {
				t.Errorf("%s: nothing is missed", one.String())
			}
		})
	}
}

func measure(t *testing.T, p project) *projectResult {
	t.Helper()
	var said bytes.Buffer
	o := options{locks: "npm"}
	one, err := o.project(t.Context(), 1, p, &said)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(strings.TrimSpace(said.String()))
	return one
}
