package pack

import (
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"custody/internal/pack/verify"
)

// Chromium shows the page, and axe-core, which is not ours, looks for what somebody who
// does not see, does not use a mouse, or reads on a telephone would miss.

// browse gives a page to Chromium and returns the document as it stands when everything
// in it has run, and what the console said.
func browse(t *testing.T, page []byte, dark bool, width string) (dom, console string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	scheme := "1"
	if dark {
		scheme = "0"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute) // a browser that hangs; nothing is timed
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--enable-logging=stderr",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--blink-settings=preferredColorScheme="+scheme,
		"--window-size="+width+",1200", "--virtual-time-budget=100000", "--dump-dom", "file://"+file)
	var out, log strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return out.String(), console
}

// axeCore is the text of axe-core, installed as its lock file says.
func axeCore(t *testing.T) string {
	t.Helper()
	const dir = "testdata/browser"
	file := filepath.Join(dir, "node_modules/axe-core/axe.min.js")
	if _, err := os.Stat(file); err != nil {
		if out, err := exec.Command("npm", "ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
			t.Fatalf("installing axe-core: %v\n%s", err, out)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A violation is a rule of axe-core and where it is broken.
type violation struct {
	ID    string
	Nodes []string
}

var (
	metaPolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	axeResult  = regexp.MustCompile(`(?s)<pre id="axe-result">(.*?)</pre>`)
)

// violations runs axe-core in a page, with all that is folded open. The page admits no
// script, so its policy has to go for that.
func violations(t *testing.T, axe string, page []byte, dark bool, width string) []violation {
	t.Helper()
	s := metaPolicy.ReplaceAllString(string(page), "")
	s = regexp.MustCompile(`<details( open)?`).ReplaceAllString(s, "<details open")
	s = strings.TrimSuffix(s, "</body>\n</html>\n") + "<script>" + axe + `</script><script>
axe.run(document, {resultTypes: ["violations"]}).then(r => ({passes: r.passes.length, found: r.violations}), e => ({error: String(e)})).then(r => {
  const out = document.createElement("pre");
  out.id = "axe-result";
  out.textContent = JSON.stringify({...r, found: (r.found || []).map(v => ({id: v.id, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 200) + " " + n.failureSummary)}))});
  document.body.append(out);
});</script></body></html>`
	dom, console := browse(t, []byte(s), dark, width)
	m := axeResult.FindStringSubmatch(dom)
	if m == nil {
		t.Fatalf("axe-core gave no answer\n%s", console)
	}
	var result struct {
		Error  string
		Passes int
		Found  []violation
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &result); err != nil || result.Error != "" || result.Passes < 10 {
		t.Fatalf("axe-core: %v %s, %d rules passed", err, result.Error, result.Passes)
	}
	return result.Found
}

func TestPageInBrowser(t *testing.T) {
	axe := axeCore(t)
	pages := map[string][]byte{}
	for n, v := range map[string]int{"fail": 0, "hostile": 0, "huge": 300} {
		if v > 0 {
			pages[n] = membersOf(t, build(t, huge(v), nil))[verify.Page]
		} else {
			pages[n] = membersOf(t, build(t, samples()[n], nil))[verify.Page]
		}
	}
	for _, c := range []struct {
		page  string
		dark  bool
		width string
	}{
		{"fail", false, "1200"}, {"hostile", true, "360"}, {"huge", true, "800"},
	} {
		for _, v := range violations(t, axe, pages[c.page], c.dark, c.width) {
			t.Errorf("%s, dark %t, %s wide: %s\n\t%s", c.page, c.dark, c.width, v.ID, strings.Join(v.Nodes, "\n\t"))
		}
	}
	// The check can fail.
	broken := []byte(strings.Replace(string(pages["fail"]), "<h1>", `<img src="data:,"><p style="color:#eee">pale</p><h1>`, 1))
	ids := ""
	for _, v := range violations(t, axe, broken, false, "1200") {
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
	if _, console := browse(t, []byte(page), false, "1200"); console != "" {
		t.Errorf("the console says:\n%s", console)
	}
	evil := strings.Replace(page, "<h1>", `<script>document.title="owned"</script><style>h1{color:red}</style><img src="https://example.invalid/x.png" onerror="document.title='owned'"><p style="color:red">x</p><h1>`, 1)
	dom, console := browse(t, []byte(evil), false, "1200")
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
