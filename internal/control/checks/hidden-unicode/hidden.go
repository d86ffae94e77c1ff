// Package hiddenunicode finds characters that a reader can not see.
package hiddenunicode

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/change"
	"custody/internal/control/checks"
)

// Check is the built-in check hidden-unicode.
type Check struct{}

// Look implements checks.Check.
func (Check) Look(ctx context.Context, in *checks.Input, out *checks.Result) error {
	every := func(*change.File) bool { return true }
	return in.Read(ctx, out, every, func(t checks.Text) error {
		for _, b := range t.Added {
			n := b.Start
			for line := range bytes.Lines(b.Text) {
				out.Looked()
				for _, h := range Scan(line, n == 1) {
					if h.Rule == "bidi" && isTranslation(t.File.Path) && setsApart(line) {
						h.Rule = "direction-mark"
					}
					out.Find(checks.Found{Rule: h.Rule, Path: t.File.Path, Start: n, Message: h.Message()})
				}
				n++
			}
		}
		return nil
	})
}

// isTranslation says whether a file holds texts for people in many languages, and nothing
// that runs.
func isTranslation(p change.Path) bool {
	switch path.Ext(strings.ToLower(string(p))) {
	case ".po", ".pot", ".xlf", ".xliff", ".arb", ".strings", ".resx", ".ftl":
		return true
	}
	return false
}

// setsApart says whether a line is one in a script written from the right whose controls
// only set parts of it apart: none overrides the order of letters.
func setsApart(line []byte) bool {
	rtl := false
	for _, r := range string(line) {
		if r == 0x202D || r == 0x202E {
			return false
		}
		rtl = rtl || unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
	}
	return rtl
}

// A Hit is the characters of one rule in one line.
type Hit struct {
	Rule  string
	First rune
	Count int
}

// Message says it for people, without the characters themselves.
func (h Hit) Message() string {
	s := fmt.Sprintf("the line holds %s (U+%04X)", what[h.Rule], h.First)
	if h.Count > 1 {
		s = fmt.Sprintf("the line holds %s, %d in all (the first is U+%04X)", what[h.Rule], h.Count, h.First)
	}
	return s
}

// what each rule finds, in the order in which a line's hits are told.
var (
	rules = []string{"bidi", "tag", "variation-selectors", "filler", "zero-width", "direction-mark"}
	what  = map[string]string{
		"bidi":                "a control that turns the direction of text around",
		"tag":                 "tag characters, which no screen shows",
		"variation-selectors": "variation selectors where there is nothing to vary",
		"filler":              "a letter that shows as nothing",
		"zero-width":          "a character without width",
		"direction-mark":      "a mark of direction",
	}
)

// Scan finds hidden characters in one line. first: it is the first of its file, where a
// byte order mark may stand.
func Scan(line []byte, first bool) []Hit {
	if isASCII(line) {
		return nil
	}
	hits := map[string]*Hit{}
	var before rune // the last character that is seen
	run := 0        // of variation selectors
	flag := false   // within a flag made of tags
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		after, _ := utf8.DecodeRune(line[i+n:])
		rule := ruleOf(r, before, after, first && i == 0, flag, run)
		if isVariation(r) {
			run++
		} else {
			run = 0
		}
		switch {
		case r == blackFlag:
			flag = true
		case !isTag(r):
			flag = false
		}
		if rule == "" && !invisible(r) {
			before = r
		}
		if rule != "" {
			h := hits[rule]
			if h == nil {
				h = &Hit{Rule: rule, First: r}
				hits[rule] = h
			}
			h.Count++
		}
		i += n
	}
	if h := hits["variation-selectors"]; h != nil && h.Count == 1 {
		// One alone carries next to nothing; it is left over from an emoji.
		delete(hits, h.Rule)
		if zero := hits["zero-width"]; zero != nil {
			zero.Count++
		} else {
			h.Rule = "zero-width"
			hits[h.Rule] = h
		}
	}
	var out []Hit
	for _, r := range rules {
		if h := hits[r]; h != nil {
			out = append(out, *h)
		}
	}
	return out
}

func isASCII(line []byte) bool {
	for _, c := range line {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

const blackFlag = 0x1F3F4 // begins the flags of England, Scotland and Wales

func isTag(r rune) bool { return r >= 0xE0000 && r <= 0xE007F }

func isVariation(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF || r >= 0x180B && r <= 0x180D
}

func invisible(r rune) bool {
	return isTag(r) || isVariation(r) || r == 0x200C || r == 0x200D || unicode.Is(unicode.Cf, r)
}

// ruleOf says which rule a character breaks, if any. run is how many variation
// selectors stand directly before it.
func ruleOf(r, before, after rune, first, flag bool, run int) string {
	switch {
	case r < 0xAD:
		return ""
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return "bidi"
	case isTag(r):
		if flag {
			return ""
		}
		return "tag"
	case isVariation(r):
		// One may follow what it varies: an emoji, a symbol, a digit of a keycap, an
		// ideograph, a Mongolian letter.
		if run == 0 && (r < 0xE0100 && varies(before) || unicode.Is(unicode.Han, before)) {
			return ""
		}
		return "variation-selectors"
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x17B4, r == 0x17B5:
		return "filler"
	case r == 0x200E, r == 0x200F, r == 0x061C:
		return "direction-mark"
	case r == 0x200C, r == 0x200D: // joiners
		if joins(before) && (joins(after) || isVariation(after)) {
			return ""
		}
		return "zero-width"
	case r == 0xFEFF:
		if first {
			return ""
		}
		return "zero-width"
	case r == 0x200B && (wraps(before) || wraps(after)):
		return "" // where a line may break, in scripts without spaces
	case r == 0x200B, r == 0x180E, r >= 0x2060 && r <= 0x2065, r >= 0x206A && r <= 0x206F, r >= 0xFFF9 && r <= 0xFFFB, r >= 0x1D173 && r <= 0x1D17A:
		return "zero-width"
	}
	return ""
}

// varies says whether a variation selector may follow.
func varies(r rune) bool {
	return r >= '0' && r <= '9' || r == '#' || r == '*' || r >= 0xA9 && !unicode.IsSpace(r) &&
		(unicode.In(r, unicode.So, unicode.Sm, unicode.Sk, unicode.Po, unicode.Pd, unicode.Han, unicode.Mongolian, unicode.Myanmar, unicode.Phags_Pa) || r == 0x20E3 || r >= 0x1F000)
}

// wraps says whether a script may need a place to break a line.
func wraps(r rune) bool {
	return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Javanese, unicode.Balinese, unicode.Arabic, unicode.Hebrew)
}

// joins says whether a joiner may stand beside: within emoji, and in scripts whose
// letters change shape.
func joins(r rune) bool {
	if r < 0xA9 {
		return false
	}
	return unicode.In(r, unicode.So, unicode.Sk, unicode.Mn, unicode.Mc) || r == 0x2640 || r == 0x2642 || isVariation(r) ||
		unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi,
			unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan)
}
