package export

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	gmtext "github.com/yuin/goldmark/text"

	"custody/internal/finding"
	"custody/internal/report"
	"custody/internal/review"
)

// A verdict is evidence once, whoever signed it again, and whatever order its packs come in;
// what is left out is listed.
func TestEvidenceOnce(t *testing.T) {
	one := open(t, verdict(review.Pass), nil)
	other := *one
	other.Digest, other.Signer = "sha256:"+strings.Repeat("0", 64), "another key"
	want, err := json.Marshal(NewEvidence([]*report.VerifiedPack{one, &other}, nil, []RefusedFile{{"b.zip", "x"}, {"a.zip", "y"}}))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(NewEvidence([]*report.VerifiedPack{&other, one}, nil, []RefusedFile{{"a.zip", "y"}, {"b.zip", "x"}}))
	if string(got) != string(want) {
		t.Errorf("another order gives\n%s\nand not\n%s", got, want)
	}
	e := NewEvidence([]*report.VerifiedPack{one, &other}, nil, nil)
	if len(e.Items) != 1 || len(e.Lacking) != 1 || e.Refused == nil {
		t.Errorf("%+v", e)
	}
}

// The summary of one repository is none of another.
func TestVSARepository(t *testing.T) {
	ctx := []byte(`{"schema":"custody/context/v1","repository":{"host":"github.com","owner":"octo","name":"shop"}}`)
	for _, c := range []struct {
		context []byte
		given   string
		wrong   string
	}{
		{ctx, "", ""}, {ctx, "git+https://github.com/octo/shop", ""}, {nil, "git+https://example.com/other", ""},
		{ctx, "git+https://github.com/octo/other", "of the repository git+https://github.com/octo/shop, and not"},
	} {
		p := open(t, verdict(review.Pass), c.context)
		for name, err := range map[string]error{"vsa": second(NewVSA(p, c.given)), "scai": second(NewSCAI(p, c.given))} {
			if (err != nil) != (c.wrong != "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%s: %q: %v", name, c.given, err)
			}
		}
	}
}

func second(_ *Statement, err error) error { return err }

// codeBlocks counts what goldmark, which is not ours, takes for code.
func codeBlocks(t *testing.T, src string) (n int) {
	t.Helper()
	doc := goldmark.New().Parser().Parse(gmtext.NewReader([]byte(src)))
	err := ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		switch node.(type) {
		case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.CodeSpan, *ast.HTMLBlock, *ast.RawHTML:
			if entering {
				n++
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestIndentedText: no text of a change begins a block of code in OSCAL's Markdown, whatever
// stands on the line before.
func TestIndentedText(t *testing.T) {
	unguarded := 0
	for _, before := range []string{"", "plain", "# heading", "heading\n===", "-", "- item", "1.", "> quote", "---", "***", "~~~", "```", "| a |\n|---|", "[x]: y", "<div>"} {
		for _, text := range []string{"    code", "     - x", "\tcode", "  \tcode", "      ", "    ```", "  ~~~ x", "\u00a0   code"} {
			src := text
			if before != "" {
				src = before + "\n" + text
			}
			unguarded += codeBlocks(t, src)
			found := []finding.Finding{{Message: text}}
			if before != "" {
				found = append([]finding.Finding{{Message: before}}, found...)
			}
			p := open(t, verdict(review.Pass), nil)
			o := observe(p, finding.Check{ID: "c", Name: "n", Found: found}, "id", "source", nil)
			if n := codeBlocks(t, o.Description); n > 0 {
				t.Errorf("%q after %q is code: %q", text, before, o.Description)
			}
		}
	}
	if unguarded < 20 {
		t.Errorf("only %d of the texts would be code as they stand: this proves little", unguarded)
	}
}
