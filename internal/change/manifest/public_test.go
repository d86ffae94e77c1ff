package manifest

import (
	"regexp"
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
	} {
		if got := Public(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzPublic: nothing stands before an @ in the host of what comes out, and it says the same again.
func FuzzPublic(f *testing.F) {
	f.Add("git+https://bot:secret@host/a?b#c")
	f.Fuzz(func(t *testing.T, s string) {
		once := Public(s)
		if Public(once) != once {
			t.Errorf("%q: %q, then %q", s, once, Public(once))
		}
		if left := userInfo.FindString(once); left != "" {
			t.Errorf("%q: %q", s, once)
		}
	})
}

var userInfo = regexp.MustCompile(`://[^/?#\s"',]*@`)
