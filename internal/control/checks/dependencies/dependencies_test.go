package dependencies

import (
	"testing"

	"custody/internal/control/checks/checkstest"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "dependencies", Check{}, "testdata/files") }

func TestOrigin(t *testing.T) {
	for source, want := range map[string]string{
		"https://host/a/b/c.tgz": "host/a/b", "git+https://u:p@host/a/b.git#v1": "host/a/b", "git@host:a/b.git": "host:a/b", "github:a/b#main": "github:a/b", "https://host": "host/", "github.com/fork/b": "github.com/fork/b",
	} {
		if got := origin(source); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

func TestOtherDigest(t *testing.T) {
	for _, c := range []struct {
		was, is string
		want    bool
	}{
		{"h1:a", "h1:b", true}, {"h1:a", "h1:a", false}, {"sha1-a", "sha512-b", false}, {"", "h1:a", false}, {"sha256:a sha256:b", "sha256:b sha256:c", false}, {"sha256:a", "sha256:b sha256:c", true}, {"aa", "bb", true},
	} {
		if got := otherDigest(c.was, c.is); got != c.want {
			t.Errorf("%q, %q: %v", c.was, c.is, got)
		}
	}
}
