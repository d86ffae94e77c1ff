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
	fmt.Fprintf(&b, "judge() {\n\tunset %s\n%s%s%s\n}\n", scrub, callMark, strings.Join(words, " "), callEnd)
	failed := "exit 1"
	if s.Lenient {
		failed = ":"
	}
	const kept = `[ ! -x "$0` + keptSuffix + `" ] || `
	switch {
	case !s.chained && !s.Lenient:
		b.WriteString("judge \"$@\"\n")
	case !s.chained:
		fmt.Fprintf(&b, "(judge \"$@\") || %s\n", failed)
	case s.Hook == "update": // told by arguments, and nothing on its input
		fmt.Fprintf(&b, "(judge \"$@\") || %s\n", failed)
		b.WriteString(kept + `exec "$0` + keptSuffix + `" "$@"` + "\n")
	case s.Hook == "post-receive": // too late to refuse: first what people wait for
		b.WriteString(readInput + "code=0\n")
		b.WriteString(kept + `printf %s "${updates%.}" | "$0` + keptSuffix + `" "$@" || code=$?` + "\n")
		b.WriteString("printf %s \"${updates%.}\" | (judge \"$@\") || :\nexit $code\n")
	default:
		fmt.Fprintf(&b, "%sprintf %%s \"${updates%%.}\" | (judge \"$@\") || %s\n", readInput, failed)
		b.WriteString(kept + `printf %s "${updates%.}" | "$0` + keptSuffix + `" "$@"` + "\n")
	}
	return b.String()
}

const (
	callMark = "\texec "
	callEnd  = ` "$@"`
	// readInput keeps line ends, which the shell would cut off, by a dot behind them.
	readInput = "updates=$(cat && echo .) || exit 1\n"
)

// CallOf is the call of Custody in a script, as it stands there, without the arguments
// of the hook itself.
func CallOf(text string) string {
	_, rest, _ := strings.Cut(text, "\n"+callMark)
	call, _, _ := strings.Cut(rest, callEnd+"\n")
	return call
}

// wordsOf are the words of a call, as sh reads what quote wrote.
func wordsOf(call string) []string {
	var words []string
	for call = strings.TrimLeft(call, " "); call != ""; call = strings.TrimLeft(call, " ") {
		var word strings.Builder
		for call != "" && call[0] != ' ' {
			switch {
			case call[0] == '\'':
				text, rest, _ := strings.Cut(call[1:], "'")
				word.WriteString(text)
				call = rest
			case call[0] == '\\' && len(call) > 1:
				word.WriteByte(call[1])
				call = call[2:]
			default:
				word.WriteByte(call[0])
				call = call[1:]
			}
		}
		words = append(words, word.String())
	}
	return words
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
