package lang

import (
	"go/build"
	"io"
	"slices"
	"strings"
	"testing"
)

// TestGoTags: go/build takes a file with the tags on some platform, and without them on
// none.
func TestGoTags(t *testing.T) {
	for _, test := range []struct {
		lines, want string // "never"; else the tags
	}{
		{"", ""},
		{"//go:build linux", ""},
		{"//go:build integration", "integration"},
		{"//go:build integration && linux && !windows", "integration"},
		{"//go:build (e2e || integration) && go1.21", "e2e"},
		{"//go:build a && b", "a b"},
		{"//go:build a && b || c && cgo", "c"},
		{"//go:build !integration", ""},
		{"//go:build !linux || integration", ""},
		{"//go:build ignore", "never"},
		{"//go:build ignore || slow", "slow"},
		{"//go:build !ignore", ""},
		{"// +build a b\n// +build c,!d", "a c"},
		{"//go:build a\n// +build b", "a"},
		{"// go:build a", ""}, // a comment
		{"//go:build unix && sum", "sum"},
		{"//go:build goexperiment.x && race", ""},
	} {
		src := "// Copyright.\n\n" + test.lines + "\n\npackage p\n\n//go:build behind\n"
		tags, built := GoTags([]byte(src))
		if got := strings.Join(tags, " "); built == (test.want == "never") || built && got != test.want {
			t.Errorf("%s: %q %t, want %q", test.lines, tags, built, test.want)
		}
		if takes := goBuildTakes(t, src, tags); takes != built {
			t.Errorf("%s: go/build takes it with %q: %t", test.lines, tags, takes)
		}
		if len(tags) > 0 && goBuildTakes(t, src, nil) {
			t.Errorf("%s: go/build takes it without %q", test.lines, tags)
		}
		if f := extractGo([]byte(src)); f.Tagged != (len(tags) > 0 || !built) {
			t.Errorf("%s: tagged: %t", test.lines, f.Tagged)
		}
	}
}

// A constraint that the go command refuses is none.
func TestGoTagsRefused(t *testing.T) {
	for _, line := range []string{"//go:build (", "//go:build a b", "//go:build " + strings.Repeat("(", 100_000), "//go:build \xff", "//go:build a1 && a2 && a3 && a4 && a5 && a6 && a7 && a8 && a9"} {
		if tags, built := GoTags([]byte(line + "\n\npackage p\n")); len(tags) > 0 || !built {
			t.Errorf("%.40q: %q %t", line, tags, built)
		}
	}
}

// goBuildTakes says whether the go command builds a file on one of four platforms.
func goBuildTakes(t *testing.T, src string, tags []string) bool {
	t.Helper()
	return slices.ContainsFunc([]string{"linux", "windows", "darwin", "plan9"}, func(system string) bool {
		c := build.Default
		c.GOOS, c.BuildTags, c.ToolTags, c.CgoEnabled = system, tags, []string{"goexperiment.x", "race"}, true
		c.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(src)), nil }
		takes, err := c.MatchFile("/p", "f.go")
		if err != nil {
			t.Errorf("%v", err)
		}
		return takes
	})
}
