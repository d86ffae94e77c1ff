package period

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"custody/internal/report/export"
)

// XLSX writes sheets as an Office Open XML workbook (ECMA-376), the plainest kind: every
// cell is text in place, or a number where its column has numbers, so that no cell is a formula,
// a date or a link, whatever it holds.
// The same sheets give the same bytes.
func XLSX(sheets []Sheet) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name, text string) error {
		// Stored, not compressed: a compressor's output may change with its version.
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		_, err = w.Write([]byte(xml.Header + text))
		return err
	}
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const packages = "http://schemas.openxmlformats.org/package/2006"
	var types, list, links strings.Builder
	for i, s := range sheets {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, i+1)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, s.Name, i+1, i+1)
		fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, office, i+1)
	}
	styles := len(sheets) + 1
	fmt.Fprintf(&links, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, styles, office)
	parts := []struct{ name, text string }{
		{"[Content_Types].xml", `<Types xmlns="` + packages + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + packages + `/relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + main + `" xmlns:r="` + office + `"><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + packages + `/relationships">` + links.String() + `</Relationships>`},
		// Style 1 is bold, for the names of columns.
		{"xl/styles.xml", `<styleSheet xmlns="` + main + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`},
	}
	for _, p := range parts {
		if err := add(p.name, p.text); err != nil {
			return nil, err
		}
	}
	for i, s := range sheets {
		text, err := worksheet(s, main)
		if err != nil {
			return nil, err
		}
		if err := add(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Limits of the format: rows of a sheet, characters of a cell.
const (
	maxRows = 1_048_576
	maxCell = 32_767
)

func worksheet(s Sheet, ns string) (string, error) {
	if len(s.Rows) > maxRows {
		return "", fmt.Errorf("the sheet %s has %d rows, and a workbook takes %d: choose a shorter period, or csv", s.Name, len(s.Rows), maxRows)
	}
	var b bytes.Buffer
	b.WriteString(`<worksheet xmlns="` + ns + `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	for i, w := range widths(s.Rows) {
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, w)
	}
	b.WriteString(`</cols><sheetData>`)
	numbers := make([]bool, len(s.Rows[0]))
	for j, name := range s.Rows[0] {
		numbers[j] = slices.Contains(s.Numbers, name)
	}
	for i, row := range s.Rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, cell := range row {
			if i > 0 && numbers[j] && isNumber(cell) {
				fmt.Fprintf(&b, `<c r="%s%d"><v>%s</v></c>`, column(j), i+1, cell)
				continue
			}
			style := ""
			if i == 0 {
				style = ` s="1"`
			}
			fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"%s><is><t xml:space="preserve">`, column(j), i+1, style)
			// An apostrophe as in CSV: a sheet may be saved as one.
			text := export.Cell(cell)
			if runes := []rune(text); len(runes) > maxCell {
				text = string(runes[:maxCell-1]) + "…"
			}
			if err := xml.EscapeText(&b, []byte(text)); err != nil {
				return "", err
			}
			b.WriteString(`</t></is></c>`)
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData></worksheet>`)
	return b.String(), nil
}

// isNumber says whether a cell is a number as we write them: digits that a workbook keeps.
func isNumber(cell string) bool {
	return cell != "" && len(cell) <= 15 && strings.Trim(cell, "0123456789") == ""
}

// widths are those of the columns in characters, by their longest cell.
func widths(rows [][]string) []int {
	var out []int
	for _, row := range rows[:min(len(rows), 1000)] {
		for j, cell := range row {
			if j == len(out) {
				out = append(out, 8)
			}
			out[j] = max(out[j], min(len([]rune(cell))+2, 60))
		}
	}
	return out
}

// column is "A", "Z", "AA".
func column(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return column(i/26-1) + string(rune('A'+i%26))
}
