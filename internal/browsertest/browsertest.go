// Package browsertest shows a page in Chromium, where axe-core, which is not ours, looks for what
// somebody who does not see, does not use a mouse, or reads on a telephone would miss. For tests
// only.
package browsertest

import (
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A Screen is what a page is shown on.
type Screen struct {
	Dark  bool
	Width string // in pixels
}

// Browse gives a page to Chromium and returns the document as it stands when everything
// in it has run, and what the console said.
func Browse(t *testing.T, page []byte, on Screen) (dom, console string) {
	t.Helper()
	scheme := "1"
	if on.Dark {
		scheme = "0"
	}
	return chromium(t, page, "--enable-logging=stderr", "--blink-settings=preferredColorScheme="+scheme,
		"--window-size="+on.Width+",1200", "--virtual-time-budget=100000", "--dump-dom")
}

// Print is the text of a page as it is on paper, without what lays it out: a word may be anywhere
// of its line.
func Print(t *testing.T, page []byte) string {
	t.Helper()
	pdf := filepath.Join(t.TempDir(), "page.pdf")
	chromium(t, page, "--no-pdf-header-footer", "--print-to-pdf="+pdf)
	out, err := exec.Command("pdftotext", pdf, "-").Output() // of Poppler
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// chromium shows a page to a browser of its own, and gives what that answers and what the console
// said.
func chromium(t *testing.T, page []byte, options ...string) (answer, console string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "index.html")
	if err := os.WriteFile(file, page, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute) // a browser that hangs; nothing is timed
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", slices.Concat([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--user-data-dir=" + filepath.Join(dir, "profile")}, options, []string{"file://" + file})...)
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
	at := root(t)
	file := filepath.Join(at, "node_modules/axe-core/axe.min.js")
	if _, err := os.Stat(file); err != nil {
		dir := t.TempDir() // other tests may be at it, too
		for _, name := range []string{"package.json", "package-lock.json"} {
			b, err := os.ReadFile(filepath.Join(at, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), b, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("npm", "ci", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
			t.Fatalf("installing axe-core: %v\n%s", err, out)
		}
		file = filepath.Join(dir, "node_modules/axe-core/axe.min.js")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// root is the folder of the lock file, from that of whatever test runs.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if at := filepath.Join(dir, "internal/browsertest/testdata"); exists(at) {
			return at
		}
	}
	t.Fatal("internal/browsertest/testdata stands in no folder above that of the test")
	return ""
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// A Violation is a rule of axe-core and where it is broken.
type Violation struct {
	ID    string
	Nodes []string
}

var (
	metaPolicy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	axeResult  = regexp.MustCompile(`(?s)<pre id="axe-result">(.*?)</pre>`)
)

// Violations runs axe-core in a page, with all that is folded open. The page admits no
// script, so its policy has to go for that.
func Violations(t *testing.T, page []byte, on Screen) []Violation {
	t.Helper()
	s := metaPolicy.ReplaceAllString(string(page), "")
	s = regexp.MustCompile(`<details( open)?`).ReplaceAllString(s, "<details open")
	s = strings.TrimSuffix(s, "</body>\n</html>\n") + "<script>" + axeCore(t) + `</script><script>
axe.run(document, {resultTypes: ["violations"]}).then(r => ({passes: r.passes.length, found: r.violations}), e => ({error: String(e)})).then(r => {
  const out = document.createElement("pre");
  out.id = "axe-result";
  out.textContent = JSON.stringify({...r, found: (r.found || []).map(v => ({id: v.id, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 200) + " " + n.failureSummary)}))});
  document.body.append(out);
});</script></body></html>`
	dom, console := Browse(t, []byte(s), on)
	m := axeResult.FindStringSubmatch(dom)
	if m == nil {
		t.Fatalf("axe-core gave no answer\n%s", console)
	}
	var result struct {
		Error  string
		Passes int
		Found  []Violation
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &result); err != nil || result.Error != "" || result.Passes < 10 {
		t.Fatalf("axe-core: %v %s, %d rules passed", err, result.Error, result.Passes)
	}
	return result.Found
}
