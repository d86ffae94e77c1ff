package githubtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
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
		generated(t, "testdata/github.json.gz", text)
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

// generated wants a zipped file to hold a text, or with -update writes it.
func generated(t *testing.T, file string, text []byte) {
	t.Helper()
	if !*update {
		zipped, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if committed, err := unzip(zipped); err != nil || !bytes.Equal(text, committed) {
			t.Fatalf("%s is not what the package gives: run again with -update (%v)", file, err)
		}
		return
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
	}
	if err == nil {
		err = z.Close()
	}
	if err == nil {
		err = os.WriteFile(file, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d bytes, %d zipped; run again without -update", file, len(text), b.Len())
}

// TestSamples wants the samples to be all there. With CUSTODY_WEBHOOKS=DIR, the
// unpacked npm package @octokit/webhooks-examples, it generates them as TestDescription
// does the description.
func TestSamples(t *testing.T) {
	if dir := os.Getenv("CUSTODY_WEBHOOKS"); dir != "" {
		index, err := os.ReadFile(filepath.Join(dir, "api.github.com", "index.json"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := reduceSamples(index)
		if err != nil {
			t.Fatal(err)
		}
		generated(t, "testdata/samples.json.gz", text)
	}
	w := newWorld(t)
	events := map[string]bool{}
	all := w.gh.Samples()
	for _, s := range all {
		events[s.Event] = true
	}
	if len(events) != 58 || len(all) != 329 {
		t.Errorf("%d samples of %d events", len(all), len(events))
	}
	v := newReceiver(t, w.gh)
	w.gh.Senders(4)
	for _, s := range all {
		aimed := s.Aim(w.repo, w.inst)
		if !bytes.Contains(aimed.Payload, []byte(fmt.Sprintf(`"installation":{"id":%d,`, w.inst.ID))) {
			t.Errorf("a sample of %s is from somebody else", s.Event)
		}
		w.gh.Deliver(aimed.Event, aimed.Payload)
	}
	if got := v.events(w.gh); len(got) != len(all) {
		t.Errorf("%d of %d arrived", len(got), len(all))
	}
	if v.bad > 0 {
		t.Errorf("%d signatures don't fit", v.bad)
	}
}
