package pack

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"custody/internal/browsertest"
	"custody/internal/pack/verify"
)

var wide = browsertest.Screen{Width: "1200"}

func TestPageInBrowser(t *testing.T) {
	pages := map[string][]byte{}
	for n, v := range map[string]int{"fail": 0, "hostile": 0, "huge": 300} {
		if v > 0 {
			pages[n] = membersOf(t, build(t, huge(v), nil))[verify.Page]
		} else {
			pages[n] = membersOf(t, build(t, samples()[n], nil))[verify.Page]
		}
	}
	for _, c := range []struct {
		page string
		on   browsertest.Screen
	}{
		{"fail", wide}, {"hostile", browsertest.Screen{Dark: true, Width: "360"}}, {"huge", browsertest.Screen{Dark: true, Width: "800"}},
	} {
		for _, v := range browsertest.Violations(t, pages[c.page], c.on) {
			t.Errorf("%s, %+v: %s\n\t%s", c.page, c.on, v.ID, strings.Join(v.Nodes, "\n\t"))
		}
	}
	// The check can fail.
	broken := []byte(strings.Replace(string(pages["fail"]), "<h1>", `<img src="data:,"><p style="color:#eee">pale</p><h1>`, 1))
	ids := ""
	for _, v := range browsertest.Violations(t, broken, wide) {
		ids += v.ID + " "
	}
	if !strings.Contains(ids, "image-alt") || !strings.Contains(ids, "color-contrast") {
		t.Errorf("a picture without words and pale text are found as: %s", ids)
	}
}

// The browser takes the page's policy as we mean it: the style sheet counts, and neither
// a script, another style, a picture nor a form gets through.
func TestPolicyInBrowser(t *testing.T) {
	page := string(membersOf(t, build(t, hostile(), nil))[verify.Page])
	if _, console := browsertest.Browse(t, []byte(page), wide); console != "" {
		t.Errorf("the console says:\n%s", console)
	}
	evil := strings.Replace(page, "<h1>", `<script>document.title="owned"</script><style>h1{color:red}</style><img src="https://example.invalid/x.png" onerror="document.title='owned'"><p style="color:red">x</p><h1>`, 1)
	dom, console := browsertest.Browse(t, []byte(evil), wide)
	if strings.Contains(dom, "<title>owned") {
		t.Error("a script ran")
	}
	for _, what := range []string{"script-src", "style-src", "img-src"} {
		if !strings.Contains(console, what) && !strings.Contains(console, "default-src") {
			t.Errorf("nothing was refused for %s:\n%s", what, console)
		}
	}
	if n := strings.Count(console, "CONSOLE"); n < 4 {
		t.Errorf("%d things were refused, of script, style, picture and style attribute:\n%s", n, console)
	}
}

// unprinted are the words of a page that are not on paper, each with what stands around it.
func unprinted(t *testing.T, page string) (all []string) {
	t.Helper()
	solid := func(text string) string { return regexp.MustCompile(`[\s\x{ad}\x{200b}-]+`).ReplaceAllString(text, "") } // a line may end in a word
	paper := solid(browsertest.Print(t, []byte(page)))
	page = regexp.MustCompile(`(?s)<details class="inner screen">.*?</details>`).ReplaceAllString(page, "")
	for _, element := range regexp.MustCompile(`(?s)<(?:h1|h2|h3|summary|td|dd|li|p)\b[^>]*>.*?</(?:h1|h2|h3|summary|td|dd|li|p)>`).FindAllString(page, -1) {
		text := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(element, " "))
		for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return unicode.IsSpace(c) || c == '-' }) {
			if !strings.Contains(paper, solid(word)) {
				all = append(all, word+" of "+element)
			}
		}
	}
	return all
}

// Whoever prints the page has all of it on paper, what is folded on the screen, too.
func TestPageOnPaper(t *testing.T) {
	fail := string(membersOf(t, build(t, samples()["fail"], nil))[verify.Page])
	for name, page := range map[string]string{"fail": fail, "huge": string(membersOf(t, build(t, huge(40), nil))[verify.Page])} {
		for _, lost := range unprinted(t, page) {
			t.Errorf("%s: not on paper: %s", name, lost)
		}
	}
	// The check can fail.
	folded := strings.Replace(fail, "details::details-content", "details::nothing", 1)
	folded = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(folded, "") // which knows the style sheet by its digest
	if len(unprinted(t, folded)) == 0 {
		t.Error("where folds stay folded, nothing is lost on paper")
	}
}
