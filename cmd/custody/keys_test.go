package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"custody/internal/sign"
)

func TestTrustAppendsALine(t *testing.T) {
	key, err := sign.GenerateKey(strings.NewReader(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []string{"", "# mine", "# mine\n"} {
		file := filepath.Join(t.TempDir(), "trusted_keys")
		if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := trust(file, key.Public()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := sign.ParseTrustedKeys(text)
		if _, ok := keys.Lookup(key.Public()); err != nil || !ok {
			t.Errorf("after %q: %v\n%s", before, err, text)
		}
	}
}
