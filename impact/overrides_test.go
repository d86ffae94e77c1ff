package impact

import (
	"strings"
	"testing"

	"custody/internal/change/manifest"
)

// What is moved below a package does not move the package itself, and an address is no path of names.
func TestOverrides(t *testing.T) {
	for text, want := range map[string]string{
		`{"overrides": {"a": "2"}}`:                                                                                  "a 2",
		`{"overrides": {"a": {"b": "2"}}}`:                                                                           "a with b 2, b 2",
		`{"overrides": {"a": {".": "1", "b": "2"}}}`:                                                                 "a 1, a with b 2, b 2",
		`{"overrides": {"a": {"b@^1": {"c": "2"}}}}`:                                                                 "a with c 2, b with c 2, c 2",
		`{"resolutions": {"a/**/@s/b": "3", "c@npm:^1": "4"}}`:                                                       "a with @s/b 3, @s/b 3, c 4",
		`{"overrides": {"g@git+https://bot:secret@git.example.com/r.git": "2"}}`:                                     "g 2",
		`{"resolutions": {"@s/g@https://bot:secret@git.example.com/r.git": "2"}}`:                                    "@s/g 2",
		`{"resolutions": {"https://bot:secret@git.example.com/r.git": "2", "a": "1"}}`:                               "a 1",
		`{"overrides": {"semver@>=7 <7.5.2": "7.5.2", "a>b": "1", "c@1>d": "2"}}`:                                    "a with b 1, b 1, c with d 2, d 2, semver 7.5.2",
		`{"overrides": {"g@github:o/r": "2", "foo@npm:@scope/bar@1": "3", "@s/t@^1": "4"}}`:                          "@s/t 4, foo 3, g 2",
		`{"resolutions": {"g@patch:g@npm%3A1.0.0#~/.yarn/patches/g.patch": "5", "h@https:/bot:x@host/r": "6"}}`:      "g 5, h 6",
		`{"resolutions": {"a@1/b@npm:2": "3", "webpack@npm:5.0.0/tapable": "4", "x/@s/y@git+https://h/y.git": "5"}}`: "a with b 3, b 3, webpack with tapable 4, tapable 4, x with @s/y 5, @s/y 5",
	} {
		var f manifest.File
		addOverrides(&f, []byte(text))
		var got []string
		for _, d := range f.Dependencies {
			got = append(got, d.Name+" "+d.Version)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
