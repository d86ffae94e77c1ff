package export

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"unicode"

	"custody/internal/finding"
	"custody/internal/report"
)

// NewCSV lists the findings of a pack, one a line, the heaviest first, after RFC 4180 with
// a line of names. Every cell is text, and none can be read as a formula.
func NewCSV(p *report.VerifiedPack) ([]byte, error) {
	found := append([]finding.Finding(nil), p.Says.Findings...)
	finding.Sort(found)
	rows := [][]string{{"pack", "head", "day", "decision", "level", "rule", "check", "path", "line", "commit", "message", "remedy", "who", "excepted_by", "fingerprint"}}
	for _, f := range found {
		line := ""
		if f.Place.StartLine > 0 {
			line = strconv.Itoa(f.Place.StartLine)
		}
		rows = append(rows, []string{
			p.Digest, p.Says.Inputs.Head.String(), p.Says.Inputs.Day, p.Says.Decision, f.Level.String(), f.Rule, f.Check,
			f.Place.Path, line, f.Place.Commit, f.Message, f.Remedy, f.Who, f.ExceptedBy(p.Says.Inputs.Waivers...), f.Fingerprint(),
		})
	}
	return WriteCSV(rows)
}

// WriteCSV writes rows whose cells no spreadsheet takes for a formula.
func WriteCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = Cell(cell)
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// Cell is text as it may stand in a spreadsheet. What a program could take for the start
// of a formula gets an apostrophe before it, as OWASP advises, white space before that
// start included; characters that nobody can see, line ends among them, become spaces: in
// some programs the text behind one begins a cell of its own. So it does behind a semicolon,
// where that is what parts the cells of a list.
func Cell(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	parts := strings.Split(s, ";")
	for i, part := range parts {
		if isFormula(part) {
			parts[i] = "'" + part
		}
	}
	return strings.Join(parts, ";")
}

// isFormula says whether a program could take a text for a formula.
func isFormula(s string) bool {
	start := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' })
	return start != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(start)[0])
}
