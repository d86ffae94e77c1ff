package checks

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// FuzzSayable: as whom and by which token something is fetched is in nothing that a check says,
// whichever way it says it, however long the token is, and whether or not it has cut the scheme
// and the path away.
func FuzzSayable(f *testing.F) {
	f.Add("ghp_", "")
	f.Add(strings.Repeat("x", 100), "y@z")
	f.Add("a:b", "'c,d;e)(")
	f.Fuzz(func(t *testing.T, before, after string) {
		token := before + "SECRET" + after
		if strings.ContainsAny(token, " \t\r\n\f\v\"/?#[") {
			return // no address by any reading, or one that ends before
		}
		for _, address := range []string{
			"https://bot:" + token + "@host.example/a.git", "git+ssh://bot:" + token + "@host.example:22/a.git",
			"https://" + token + "@host.example", "bot:" + token + "@host.example/a.git", "bot:" + token + "@host.example",
			"bot:" + token + "@host:acme/a.git", "x" + token + "@host.example", "x" + token + "@host.example/a.git",
		} {
			r := NewResult(&Definition{ID: "c"}, Limits{Findings: 10})
			r.Find(Found{Message: "whatever " + address + " serves", Remedy: "Ask " + address + "."})
			r.Find(Found{Message: fmt.Sprintf("%s comes from (%s)", Clip("a "+address), Clip(address))})
			r.Unread("", "%s: not read", address)
			r.Missing("%s", address)
			r.Note("from '%s'", address)
			said, err := json.Marshal([]any{r.Found(), r.Reasons()})
			if err != nil {
				t.Fatal(err)
			}
			if i := strings.Index(string(said), "SECRET"); i >= 0 {
				t.Errorf("%q: %s", address, said[max(0, i-80):min(len(said), i+20)])
			}
		}
	})
}

// TestSayable: and what is said of all else stays.
func TestSayable(t *testing.T) {
	r := NewResult(&Definition{ID: "c"}, Limits{Findings: 10})
	for _, s := range []string{
		"action actions/checkout@v4 is pinned by v4, which its owner can move, not by a commit",
		"image alpine:3.19@sha256:0123 is there",
		"git@github.com:acme/shop.git comes from github.com/acme, not from the registry",
		"line 7: curl https://host.example/i.sh | sh",
		"adds dependency npm:@scope/a ^1.0",
	} {
		r.Find(Found{Message: s})
		if all := r.Found(); all[len(all)-1].Message != s {
			t.Errorf("%q became %q", s, all[len(all)-1].Message)
		}
	}
}
