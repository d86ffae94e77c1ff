package personaldata

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// isMail says whether a line holds an e-mail address of a person.
func isMail(line string) bool {
	for at := strings.IndexByte(line, '@'); at >= 0; {
		start, end := at, at+1
		for start > 0 && at-start < 64 && mailByte(line[start-1]) {
			start--
		}
		for end < len(line) && end-at < 255 && (letterOrDigit(line[end]) || line[end] == '-' || line[end] == '.') {
			end++
		}
		if personal(line[start:at], strings.TrimRight(line[at+1:end], ".-")) && !inAddress(line[:start]) {
			return true
		}
		next := strings.IndexByte(line[at+1:], '@')
		if next < 0 {
			return false
		}
		at += 1 + next
	}
	return false
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func mailByte(c byte) bool { return letterOrDigit(c) || strings.IndexByte("._%+-", c) >= 0 }

// inAddress: user@host of a URL or a remote, not of a person.
func inAddress(before string) bool {
	return strings.HasSuffix(before, "://") || strings.HasSuffix(before, "ssh ") || strings.HasSuffix(before, ":") && strings.Contains(before, "://")
}

// Domains that stand for any, and those with which manuals are filled.
var anyDomains = []string{"example.com", "example.org", "example.net", "example.edu", "example", "test", "invalid", "localhost", "local", "internal",
	"users.noreply.github.com", "noreply.github.com", "users.noreply.gitlab.com", "company.com", "mycompany.com", "yourcompany.com", "acme.com", "acme.org", "domain.com", "yourdomain.com",
	"mydomain.com", "email.com", "test.com", "foo.com", "bar.com", "baz.com", "corp.com", "sample.com", "abc.com", "xyz.com", "host.com", "site.com", "contoso.com", "fabrikam.com", "placeholder.com",
	"a.com", "b.com", "x.com", "x.y", "a.b", "example.co", "example.io", "example.dev", "example.ai", "iam.gserviceaccount.com", "group.calendar.google.com"}

// Names that are no person's.
var anyNames = []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "git", "hg", "svn", "user", "username", "you", "your", "yourname", "your.name", "your.email", "your-email", "youremail", "name", "me", "my",
	"someone", "somebody", "anyone", "foo", "bar", "baz", "test", "tester", "testuser", "admin", "root", "alice", "bob", "carol", "eve", "john", "jane", "john.doe", "jane.doe", "johndoe", "janedoe", "john.smith", "jane.smith", "jdoe", "doe", "email", "mail", "example", "sample",
	"info", "support", "security", "hello", "hi", "contact", "sales", "help", "helpdesk", "team", "privacy", "legal", "abuse", "press", "media", "webmaster", "postmaster", "hostmaster", "opensource", "open-source", "oss", "maintainers", "maintainer", "dev", "developers", "engineering", "office", "jobs", "careers", "feedback",
	"billing", "accounts", "service", "services", "notifications", "notification", "alerts", "bot", "ci", "build", "release", "releases", "conduct", "coc", "copilot", "claude", "cursoragent", "codex", "devin", "aider", "agent"}

// Ends of names that are no domains.
var noDomains = []string{"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "mjs", "ts", "tsx", "jsx", "css", "scss", "md", "mdc", "json", "yaml", "yml", "toml", "py", "go", "rs", "rb", "java", "kt", "html", "htm", "sh", "txt", "lock", "log",
	"service", "timer", "socket", "target", "setter", "getter", "tgz", "zip", "gz"}

func personal(name, domain string) bool {
	name, domain = strings.ToLower(name), strings.ToLower(domain)
	name, _, _ = strings.Cut(name, "+")
	dot := strings.LastIndexByte(domain, '.')
	if len(name) < 2 || dot < 1 || len(domain)-dot-1 < 2 || strings.Contains(domain, "..") || !onlyLetters(domain[dot+1:]) {
		return false
	}
	if slices.Contains(noDomains, domain[dot+1:]) || slices.Contains(anyNames, name) || strings.HasSuffix(name, "[bot]") || strings.HasSuffix(name, "-bot") ||
		strings.HasPrefix(name, "noreply") || strings.HasPrefix(name, "test") || strings.Contains(name, "example") || strings.Contains(domain, "example") || strings.HasPrefix(name, "%") {
		return false
	}
	return !slices.ContainsFunc(anyDomains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

var phoneForms = sync.OnceValue(func() [2]*regexp.Regexp {
	return [2]*regexp.Regexp{
		regexp.MustCompile(`(?:^|[^0-9A-Za-z_+.\-/=])(\+[1-9][0-9]{0,2}[ .\-]?(?:\(0?[0-9]{1,5}\)|[0-9]{1,5})(?:[ .\-/]?[0-9]{2,5}){1,5})(?:$|[^0-9A-Za-z_])`),
		regexp.MustCompile(`(?i)\b(?:phone|telephone|tel|mobile|cell|handy|telefon|whatsapp|fax)(?:\s*(?:number|no\.?|nr\.?))?\s*[:=]?\s*["']?(\(?0?[0-9]{2,5}\)?[ .\-/]?[0-9]{2,5}(?:[ .\-][0-9]{2,5}){1,3})(?:$|[^0-9A-Za-z_.])`),
	}
})

// isPhone says whether a line holds a telephone number, written in the international
// form or behind a word for it.
func isPhone(line string) bool {
	if digits(line) < 8 {
		return false
	}
	for i, form := range phoneForms() {
		for _, m := range form.FindAllStringSubmatch(line, 20) {
			if plausible(m[1], i == 0) {
				return true
			}
		}
	}
	return false
}

var dateForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\+?(?:19|20)[0-9]{2}[ .\-/]?[01][0-9][ .\-/]?[0-3][0-9]`)
})

func plausible(number string, international bool) bool {
	if dateForm().MatchString(number) {
		return false
	}
	var b strings.Builder
	for i := range len(number) {
		if c := number[i]; c >= '0' && c <= '9' {
			b.WriteByte(c)
		}
	}
	d := b.String()
	switch {
	case len(d) < 9 || len(d) > 15:
		return false
	case strings.Contains(d, "123456") || strings.Contains(d, "234567") || strings.Contains(d, "987654") || strings.Contains(d, "00000") || strings.Contains(d, "11111") || strings.Contains(d, "99999"):
		return false
	case international && !callingCode(d):
		return false
	}
	// Numbers set aside for films and manuals: 555-01xx in North America, several ranges
	// of Ofcom in Britain.
	for _, part := range []string{"555", "7700900", "2079460", "1632960"} {
		if strings.Contains(d, part) {
			return false
		}
	}
	return true
}

// callingCode: it begins with a code that the ITU has given to a country (E.164).
func callingCode(d string) bool {
	if d[0] == '1' || d[0] == '7' {
		return len(d) == 11
	}
	two := []string{"20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58",
		"60", "61", "62", "63", "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"}
	if slices.Contains(two, d[:2]) {
		return len(d) >= 9 && len(d) <= 13
	}
	return slices.Contains([]string{"21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69", "85", "87", "88", "96", "97", "99"}, d[:2])
}

var passwordForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:my|the|our|admin|root|login|user|with|use|db|database)\s+(?:password|passwort|passphrase|passcode)\s+(?:is|=|:)\s*["'\x60]?([^\s"'\x60,;]{8,64})`)
})

// isSpokenPassword: somebody told a password in a sentence.
func isSpokenPassword(line string) bool {
	for _, m := range passwordForm().FindAllStringSubmatch(line, 5) {
		v := strings.TrimRight(m[1], ".!?)")
		if len(v) >= 8 && digits(v) > 0 && digits(v) < len(v) && !strings.ContainsAny(v, "<>{}$[]()*") && !strings.Contains(strings.ToLower(v), "example") {
			return true
		}
	}
	return false
}
