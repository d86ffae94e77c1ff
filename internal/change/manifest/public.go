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
	if !addressLike(s) {
		return s
	}
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

// addressLike says whether a text can have any of what is cut: most have not.
func addressLike(s string) bool {
	return strings.ContainsAny(s, "@?") || strings.Contains(s, ":/") || strings.Contains(s, `:\`)
}

// maxWord is the longest word that is looked at, and said.
const maxWord = 4096

func publicWord(s string) string {
	if !addressLike(s) {
		return s
	}
	if len(s) > maxWord {
		return "..."
	}
	a := address()
	if !a.begins.MatchString(s) {
		rest := strings.TrimLeft(s, "('<[{`")
		s = s[:len(s)-len(rest)] + a.withoutScheme(rest)
	}
	s = a.user.ReplaceAllString(s, "$1")
	s = a.port.ReplaceAllStringFunc(s, func(s string) string {
		scheme, rest, _ := strings.Cut(s, ":")
		if strings.HasSuffix(scheme, "ssh") {
			return s // people write host:path there
		}
		if _, port, _ := strings.Cut(strings.TrimLeft(rest, `\/`), ":"); a.variable.MatchString(port) {
			return s // the port is known where it is read
		}
		return scheme + ":" + rest[:len(rest)-len(strings.TrimLeft(rest, `\/`))] + "..."
	})
	return a.query.ReplaceAllString(s, "$1")
}

// withoutScheme is a word that begins with none, without who may fetch from there. Behind an @
// stand versions, digests and kinds of archives, too: those are no hosts.
func (a *addressForm) withoutScheme(s string) string {
	user, _, _ := strings.Cut(s, ":")
	packager := a.packager.MatchString(user)
	if host := a.hostBehind(s, user, packager); host > 0 {
		s = s[host:]
	}
	if m := a.account.FindStringSubmatchIndex(s); m != nil {
		if at := max(m[2], m[4]); s[:at] != "git@" {
			s = s[at:]
		}
	}
	return a.asked.ReplaceAllString(s, "$1")
}

// hostBehind is where the host begins behind user:password@; 0: there is none.
func (a *addressForm) hostBehind(s, user string, packager bool) int {
	if m := a.login.FindStringSubmatchIndex(s); m != nil {
		host := strings.TrimRight(s[m[2]:m[3]], "),.;'>]}`")
		scope := s[:m[2]] == user+":@" // as names of npm have it; a token without a password is known by its host
		if a.known.MatchString(host) || !packager && !scope && !a.noHost.MatchString(host) {
			return m[2]
		}
	}
	if m := a.scp.FindStringSubmatchIndex(s); m != nil && !packager && !a.noHost.MatchString(s[m[2]:m[3]]) {
		return m[2]
	}
	if m := a.path.FindStringSubmatchIndex(s); m != nil && !a.hostPort.MatchString(s) {
		return m[2]
	}
	return 0
}

// An addressForm finds the parts of addresses in a word, of such as no standard allows, too:
// somebody may have written a password there all the same.
type addressForm struct {
	word, begins, user, port, query, variable *regexp.Regexp
	// of words without a scheme
	scp, login, path, account, asked  *regexp.Regexp
	hostPort, known, noHost, packager *regexp.Regexp
}

var address = sync.OnceValue(func() *addressForm {
	const (
		sep   = `:(?:\\*/)+`
		host  = `[A-Za-z0-9.-]+`
		label = `[A-Za-z0-9_\x80-\x{10FFFF}-]`
		alpha = `[A-Za-z\x80-\x{10FFFF}]`
		// a name as hosts have it, and no version has it
		named = `(?:` + label + `+\.)*` + alpha + label + `*\.(?:` + label + `+\.)*(?:` + alpha + `{2,}|xn--` + label + `+)`
		ends  = `(?:[^A-Za-z0-9]|$)`
		known = `(?:` + named + `|localhost|[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\])`
		asks  = `\?(?:[^#,']|[,'][^#])*`
	)
	return &addressForm{
		word:   regexp.MustCompile(`[^\s"]+`),
		begins: regexp.MustCompile(`^[^/@:?#]*(:(?:\\*/){2}|(?i:https?)` + sep + `)`),
		user:   regexp.MustCompile(`(` + sep + `|^//)[^/?#]*@`),
		// What stands where the port does and is none begins a password with a slash in it.
		port:     regexp.MustCompile(`[A-Za-z0-9+.-]*` + sep + `[^/?#@\[:]*:[0-9]*[^0-9/?#@].*`),
		variable: regexp.MustCompile(`^(?:\$[A-Z_][A-Z0-9_]*|\$\{[A-Z_][A-Z0-9_]*\}|\{\{ ?[A-Za-z_.]+ ?\}\})(?:[/?#][^@,]*)?$`),
		query:    regexp.MustCompile(`(` + sep + `[^?#]*)` + asks),

		scp:     regexp.MustCompile(`^[^/:?#]*:[^#]*@(` + host + `):`),              // user:password@host:path
		login:   regexp.MustCompile(`^[^/:?#]*:[^/?#]*@([^/@:?#]*)`),                // user:password@host, and what may follow
		path:    regexp.MustCompile(`^[^/:?#]*:[^#]*/[^#]*@(` + known + `)` + ends), // with a slash in the password
		account: regexp.MustCompile(`^[^/:?#]+@(?:(` + named + `)` + ends + `|(` + host + `\.` + host + `):)`),
		asked:   regexp.MustCompile(`^((?:[^/@:?#]+@)?` + known + `[:/][^?#]*)` + asks),

		hostPort: regexp.MustCompile(`^[^/:?#]*:[0-9]*/`),
		known:    regexp.MustCompile(`^` + known + `$`),
		noHost:   regexp.MustCompile(`^(?:v?[0-9]+(?:[-.+].*)?|sha[0-9]+|md5|aar|jar|war|pom|zip|klib|tar(?:\.gz)?|tgz)?$`),
		packager: regexp.MustCompile(`(?:^|@)(?:npm|jsr|workspace|patch|portal|link|file|catalog|github|gitlab|cargo|pipx|gem|go|aqua|ubi)$`),
	}
})
