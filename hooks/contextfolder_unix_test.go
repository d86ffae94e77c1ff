//go:build unix

package hooks

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"custody/internal/git"
	"custody/internal/sign"
)

func TestContextFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "contexts")
	head, err := git.ParseOID(one)
	if err != nil {
		t.Fatal(err)
	}
	find := func(name string) (string, error) {
		t.Helper()
		doc, from, err := ContextFolder(dir).Find(context.Background(), head, name)
		if (doc != nil) != (from != "") || err != nil && doc != nil {
			t.Errorf("%q: %d bytes from %q, %v", name, len(doc), from, err)
		}
		return string(doc), err
	}
	if doc, err := find(""); doc != "" || err != nil {
		t.Errorf("no folder: %q, %v", doc, err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if doc, err := find(""); doc != "" || err != nil {
		t.Errorf("nothing there: %q, %v", doc, err)
	}
	write(one+".json", "plain")
	write(one+".release-1.json", "named")
	write("../outside.json", "outside")
	for name, want := range map[string]string{"": "plain", "release-1": "named", "other": ""} {
		if doc, err := find(name); doc != want || err != nil {
			t.Errorf("%q: %q, %v", name, doc, err)
		}
	}
	for _, name := range []string{"..", "/etc/passwd", "a/../../outside", "a.b", "a\x00", "ä", strings.Repeat("a", 61)} {
		if doc, err := find(name); err == nil {
			t.Errorf("%q is taken for a name: %q", name, doc)
		}
	}

	file := filepath.Join(dir, one+".json")
	for what, make := range map[string]func() error{
		"a link out of the folder": func() error { return os.Symlink("../outside.json", file) },
		"a link in the folder":     func() error { return os.Symlink(one+".release-1.json", file) },
		"a folder":                 func() error { return os.Mkdir(file, 0o755) },
		"a pipe":                   func() error { return syscall.Mkfifo(file, 0o644) },
	} {
		os.Remove(file)
		if err := make(); err != nil {
			t.Fatal(err)
		}
		if doc, err := find(""); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %q, %v", what, doc, err)
		}
	}
	os.Remove(file)
	write(one+".json", "")
	if err := os.Truncate(file, sign.MaxRecord+1); err != nil {
		t.Fatal(err)
	}
	if _, err := find(""); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a large file: %v", err)
	}
}
