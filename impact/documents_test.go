package impact

import (
	"fmt"
	"strings"
	"testing"

	"custody/impact/lang"
	"custody/internal/change"
)

func TestDocuments(t *testing.T) {
	files := map[string]string{
		"docs/guide.md":      "# Guide\n\nSee [the server](../pkg/server.go#L10 \"x\") and [other](other.md).\n",
		"docs/path.md":       "It is in pkg/server.go today.\n",
		"docs/tail.rst":      "Look at ``api/server.go`` or `the class <../lib/api/server.go>`_\n",
		"docs/symbol.adoc":   "Call `Server.Serve()` first.\n\n----\nx = OldName(1)\n----\n",
		"docs/name.md":       "`handlers.py` does it, `README.md` does not.\n",
		"docs/module.md":     "Import `app.web.handlers` and org.acme.web.Handlers.\n",
		"docs/front.md":      "---\nsource: pkg/server.go\n---\n",
		"docs/forge.md":      "<https://github.com/acme/app/blob/main/pkg/server.go>\n",
		"docs/gone.md":       "![p](/img/gone.png) and [was](../old/name.go)\n",
		"docs/changed.md":    "pkg/server.go\n",
		"docs/other.md":      "A server, a Serve, handlers, and other words: pkg/serverless.go, Serve.\n",
		"docs/plain.md":      "The word Serve, OldName without code, and server.go.\n",
		"vendor/x/README.md": "pkg/server.go\n",
		"notes.txt":          "pkg/server.go\n",
		"link.md":            symlink,
	}
	m := &memory{}
	r := &Report{Changed: []Changed{
		{Path: "pkg/server.go", Symbols: []Symbol{{Name: "Server.Serve", Change: "signature", Exported: true}, {Name: "OldName", Change: "removed", Exported: true}, {Name: "NewName", Change: "added", Exported: true}}},
		{Path: "app/web/handlers.py"}, {Path: "docs/changed.md"}, {Path: "img/gone.png", Status: change.Deleted},
		{Path: "new/name.go", OldPath: "old/name.go", Status: change.Renamed}, {Path: "lib/api/server.go"}, {Path: "src/org/acme/web/Handlers.java"},
		{Path: "README.md"},
	}}
	facts := &Memory{}
	for range 2 { // the second time from the store
		d, err := StaleDocuments(t.Context(), DocumentsInput{Source: m, Tree: m.tree(files), Facts: facts, Report: r})
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, doc := range d.Stale {
			fmt.Fprintf(&got, "%d %s", doc.Confidence, doc.Path)
			for _, x := range doc.Mentions {
				fmt.Fprintf(&got, "; %d %s (%s)", x.Line, x.Text, x.Reason)
			}
			got.WriteString("\n")
		}
		compareGolden(t, "documents.txt", []byte(got.String()))
		if d.Read != 11 || len(d.Limits) != 0 {
			t.Errorf("%d read, %v", d.Read, d.Limits)
		}
	}
}

// A document can be anything: what is taken from it is bounded and stands in it.
func FuzzProse(f *testing.F) {
	f.Add([]byte("[a](b.go)\n```\nx/y.go\n```\n`c.d.E()` <f.go> link:g.go[h]\n"))
	f.Add([]byte("]( ]( < ` `` ``` ~~~\n----\n"))
	f.Add([]byte(":doc:`a <b>` .. include:: ../c.rst\n\xff\xfe"))
	f.Fuzz(func(t *testing.T, src []byte) {
		facts := extractProse(src)
		if len(facts.Imports) > maxMentions {
			t.Fatalf("%d mentions", len(facts.Imports))
		}
		lines := strings.Count(string(src), "\n") + 1
		for _, m := range facts.Imports {
			if !strings.Contains(string(src), m.Spec) || len(m.Spec) > maxMention || m.Line < 1 || m.Line > lines {
				t.Fatalf("%q in line %d is not in the text", m.Spec, m.Line)
			}
		}
	})
}

func TestManyMentions(t *testing.T) {
	var b strings.Builder
	for i := range maxMentions + 10 {
		fmt.Fprintf(&b, "a/b%d.go\n", i)
	}
	if facts := extractProse([]byte(b.String())); !facts.Damaged || len(facts.Imports) != maxMentions {
		t.Error("a document over the limit does not say so")
	}
	if facts := extractProse(nil); facts.Damaged || facts.Imports != nil {
		t.Error("an empty document mentions something")
	}
	_ = lang.Static
}
