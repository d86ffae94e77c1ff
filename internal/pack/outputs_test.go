package pack

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/pack/verify"
	"custody/internal/report"
	"custody/internal/report/export"
	"custody/internal/report/period"
	"custody/internal/review"
	"custody/internal/sign"
)

// written is a verdict about a change whose author chose a name and a message, and put
// them wherever a change can.
func written(name, message string) *review.Verdict {
	v := failing()
	path := change.Path(name).Escaped()
	printable := change.Printable(message)
	v.About.Title, v.About.Reason, v.About.Author, v.About.Tickets = printable, printable, change.Printable(name), []string{printable}
	v.Change.Commits[0].Subject, v.Change.Commits[0].Author = printable, change.Printable(name)+" <"+printable+">"
	v.Change.Files = append(v.Change.Files, review.FileLine{Path: path, OldPath: path, Status: change.Renamed, Added: 50, Critical: printable})
	f := finding.Finding{Rule: printable, Level: finding.Error, Place: finding.Place{Path: path, StartLine: 1}, Message: printable, Remedy: printable, Who: printable}
	w := f
	w.WaivedBy = printable
	v.Findings = append(v.Findings, f, w)
	v.Checks = append(v.Checks, finding.Check{ID: printable, Kind: finding.Rule, Name: printable, Origin: path, Level: finding.Error, Outcome: finding.NotSatisfied,
		Reasons: []finding.Reason{{Code: "x", Detail: printable, Path: path}}, Found: []finding.Finding{f}, Maps: []finding.Control{{Framework: "soc2-2017", ID: printable}}})
	v.Reasons = append(v.Reasons, finding.Reason{Code: "x", Detail: printable, Path: path})
	v.NotAssessed = append(v.NotAssessed, finding.Reason{Code: "x", Detail: printable, Path: path})
	v.Impact.Changed = append(v.Impact.Changed, impact.Changed{Path: path, OldPath: path, Symbols: []impact.Symbol{{Name: printable, Kind: "func", Change: "removed", Exported: true}}})
	v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Node: "file:" + path, Kind: "file", Path: path, Distance: 1, Confidence: 900, Via: []string{"file:" + path}, Reason: printable})
	c := &v.Attestation.Commits[0]
	c.People, c.Agents[0].Model, c.Evidence[0].Detail = []string{printable}, printable, printable
	v.Attestation.Files = append(v.Attestation.Files, attestation.File{Path: path, Added: 50, Lines: map[attestation.Class]int{attestation.AIDeclared: 50}})
	v.Door.URL = ""
	return v
}

// FuzzOutputs: whatever somebody calls a file, or writes into a message, is text in every
// form in which we show it: no markup, link, reference, mention or formula.
func FuzzOutputs(f *testing.F) {
	for i, s := range hostileTexts {
		f.Add(s, hostileTexts[(i+7)%len(hostileTexts)])
	}
	f.Add("=cmd|' /C calc'!A0", "\t=1+1")
	f.Add("＝1", "\u00a0=1")
	f.Add("-2+3", "fixes octo/shop#1 @octo/team")
	f.Add("]]>&lt;", "</text></svg><script>")
	f.Add("    indented", "    indented")
	f.Fuzz(func(t *testing.T, name, message string) {
		if name == "" || len(name)+len(message) > 4000 {
			return
		}
		v := written(name, message)
		file := build(t, v, []byte(sampleContext))
		ms := membersOf(t, file)
		pageText(t, ms[verify.Page])
		inspect(t, ms[verify.Summary])
		inspectSARIF(t, ms[verify.SARIF])

		p, err := report.OpenPack("p.zip", file, func(b []byte) *verify.Result {
			return verify.Verify(b, sign.TrustedKeys{{Key: testKey(t).Public(), Name: "builds"}})
		})
		if err != nil {
			t.Fatal(err)
		}
		table, err := export.NewCSV(p)
		if err != nil {
			t.Fatal(err)
		}
		inspectCSV(t, table)
		inspectOSCAL(t, export.NewOSCAL(p))
		inspectJSON(t, export.NewEvidence([]*report.VerifiedPack{p}, nil, nil))
		if st, err := export.NewSCAI(p, ""); err != nil {
			t.Error(err)
		} else {
			inspectJSON(t, st)
		}
		b := period.NewBuilder("soc2-2017", "2026-01-01", "2026-12-31")
		b.Add(p)
		r := b.Report()
		if table, err = r.CSV(); err != nil {
			t.Fatal(err)
		}
		inspectCSV(t, table)
		book, err := period.XLSX(r.Sheets())
		if err != nil {
			t.Fatal(err)
		}
		inspectXLSX(t, book)
		var page bytes.Buffer
		if err := r.WritePage(&page); err != nil {
			t.Fatal(err)
		}
		inspectPage(t, page.Bytes())
	})
}

// inspectSARIF: section 3.11 of SARIF reads [text](target) as a link and {0} as a
// placeholder in messages.
func inspectSARIF(t *testing.T, doc []byte) {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				Message   struct{ Text string }
				Locations []struct {
					Physical struct {
						Artifact struct{ URI string } `json:"artifactLocation"`
					} `json:"physicalLocation"`
				}
			}
		}
	}
	if err := json.Unmarshal(doc, &log); err != nil || len(log.Runs) != 1 {
		t.Fatalf("%d runs, %v", len(log.Runs), err)
	}
	for _, r := range log.Runs[0].Results {
		if text := r.Message.Text; strings.Contains(text, "](") || regexp.MustCompile(`\{\d+\}`).MatchString(strings.NewReplacer("{{", "", "}}", "").Replace(text)) || invisible(text) {
			t.Errorf("a message of SARIF: %q", text)
		}
		for _, l := range r.Locations {
			if uri := l.Physical.Artifact.URI; !regexp.MustCompile(`^[A-Za-z0-9%._~/-]+$`).MatchString(uri) || strings.HasPrefix(uri, "/") {
				t.Errorf("a place in SARIF: %q", uri)
			}
		}
	}
}

func invisible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

// inspectCSV: no cell begins in a way that a spreadsheet takes for a formula (OWASP: =, +,
// -, @, tab, carriage return; and their full-width forms), whatever space is before it.
func inspectCSV(t *testing.T, table []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row {
			inspectCell(t, cell)
		}
	}
}

func inspectCell(t *testing.T, cell string) {
	t.Helper()
	start := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	if start != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(start)[0]) || strings.ContainsAny(cell, "\t\r\n") {
		t.Errorf("a cell: %q", cell)
	}
}

// inspectXLSX: every cell is text, and none has a formula.
func inspectXLSX(t *testing.T, book []byte) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		within := ""
		for d := xml.NewDecoder(r); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			switch e := token.(type) {
			case xml.EndElement:
				within = ""
			case xml.StartElement:
				within = e.Name.Local
				if within == "f" || within == "hyperlink" {
					t.Errorf("%s has an element <%s>", f.Name, within)
				}
			case xml.CharData:
				if within == "t" || within == "v" {
					inspectCell(t, string(e))
				}
			}
		}
	}
}

// inspectPage: a page parses, and has neither script nor anything that leads elsewhere.
func inspectPage(t *testing.T, page []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "br", "col"}, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the page does not parse: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "script", "img", "iframe", "object", "embed", "base", "form", "link", "image", "use", "foreignObject":
			t.Errorf("element <%s>", e.Name.Local)
		}
		for _, a := range e.Attr {
			leads := (a.Name.Local == "href" || a.Name.Local == "src") && !strings.HasPrefix(a.Value, "#")
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" || leads {
				t.Errorf("attribute %s=%q", a.Name.Local, a.Value)
			}
		}
	}
}

// inspectOSCAL: descriptions and remarks are Markdown there.
func inspectOSCAL(t *testing.T, doc any) {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, member := range v {
				walk(k, member)
			}
		case []any:
			for _, item := range v {
				walk(key, item)
			}
		case string:
			if invisible(v) {
				t.Errorf("%s: %q", key, v)
			}
			if key == "description" || key == "remarks" || key == "title" || key == "statement" {
				inspectProse(t, []byte(v))
			}
		}
	}
	walk("", all)
}

// inspectProse: a text in CommonMark has no link, image, code or markup in it.
func inspectProse(t *testing.T, src []byte) {
	t.Helper()
	doc := goldmark.New().Parser().Parse(gmtext.NewReader(src))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image, *ast.RawHTML, *ast.HTMLBlock, *ast.CodeSpan, *ast.CodeBlock, *ast.FencedCodeBlock:
			t.Errorf("a %s in %q", n.Kind(), src)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inspectJSON: it is JSON, in UTF-8.
func inspectJSON(t *testing.T, doc any) {
	t.Helper()
	text, err := json.Marshal(doc)
	if err != nil || !json.Valid(text) || bytes.Contains(text, []byte(`\ufffd`)) {
		t.Errorf("%v: %.200s", err, text)
	}
}
