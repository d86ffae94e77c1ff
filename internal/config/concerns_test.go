package config

import (
	"testing"

	"custody/internal/change"
)

func TestConcerns(t *testing.T) {
	for _, c := range []struct {
		glob      Glob
		path      change.Path
		submodule bool
		want      bool
	}{
		{"src/**", "src/a.go", false, true},
		{"src/**", "SRC/a.go", false, true},
		{"SRC/**", "src/a.go", false, true},
		{"src/**", "src", false, true},
		{"src/*.go", "src", false, true},
		{"src/**", "src2", false, false},
		{"src/**", "a/src", false, false},
		{"src/**/*.go", "src/sub", false, false},
		{"src/**/*.go", "src/sub", true, true},
		{"**/*.go", "sub", false, false},
		{"**/*.go", "sub", true, true},
		{"lib/a.go", "lib", true, true},
		{"lib/a.go", "other", true, false},
	} {
		if got := Concerns([]Glob{c.glob}, c.path, c.submodule); got != c.want {
			t.Errorf("%s, %s, submodule %v: %v", c.glob, c.path, c.submodule, got)
		}
	}
}
