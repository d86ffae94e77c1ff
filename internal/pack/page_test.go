package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"custody/internal/finding"
	"custody/internal/pack/verify"
)

// What a page may consist of. Nothing here loads, runs, links or submits.
var (
	pageElements = strings.Fields(`html head meta title style body main header section footer h1 h2 h3 p ul li span strong
		code bdi pre ol g path ellipse text desc table caption thead tbody tr th td dl dt dd details summary div svg rect`)
	pageAttributes = strings.Fields(`lang charset http-equiv content name class id aria-labelledby aria-hidden scope open
		data-label width height x y d rx ry xmlns role tabindex aria-label viewBox preserveAspectRatio`)
)

// pageText parses a page with encoding/xml, checks what it consists of, and returns
// its text.
func pageText(t *testing.T, page []byte) string {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta"}, xml.HTMLEntity
	var text strings.Builder
	ids := map[string]bool{}
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page does not parse: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			if !slices.Contains(pageElements, e.Name.Local) {
				t.Errorf("element <%s>", e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(pageAttributes, a.Name.Local) {
					t.Errorf("attribute %s=%q of <%s>", a.Name.Local, a.Value, e.Name.Local)
				}
				if a.Name.Local == "id" && ids[a.Value] {
					t.Errorf("the id %q appears twice", a.Value)
				}
				ids[a.Value] = ids[a.Value] || a.Name.Local == "id"
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			text.Write(e)
		case xml.Comment:
			t.Error("a comment")
		}
	}
	if depth != 0 {
		t.Errorf("%d elements are not closed", depth)
	}
	return text.String()
}

func TestPageIsOnlyWhatItMayBe(t *testing.T) {
	for n, v := range samples() {
		page := membersOf(t, build(t, v, []byte(sampleContext)))[verify.Page]
		text := pageText(t, page)
		if n != "hostile" {
			continue
		}
		for _, s := range hostileTexts {
			if !strings.Contains(text, plain(s, nameLimit)) {
				t.Errorf("%q is not shown as it is", s)
			}
		}
	}
}

// The policy admits the page's own style sheet, by the hash of what stands in the
// page, and nothing else.
func TestPagePolicy(t *testing.T) {
	page := membersOf(t, build(t, hostile(), nil))[verify.Page]
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllSubmatch(page, -1)
	if len(styles) != 1 {
		t.Fatalf("%d style sheets", len(styles))
	}
	h := sha256.Sum256(styles[0][1])
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindSubmatch(page)
	want := "default-src &#39;none&#39;; style-src &#39;sha256-" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(h[:]), "+", "&#43;") + "&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"
	if policy == nil || string(policy[1]) != want {
		t.Errorf("policy %s\nwant   %s", policy, want)
	}
	if i, j := bytes.Index(page, policy[0]), bytes.Index(page, []byte("<style>")); i > j {
		t.Error("the policy comes after what it governs")
	}
	if regexp.MustCompile(`url\(|@import|expression`).Match(styles[0][1]) {
		t.Error("the style sheet loads something")
	}
}

// What a page does not show is in pack.json only as far as that lists it.
func TestElided(t *testing.T) {
	for _, c := range []struct {
		shown, listed, total int
		want                 string
	}{
		{3, 3, 3, ""},
		{200, 300, 300, "… and 100 more, 300 in all: see pack.json."},
		{200, 1907, 3522, "… and 3,322 more, 3,522 in all: pack.json lists 1,907 of them and counts the others."},
		{60, 60, 70, "… and 10 more, 70 in all, which the pack counts and does not list."},
	} {
		if got := elided(c.shown, c.listed, c.total); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// A line that counts others counts as many as it says.
func TestSkipsAreCounted(t *testing.T) {
	v := passing()
	v.NotAssessed = []finding.Reason{{Code: "unsupported", Path: "a.x"}, {Code: "unsupported", Detail: "and 1116 more"}, {Code: "unresolved", Path: "b", Detail: "and 7 more"}}
	if s := newSkips(v); s.Total != 1118 || s.More() != 0 || s.Kinds[0].Count != 1117 {
		t.Errorf("%+v", s)
	}
}

// The check that found something says so first.
func TestTellingFirst(t *testing.T) {
	c := finding.Check{Outcome: finding.NotSatisfied, Looked: []finding.Looked{{Check: "secrets"}, {Check: "tests", Found: 1}},
		Reasons: []finding.Reason{{Detail: "secrets: looked at 3 added lines, found 0"}, {Detail: "tests: looked at 1 file, found 1"}}}
	if got := newCheck(c, nil).Why[0]; got != "tests: looked at 1 file, found 1" {
		t.Error(got)
	}
}
