package main

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// absent TEXT PATH... wants that a text stands nowhere in files and folders, nor in the
// members of zip archives, plain, in base64 or in hex.
func absent(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: absent TEXT PATH...")
	}
	var where []string
	for _, name := range args[1:] {
		if name == "stdout" || name == "stderr" {
			where = append(where, holding(args[0], name, []byte(ts.ReadFile(name)))...)
			continue
		}
		ts.Check(filepath.WalkDir(ts.MkAbs(name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			where = append(where, holding(args[0], path, data)...)
			return err
		}))
	}
	if found := len(where) > 0; found != neg {
		ts.Fatalf("%q stands in %q", args[0], where)
	}
}

func holding(text, name string, data []byte) []string {
	var where []string
	if z, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				return []string{name + ": " + err.Error()}
			}
			member, err := io.ReadAll(r)
			if err != nil {
				return []string{name + ": " + err.Error()}
			}
			where = append(where, holding(text, name+"!"+f.Name, member)...)
		}
		return where
	}
	for _, form := range []string{text, base64.StdEncoding.EncodeToString([]byte(text))[:len(text)/3*4], hex.EncodeToString([]byte(text))} {
		if bytes.Contains(data, []byte(form)) {
			where = append(where, name)
		}
	}
	return where
}
