package pack

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"custody/internal/pack/verify"
	"custody/internal/review"
)

var pagesDir = flag.String("pages", "", "write the samples' pages into this folder, to look at them")

func TestPages(t *testing.T) {
	if *pagesDir == "" {
		t.Skip("no -pages folder given: nothing to write")
	}
	for n, v := range map[string]*review.Verdict{
		"pass": passing(), "fail": failing(), "incomplete": incomplete(), "hostile": hostile(), "huge": huge(3000),
	} {
		ms, err := verify.Decode(build(t, v, []byte(sampleContext)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []verify.Member{verify.Page, verify.Summary, verify.SARIF, verify.PackJSON} {
			if err := os.WriteFile(filepath.Join(*pagesDir, n+"-"+m.String()), ms[m], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
