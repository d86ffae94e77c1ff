package app

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"custody/internal/review"
)

// A repository has one salt, whoever asks first, and no other repository has it.
func TestSalts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "salts")
	one, err := OpenSalts(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	two, err := OpenSalts(dir, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	texts := make([][]byte, 20)
	var asking sync.WaitGroup
	for i := range texts {
		asking.Go(func() {
			s := one
			if i%2 == 1 {
				s = two
			}
			text, err := s.of(7)()
			if err != nil {
				t.Error(err)
			}
			texts[i] = text
		})
	}
	asking.Wait()
	for _, text := range texts {
		if _, err := review.ParseSalt(text); err != nil || !bytes.Equal(text, texts[0]) {
			t.Errorf("%q and %q: %v", text, texts[0], err)
		}
	}
	other, err := one.of(8)()
	if err != nil || bytes.Equal(other, texts[0]) {
		t.Errorf("another repository has %q: %v", other, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("%v: %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "8.salt"), 0o640); err != nil {
		t.Fatal(err)
	}
	if text, err := one.of(8)(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a salt that others may read: %q, %v", text, err)
	}
	var none *Salts
	if none.of(7) != nil {
		t.Error("no folder has salts")
	}
}
