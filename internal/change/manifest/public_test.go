package manifest

import (
	"regexp"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for text, want := range map[string]string{
		"1.0.1": "1.0.1",
		"1.0.1 from git+https://bot:ghp_secret@git.example.com/a.git#v1.0.1":   "1.0.1 from git+https://git.example.com/a.git#v1.0.1",
		"git+https://u:se@cr:et@git.example.com/a.git":                         "git+https://git.example.com/a.git",
		"https://ghp_secret@host":                                              "https://host",
		"https://host/a@1.0/b.tgz":                                             "https://host/a@1.0/b.tgz",
		"https://host/b.tgz?token=secret":                                      "https://host/b.tgz",
		"https://host/b.tgz?token=secret#sha1=7":                               "https://host/b.tgz#sha1=7",
		"https://u:secret@a/x, https://v:secret@b/y?k=secret from http://w@c/": "https://a/x, https://b/y from http://c/",
		"git@github.com:acme/shop.git":                                         "git@github.com:acme/shop.git",
		"://":                                                                  "://",

		// what is none by the standard, and stands in files all the same
		"bot:ghp_secret@git.example.com:acme/a.git":             "git.example.com:acme/a.git",
		"1.0 from bot:se/cr@et@git.example.com:acme/a.git#v1@2": "1.0 from git.example.com:acme/a.git#v1@2",
		"bot:ghp_secret@git.example.com/acme/a.git":             "git.example.com/acme/a.git",
		"ghp_secret@git.example.com:acme/a.git":                 "git.example.com:acme/a.git",
		"git+bot:secret@git.example.com:acme/a.git":             "git.example.com:acme/a.git",
		"git+https://bot:se/cret@git.example.com/a.git@v1":      "git+https://...",
		"https://bot:se?cret@h/a, 1.0":                          "https://... 1.0",
		"https://bot:se#cret@h/a":                               "https://...",
		"https://$HOST:$PORT/t.yml":                             "https://$HOST:$PORT/t.yml",
		"https://${H}:${P}":                                     "https://${H}:${P}",
		"https://{{host}}:{{port}}/x":                           "https://{{host}}:{{port}}/x",
		"https://u:$ecret/word":                                 "https://...",
		"https://$H:$P/a,https://u:se/cret":                     "https://...",
		"https://u:$ecret/word@h/a":                             "https://...",
		"https://u:cut-before-its-at":                           "https://...",
		"https://u:se,cr'et@h/a,b":                              "https://h/a,b",
		"https://h/a?token=se,cret, 2.0":                        "https://h/a, 2.0",
		`https:\/\/bot:secret@h\/a`:                             `https:\/\/h\/a`,
		"https:/bot:secret@h/a":                                 "https:/h/a",
		"https:bot:secret@h/a":                                  "h/a",
		"//bot:secret@h/a":                                      "//h/a",

		// without a scheme, which whoever says only a host has cut away
		"whatever u:ghp_secret@g.example.com serves":  "whatever g.example.com serves",
		"whatever ghp_secret@g.example.com serves":    "whatever g.example.com serves",
		"(bot:secret@registry.example.com), then":     "(registry.example.com), then",
		"'bot:secret@gitlab'":                         "'gitlab'",
		"bot:secret@localhost:5000/img":               "localhost:5000/img",
		"bot:secret@10.0.0.5":                         "10.0.0.5",
		"bot:secret@[::1]:5000/img":                   "[::1]:5000/img",
		"bot:secret@my_host.example.com.":             "my_host.example.com.",
		"bot:secret@b\u00fccher.example":              "b\u00fccher.example",
		"bot:secret@3com.example/x":                   "3com.example/x",
		"bot:se/cret@h.example.com/a.git":             "h.example.com/a.git",
		"e@bot:secret@h.example.com:acme/e.git":       "h.example.com:acme/e.git",
		"ghp@secret@git.example.com/acme/a.git@v1":    "git.example.com/acme/a.git@v1",
		"git.example.com/acme/a.tgz?token=secret#v1":  "git.example.com/acme/a.tgz#v1",
		"git@git.example.com:acme/a.git?token=secret": "git@git.example.com:acme/a.git",
		"secret:@h.example.com/a":                     "h.example.com/a",
		"npm:secret@npm.example.com/a":                "npm.example.com/a",

		// and what is said as it is
		"https://nexus:8081/repo/@scope/a/-/a@1.0.tgz":                 "https://nexus:8081/repo/@scope/a/-/a@1.0.tgz",
		"https://[::1]:8080/a@1.0":                                     "https://[::1]:8080/a@1.0",
		"git+ssh://git@github.com:acme/shop.git#@scope/a@1.0.0":        "git+ssh://github.com:acme/shop.git#@scope/a@1.0.0",
		"git+https://git.example.com/acme/a.git@v1.0#subdirectory=a@b": "git+https://git.example.com/acme/a.git@v1.0#subdirectory=a@b",
		"npm:@scope/a@^1.0":                                            "npm:@scope/a@^1.0",
		"npm:a@npm-1.0":                                                "npm:a@npm-1.0",
		"github:acme/shop#a@1.0":                                       "github:acme/shop#a@1.0",
		"com.acme:shop:1.0@aar":                                        "com.acme:shop:1.0@aar",
		"file:../a@1.0.tgz":                                            "file:../a@1.0.tgz",
		"@scope/a@1.0.0":                                               "@scope/a@1.0.0",
		"alias:@scope/a":                                               "alias:@scope/a",
		"alpine:3.19@sha256:0123":                                      "alpine:3.19@sha256:0123",
		"registry:5000/acme/img@sha256:0123":                           "registry:5000/acme/img@sha256:0123",
		"nexus.example.com:8081/a@b.example.co":                        "nexus.example.com:8081/a@b.example.co",
		"node:20@sha256:0123,":                                         "node:20@sha256:0123,",
		"react@npm:preact@latest":                                      "react@npm:preact@latest",
		"npm:preact@10.0.0-beta.rc":                                    "npm:preact@10.0.0-beta.rc",
		"react@patch:react@npm:17.0.2#a.patch":                         "react@patch:react@npm:17.0.2#a.patch",
		"com.acme:shop:1.0@aar,":                                       "com.acme:shop:1.0@aar,",
		"com.acme:shop@1.0.0.1-x":                                      "com.acme:shop@1.0.0.1-x",
		"actions/checkout@v4":                                          "actions/checkout@v4",
		"setup@v1.0.x":                                                 "setup@v1.0.x",
		"rails@7.0.0.pre":                                              "rails@7.0.0.pre",
		"logo@2x.png":                                                  "logo@2x.png",
		"golang.org/x/tools/cmd/goimports@latest":                      "golang.org/x/tools/cmd/goimports@latest",
		"git@github.com":                                               "git@github.com",
		"10:30, line 7:":                                               "10:30, line 7:",
		"1.0 " + strings.Repeat("a:b@c.example/", 400):                 "1.0 ...",
		">=1.0,!=1.5,<2":                                               ">=1.0,!=1.5,<2",
	} {
		if got := Public(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzPublic: whatever a password is made of, nothing of it comes out, and what does says the
// same again.
func FuzzPublic(f *testing.F) {
	f.Add("git+https://bot:secret@host/a?b#c", "")
	f.Add("a/b", "c@d?e")
	f.Add("1/", "://x:y@z")
	f.Fuzz(func(t *testing.T, before, after string) {
		once := Public(before)
		if Public(once) != once {
			t.Errorf("%q: %q, then %q", before, once, Public(once))
		}
		if left := userInfo.FindString(once); left != "" {
			t.Errorf("%q: %q", before, once)
		}
		password := before + "SECRET" + after
		if strings.ContainsAny(password, " \t\r\n\f\v\"") || strings.Contains(password, "[") {
			return
		}
		var all []string
		if !pathSoon.MatchString(password) { // else a host stands before it by the standard, and the rest is its path
			all = append(all, "https://bot:"+password+"@host.example/a")
		}
		if !strings.ContainsAny(password, "/?#") { // likewise
			all = append(all, "git+https://"+password+"@host.example/a.git@v1")
		}
		if !strings.Contains(password, "#") && !strings.HasPrefix(strings.ReplaceAll(password, `\`, ""), "//") && !hostSoon.MatchString(password) {
			all = append(all, "bot:"+password+"@host.example:acme/a.git")
		}
		// No scheme, and nothing behind the host: all that a message says of an address, say.
		if !strings.ContainsAny(password, "/?#") {
			all = append(all, "bot:"+password+"@host.example", "bot:"+password+"@host", "(bot:"+password+"@host.example/a)", password+"x@host.example")
		}
		for _, s := range all {
			if got := Public(s); strings.Contains(got, "SECRET") {
				t.Errorf("%q: %q", s, got)
			}
		}
	})
}

var (
	userInfo = regexp.MustCompile(`://[^/?#\s"]*@`)
	hostSoon = regexp.MustCompile(`@[^/?#]*[/?#]`)
	pathSoon = regexp.MustCompile(`^[0-9]*([/?#]|$)|@[^/?#]*[/?#]`)
)

// TestPublicMove: of two texts that differ, it is never said that the one moves to the same.
func TestPublicMove(t *testing.T) {
	const hidden = " (it differs in a part that is not repeated here)"
	for _, c := range [][4]string{
		{"1.0", "1.1", "1.0", "1.1"},
		{"1.0", "1.0", "1.0", "1.0"},
		{"https://h/d.tgz?v=1", "https://h/d.tgz?v=2", "https://h/d.tgz", "https://h/d.tgz" + hidden},
		{"https://old:pass@h/d", "https://new:pass@h/d", "https://h/d", "https://h/d" + hidden},
		{"https://old:pass@h/d", "https://h/e", "https://h/d", "https://h/e"},
	} {
		if from, to := PublicMove(c[0], c[1], Public); from != c[2] || to != c[3] {
			t.Errorf("%q, %q: %q, %q", c[0], c[1], from, to)
		}
	}
}
