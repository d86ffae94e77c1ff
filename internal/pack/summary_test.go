package pack

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"custody/internal/pack/verify"
)

var renderer = goldmark.New(goldmark.WithExtensions(extension.GFM))

// What GitHub looks for in the text that is left when Markdown and entities are done.
var recognised = regexp.MustCompile(`@\w|#\d|(?i:gh)-\d|://|(?i:www)\.|[0-9a-fA-F]{7,}`)

var escaped = regexp.MustCompile(`\\(.)`)

// textOf is the text below a node.
func textOf(n ast.Node, src []byte) string {
	var b bytes.Buffer
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(src))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// inspect parses Markdown with a parser that is not ours and reports everything that
// text from a change must not become. It returns the text outside of code.
func inspect(t *testing.T, src []byte) {
	t.Helper()
	doc := renderer.Parser().Parse(text.NewReader(src))
	var prose bytes.Buffer
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Kind() != ast.KindText {
			prose.WriteByte('\n') // texts on both sides of a node do not touch
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link, *ast.AutoLink, *ast.Image:
			t.Errorf("a link or an image: %s", textOf(n, src))
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				s := n.Segments.At(i)
				if html := string(s.Value(src)); html != "<br>" {
					t.Errorf("markup inside a line: %s", html)
				}
			}
		case *ast.HTMLBlock:
			if html := string(n.Lines().Value(src)); !regexp.MustCompile(`^(<details><summary>([\d,]+ files?|By name: the nearest first)</summary>|</details>)\n?$`).MatchString(html) {
				t.Errorf("a block of markup: %s", html)
			}
		case *ast.Heading:
			if title := string(n.Lines().Value(src)); !regexp.MustCompile(`^(🟡|🔴|🟢) |^(Rules and requirements|What to read first|What it reaches|Who or what wrote it|What was not assessed|[\d,]+ (error|warning|note)s?)$`).MatchString(title) {
				t.Errorf("a heading: %s", title)
			}
		case *ast.List:
			if n.IsOrdered() {
				t.Errorf("a numbered list: %s", textOf(n, src))
			}
			for p := n.Parent(); p != nil; p = p.Parent() {
				if p.Kind() == ast.KindListItem {
					t.Errorf("a list in a list: %s", textOf(n, src))
				}
			}
		case *ast.Blockquote, *ast.ThematicBreak, *ast.CodeBlock:
			t.Errorf("a %s", n.Kind())
		case *extast.Strikethrough:
			t.Errorf("struck out: %s", textOf(n, src))
		case *extast.TableRow:
			if c := n.ChildCount(); c != 3 {
				t.Errorf("a row of %d cells: %s", c, textOf(n, src))
			}
		case *ast.CodeSpan, *ast.FencedCodeBlock:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			prose.Write(n.Segment.Value(src))
			if n.SoftLineBreak() || n.HardLineBreak() {
				prose.WriteByte('\n')
			}
		case *ast.String:
			prose.Write(n.Value)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.ReplaceAll(prose.String(), "&#8203;", "\u200b")
	if m := recognised.FindString(escaped.ReplaceAllString(shown, "$1")); m != "" {
		t.Errorf("GitHub would recognise %q", m)
	}
}

func TestSummaryIsOnlyWhatItMayBe(t *testing.T) {
	for n, v := range samples() {
		src := membersOf(t, build(t, v, []byte(sampleContext)))[verify.Summary]
		if len(src) > maxSummary || !utf8.Valid(src) {
			t.Errorf("%s: %d bytes", n, len(src))
		}
		t.Run(n, func(t *testing.T) { inspect(t, src) })
	}
}

// The most important comes first, and what does not fit is counted, at the end of a
// block and never inside one.
func TestSummaryIsCutAtBlocks(t *testing.T) {
	v := huge(3000)
	for i := range v.Findings {
		v.Findings[i].Message = strings.Repeat("A long explanation. ", 40) + word(i)
	}
	src := string(membersOf(t, build(t, v, nil))[verify.Summary])
	if len(src) > maxSummary || len(src) < maxSummary-3000 { // nearly full
		t.Errorf("%d bytes", len(src))
	}
	if !regexp.MustCompile(`\*\d+ more parts are left out for length: the pack has all\.\*\n$`).MatchString(src) {
		t.Errorf("it ends with %q", src[len(src)-100:])
	}
	last := -1
	for _, want := range []string{"may not land", "Next:", "### Rules and requirements", "### 1,002 errors"} {
		i := strings.Index(src, want)
		if i <= last {
			t.Errorf("%q stands at %d, after %d", want, i, last)
		}
		last = i
	}
	for _, limit := range []int{200, 500, 1000, 5000} {
		if n := len(joinBlocks([]string{strings.Repeat("é", 90), "b", strings.Repeat("c", 900), "d"}, limit)); n > limit {
			t.Errorf("limit %d, got %d", limit, n)
		}
	}
}

// frame is a line in which text may stand in each of the ways in which we use it.
func frame(s string) []byte {
	return []byte("## 🔴 x\n\n**" + cmp.Or(prose(strings.TrimSpace(s)), "x") + "**\n\n- " + prose(s) + "\n- " + code(s) + " " + prose(s) + "  \n  **To do:** " + prose(s) + " " + code(s) +
		"\n\n| a | b | c |\n|---|---|---|\n| **x** | " + prose(s) + " " + cell(s) + "<br>Evidence " + prose(s) + " | " + prose(s) + " |\n")
}

func TestProse(t *testing.T) {
	for _, s := range hostileTexts {
		src := frame(s)
		t.Run("", func(t *testing.T) { inspect(t, src) })
		// What is shown is the text itself: nothing is lost on the way.
		var html bytes.Buffer
		if err := renderer.Convert([]byte("- "+code(s)), &html); err != nil {
			t.Fatal(err)
		}
		if s != "" {
			got := regexp.MustCompile(`(?s)<code>(.*)</code>`).FindStringSubmatch(html.String())
			if got == nil || unescapeHTML(got[1]) != plain(s, messageLimit) {
				t.Errorf("code(%.80q) is shown as %.80q", s, got)
			}
		}
		html.Reset()
		if err := renderer.Convert([]byte(prose(s)), &html); err != nil {
			t.Fatal(err)
		}
		shown := strings.ReplaceAll(unescapeHTML(strings.TrimSuffix(strings.TrimPrefix(html.String(), "<p>"), "</p>\n")), "\u200b", "")
		if shown != strings.TrimRight(plain(s, messageLimit), " ") {
			t.Errorf("prose(%.80q) is shown as %.80q", s, shown)
		}
	}
}

func unescapeHTML(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(s)
}

func FuzzProse(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // no document holds such text
		}
		inspect(t, frame(s))
	})
}
