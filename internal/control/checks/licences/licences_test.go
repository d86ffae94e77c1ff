package licences

import (
	"testing"

	"custody/internal/control/checks/checkstest"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "licences", Check{}, "testdata/files") }

func TestStrict(t *testing.T) {
	for expression, want := range map[string]bool{
		"MIT": false, "Apache-2.0 AND MIT": false, "GPL-3.0-or-later": true, "LGPL-2.1": false, "(MIT OR GPL-2.0)": false, "MIT AND AGPL-3.0": true, "GPL-2.0 OR AGPL-3.0": true, "UNLICENSED": true, "": false,
	} {
		if got := strict(expression) != ""; got != want {
			t.Errorf("%s: %v", expression, got)
		}
	}
}
