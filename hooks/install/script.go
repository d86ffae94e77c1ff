package install

import (
	"fmt"
	"strings"
)

// A Script is the text of a hook. It is for sh, which every git server has, and does no
// more than to call Custody, and the hook that was there before.
type Script struct {
	Hook    string
	Program string   // the absolute path of custody
	Args    []string // what the operator chose
	Lenient bool     // mode report: nothing that goes wrong here may stop a push

	chained bool
	made    int // folders that were made for it
}

const head = "#!/bin/sh\n# custody-hook 1: "

// scrub are variables by which whoever starts a hook could choose keys and folders for
// it. A client of sshd may be allowed to set some; the operator's choice is in the text.
const scrub = "CUSTODY_SIGNING_KEY CUSTODY_TRUSTED_KEYS CUSTODY_CACHE_DIR XDG_CONFIG_HOME XDG_CACHE_HOME"

// Text is the whole script. The same Script has the same text.
func (s Script) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%sjudges each push. 'custody hook uninstall' takes it away", head)
	if s.chained {
		b.WriteString(" and puts back\n# the hook that was here before, which it runs")
	}
	b.WriteString(".\n")
	if s.made > 0 {
		fmt.Fprintf(&b, "%s%d\n", madeWord, s.made)
	}
	words := []string{quote(s.Program), "hook", s.Hook}
	for _, a := range s.Args {
		words = append(words, quote(a))
	}
	call := strings.Join(append(words, `"$@"`), " ")
	unset := "unset " + scrub
	failed := "exit 1"
	if s.Lenient {
		failed = ":"
	}
	switch {
	case !s.chained && !s.Lenient:
		fmt.Fprintf(&b, "%s\nexec %s\n", unset, call)
	case !s.chained:
		fmt.Fprintf(&b, "%s\n%s || :\n", unset, call)
	case s.Hook == "update": // told by arguments, and nothing on its input
		fmt.Fprintf(&b, "(%s; %s) || %s\n", unset, call, failed)
		b.WriteString(`[ ! -x "$0` + keptSuffix + `" ] || exec "$0` + keptSuffix + `" "$@"` + "\n")
	case s.Hook == "post-receive": // too late to refuse: first what people wait for
		b.WriteString("updates=$(cat && echo .) || exit 1\ncode=0\n")
		b.WriteString(`[ ! -x "$0` + keptSuffix + `" ] || printf %s "${updates%.}" | "$0` + keptSuffix + `" "$@" || code=$?` + "\n")
		fmt.Fprintf(&b, "%s\nprintf %%s \"${updates%%.}\" | %s || :\nexit $code\n", unset, call)
	default:
		// The shell cuts line ends off; the dot keeps them.
		b.WriteString("updates=$(cat && echo .) || exit 1\n")
		fmt.Fprintf(&b, "printf %%s \"${updates%%.}\" | (%s; %s) || %s\n", unset, call, failed)
		b.WriteString(`[ ! -x "$0` + keptSuffix + `" ] || printf %s "${updates%.}" | "$0` + keptSuffix + `" "$@"` + "\n")
	}
	return b.String()
}

const madeWord = "# folders made: "

// madeIn is how many folders were made for a script.
func madeIn(text string) int {
	_, rest, ok := strings.Cut(text, "\n"+madeWord)
	n := 0
	if ok {
		fmt.Sscanf(rest, "%d", &n) //nolint:errcheck // what is no number is none
	}
	return min(max(n, 0), 3)
}

// quote makes one word of a text, whatever is in it.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:@%+,") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
