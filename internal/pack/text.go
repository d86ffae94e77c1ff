package pack

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/internal/change"
)

// plain makes text from a change safe to look at: what a reader would not see, or
// what would rearrange what they see (controls, line breaks, bidirectional and other
// formatting characters, piles of combining marks), is shown by its code point.
// Markup is not its business. Text over limit characters is cut, and says so.
func plain(s string, limit int) string {
	var b strings.Builder
	marks, shown := 0, 0
	endMarks := func() {
		if marks > maxMarks {
			fmt.Fprintf(&b, "<%d more marks>", marks-maxMarks)
		}
		marks = 0
	}
	for i, r := range s {
		if shown == limit {
			fmt.Fprintf(&b, "… (%d more bytes in pack.json)", len(s)-i)
			break
		}
		shown++
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks <= maxMarks {
				b.WriteRune(r)
			}
			continue
		}
		endMarks()
		if unicode.IsPrint(r) && r != utf8.RuneError {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	endMarks()
	return b.String()
}

// maxMarks is how many combining marks may follow one character: enough for every
// script, too few to paint over other lines.
const maxMarks = 4

// Limits of what is shown of one text, in characters.
const (
	nameLimit    = 300
	messageLimit = 1000
)

func name(s string) string    { return plain(s, nameLimit) }
func message(s string) string { return plain(s, messageLimit) }

// number writes n with thousands apart: 12,345.
func number(n int) string { return change.Thousands(n) }

// plural is "1 file", "2 files".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// percent writes part of whole without a fraction, and never 0 or 100 for what is
// neither none nor all.
func percent(part, whole int) string {
	if whole <= 0 {
		return "none"
	}
	p := (part*100 + whole/2) / whole
	switch {
	case p == 0 && part > 0:
		return "under 1%"
	case p >= 100 && part < whole:
		return "over 99%"
	}
	return strconv.Itoa(p) + "%"
}
