package hiddenunicode

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"custody/internal/control/checks/checkstest"
)

func TestScan(t *testing.T) {
	for _, c := range []struct {
		name, line string
		want       string
	}{
		{"plain", "if x { return }", ""},
		{"letters of other languages", "// Grüße, 東京, привет, שלום, مرحبا", ""},
		{"trojan source", "/*\u202e } \u2066if (isAdmin)\u2069 \u2066 begin admins only */", "bidi*4"},
		{"isolates", "x\u2067y", "bidi"},
		{"a mark in Hebrew", "שלום\u200f!", "direction-mark"},
		{"arabic letter mark", "\u061c", "direction-mark"},
		{"tags spell text", "Summary\U000E0069\U000E0067\U000E006E", "tag*3"},
		{"the flag of Wales", "\U0001F3F4\U000E0067\U000E0062\U000E0077\U000E006C\U000E0073\U000E007F", ""},
		{"a flag, then tags", "\U0001F3F4\U000E007F x\U000E0041", "tag"},
		{"emoji with a selector", "❤\ufe0f ©\ufe0f 1\ufe0f\u20e3 ☺\ufe0e", ""},
		{"a family", "\U0001F469\u200d\U0001F469\u200d\U0001F467", ""},
		{"a joined emoji with selectors", "\U0001F3F3\ufe0f\u200d\U0001F308 \U0001F9D1\U0001F3FD\u200d\u2764\ufe0f\u200d\U0001F9D1", ""},
		{"an ideograph's variant", "葛\U000E0100", ""},
		{"bytes in selectors", "a\U000E0110\U000E0121\ufe03", "variation-selectors*3"},
		{"bytes behind an emoji", "\U0001F600\U000E0110\U000E0121", "variation-selectors*2"},
		{"left over from an emoji", "\ufe0fPublic email", "zero-width"},
		{"a break in Thai", "ภาษา\u200bไทย", ""},
		{"Persian", "می\u200cخواهم", ""},
		{"Hindi", "क्\u200dष", ""},
		{"a joiner in code", "admin\u200d", "zero-width"},
		{"zero width space", "pass\u200bword", "zero-width"},
		{"word joiner", "a\u2060b", "zero-width"},
		{"a byte order mark within", "a\ufeffb", "zero-width"},
		{"Hangul fillers", "const { timeout,\u3164} = q; \uffa0", "filler*2"},
		{"soft hyphen", "co\u00adoperate", ""},
		{"not UTF-8", "caf\xe9 \xff\xfe", ""},
		{"several", "\u200b\u202e\u200b", "bidi zero-width*2"},
	} {
		var got []string
		for _, h := range Scan([]byte(c.line), false) {
			s := h.Rule
			if h.Count > 1 {
				s += fmt.Sprintf("*%d", h.Count)
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
	if hits := Scan([]byte("\ufeffpackage a"), true); len(hits) != 0 {
		t.Errorf("a byte order mark at the beginning of a file: %v", hits)
	}
}

func TestLook(t *testing.T) {
	wide := func(s string) string {
		b := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(s)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}
	base := map[string]string{"old.go": "a\n\u202e\nc\n", "gone.go": "\u202e\n"}
	head := map[string]string{
		"old.go":   "a\n\u202e\nb\nc \u200b\nc\n", // what stood there before is not the change's
		"new.go":   "\ufeffx\ny \u202e",
		"wide.cs":  wide("x\r\n\u202e\r\n"),
		"image":    "\x00\u202e",
		"fa.po":    "msgid \"\"\nmsgstr \"\u202aبارگذاری\u202c\"\nmsgstr \"\u202eبارگذاری\u202c\"\n",
		"folder/a": "",
	}
	got := checkstest.Show(checkstest.Look(t, "hidden-unicode", Check{}, base, head))
	want := `not-satisfied
counted: hidden-unicode: looked at 9 added lines, found 5
fa.po:2: note direction-mark: the line holds a mark of direction, 2 in all (the first is U+202A)
fa.po:3: error bidi: the line holds a control that turns the direction of text around, 2 in all (the first is U+202E)
new.go:2: error bidi: the line holds a control that turns the direction of text around (U+202E)
old.go:4: warning zero-width: the line holds a character without width (U+200B)
wide.cs:2: error bidi: the line holds a control that turns the direction of text around (U+202E)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("a\u202e\xff\U000E0041"), true)
	f.Fuzz(func(t *testing.T, line []byte, first bool) {
		for _, h := range Scan(line, first) {
			if what[h.Rule] == "" || h.Count < 1 || isASCII([]byte(string(h.First))) {
				t.Errorf("%+v", h)
			}
		}
	})
}
