package change_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"custody/internal/change"
)

func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "a\tb\r\nc", "\x1b[31mred\u202eder", "\xff\xfe", strings.Repeat("ä", 150), strings.Repeat("\x80", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := change.Printable(s)
		if len(got) > 200 || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q becomes %q", s, got)
		}
		if len(s) <= 200 && !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) && got != s {
			t.Errorf("%q becomes %q without need", s, got)
		}
	})
}
