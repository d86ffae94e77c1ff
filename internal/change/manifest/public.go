package manifest

import (
	"regexp"
	"strings"
	"sync"
)

// Public is a text without what addresses in it keep for who may fetch from there: as whom,
// by which password or token. What is said of a dependency is read by more people than its
// files are, and for longer. What names a version stays: a fragment, and what stands behind
// the path's last @.
func Public(s string) string {
	for {
		shorter := address().word.ReplaceAllStringFunc(s, publicWord)
		if shorter == s {
			return s
		}
		s = shorter
	}
}

// PublicMove is Public of two texts that differ, and says so of the second where what
// differs is nothing that is repeated.
func PublicMove(was, now string, public func(string) string) (string, string) {
	from, to := public(was), public(now)
	if from == to && was != now {
		to += " (it differs in a part that is not repeated here)"
	}
	return from, to
}

func publicWord(s string) string {
	a := address()
	if !a.begins.MatchString(s) {
		s = a.login.ReplaceAllString(s, "$1$2")
		if user, _, _ := strings.Cut(s, "@"); user != "git" {
			s = a.account.ReplaceAllString(s, "$1")
		}
	}
	s = a.user.ReplaceAllString(s, "$1")
	s = a.port.ReplaceAllStringFunc(s, func(s string) string {
		scheme, rest, _ := strings.Cut(s, ":")
		if strings.HasSuffix(scheme, "ssh") {
			return s // people write host:path there
		}
		return scheme + ":" + rest[:len(rest)-len(strings.TrimLeft(rest, `\/`))] + "..."
	})
	return a.query.ReplaceAllString(s, "$1")
}

// An addressForm finds the parts of addresses in a word, of such as no standard allows, too:
// somebody may have written a password there all the same.
type addressForm struct {
	word, begins, login, account, user, port, query *regexp.Regexp
}

var address = sync.OnceValue(func() *addressForm {
	const (
		sep  = `:(?:\\*/)+`
		host = `[A-Za-z0-9.-]+`
	)
	return &addressForm{
		word:   regexp.MustCompile(`[^\s"]+`),
		begins: regexp.MustCompile(`^[^/@:?#]*(:(?:\\*/){2}|(?i:https?)` + sep + `)`),
		// user:password@host:path and user:password@host/path, without a scheme
		login:   regexp.MustCompile(`^[^/@:?#]+:(?:[^#]+@(` + host + `:)|[^/#?]+@(` + host + `/))`),
		account: regexp.MustCompile(`^[^/@:?#]+@(` + host + `\.` + host + `:)`),
		user:    regexp.MustCompile(`(` + sep + `|^//)[^/?#]*@`),
		// What stands where the port does and is none begins a password with a slash in it.
		port:  regexp.MustCompile(`[A-Za-z0-9+.-]*` + sep + `[^/?#@\[:]*:[0-9]*[^0-9/?#@].*`),
		query: regexp.MustCompile(`(` + sep + `[^?#]*)\?(?:[^#,']|[,'][^#])*`),
	}
})
