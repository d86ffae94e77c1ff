package githubtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestDescription holds the reduced description against the operations. With
// CUSTODY_OPENAPI=DIR, the unpacked npm package @octokit/openapi, it generates it and
// wants the committed one to be the same; add -update to rewrite it.
func TestDescription(t *testing.T) {
	if dir := os.Getenv("CUSTODY_OPENAPI"); dir != "" {
		whole, err := os.ReadFile(filepath.Join(dir, "generated", "api.github.com.json"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := reduce(whole)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			var b bytes.Buffer
			z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := z.Write(text); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes, %d zipped", len(text), b.Len())
			if err := os.WriteFile("testdata/github.json.gz", b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		committed, err := unzip(reduced)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(text, committed) {
			t.Fatal("testdata/github.json.gz is not what the package gives: run again with -update")
		}
	}
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Error(err)
	}
	n := 0
	for _, item := range doc.Paths.Map() {
		n += len(item.Operations())
	}
	if n != len(operations) {
		t.Errorf("the description has %d operations, this package %d", n, len(operations))
	}
}
