package cache

import (
	"os"
	"path/filepath"
	"testing"
)

// What was kept is there for the same program, whole or not at all.
func TestDocumentsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache", DocumentsFileName)
	tree := key(1, "", 0).Blob
	d := OpenDocuments(path, "one")
	if _, kept := d.Documents(); kept != nil {
		t.Error("documents out of nothing")
	}
	if err := d.Save(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("nothing was kept, and a file was written")
	}
	d.KeepDocuments(tree, []byte("ab"), []byte("c"))
	if err := d.Save(); err != nil {
		t.Fatal(err)
	}
	is, kept := OpenDocuments(path, "one").Documents()
	if kept == nil || is != tree || string(kept.Bytes(0, kept.Len())) != "abc" {
		t.Errorf("%v, %v", is, kept)
	}
	for _, other := range []string{"two", ""} {
		if _, kept := OpenDocuments(path, other).Documents(); kept != nil {
			t.Errorf("program %q believes it", other)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		damaged := append([]byte{}, whole...)
		damaged[i] ^= 0x20
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, kept := OpenDocuments(path, "one").Documents(); kept != nil && kept.Bytes(0, kept.Len()) != nil {
			t.Errorf("byte %d is wrong, and nobody noticed", i)
		}
	}
}
