package attestation

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A lineRange is lines from..to of a file, both counted, from 1.
type lineRange struct{ from, to int }

// A lineSet is a set of lines: ranges in order, none touching the next.
type lineSet []lineRange

// everyLine is all lines a file can have.
var everyLine = lineSet{{1, math.MaxInt}}

// normal sorts ranges and joins those that touch.
func (s lineSet) normal() lineSet {
	slices.SortFunc(s, func(a, b lineRange) int { return cmp.Compare(a.from, b.from) })
	out := s[:0]
	for _, r := range s {
		if n := len(out); n > 0 && r.from-1 <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, r.to)
			continue
		}
		out = append(out, r)
	}
	return out
}

// and is what both sets have.
func (s lineSet) and(o lineSet) lineSet {
	var out lineSet
	for i, j := 0, 0; i < len(s) && j < len(o); {
		if from, to := max(s[i].from, o[j].from), min(s[i].to, o[j].to); from <= to {
			out = append(out, lineRange{from, to})
		}
		if s[i].to < o[j].to {
			i++
		} else {
			j++
		}
	}
	return out
}

func (s lineSet) count() int {
	n := 0
	for _, r := range s {
		n += r.to - r.from + 1
	}
	return n
}

// maxRangesShown bounds what is shown of a set.
const maxRangesShown = 8

// String is "lines 1-4, 9".
func (s lineSet) String() string {
	var b strings.Builder
	b.WriteString("lines ")
	if len(s) == 1 && s[0].from == s[0].to {
		b.Reset()
		b.WriteString("line ")
	}
	for i, r := range s {
		if i == maxRangesShown {
			b.WriteString(", ...")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(r.from))
		if r.to > r.from {
			b.WriteString("-" + strconv.Itoa(r.to))
		}
	}
	return b.String()
}

var errRange = errors.New("a range of lines is malformed")

// parseRanges reads "1-4,9,12-14" and appends to the ranges; it does not sort them.
func parseRanges(to lineSet, s string) (lineSet, error) {
	for part := range strings.SplitSeq(s, ",") {
		a, b, isRange := strings.Cut(part, "-")
		from, err := parseLine(a)
		if err != nil {
			return to, err
		}
		end := from
		if isRange {
			if end, err = parseLine(b); err != nil {
				return to, err
			}
		}
		if end < from {
			return to, errRange
		}
		to = append(to, lineRange{from, end})
	}
	return to, nil
}

// parseLine reads the number of a line: digits alone, none in front that says nothing.
func parseLine(s string) (int, error) {
	if s == "" || len(s) > 18 || s[0] < '1' || s[0] > '9' || strings.Trim(s, "0123456789") != "" {
		return 0, errRange
	}
	return strconv.Atoi(s)
}
