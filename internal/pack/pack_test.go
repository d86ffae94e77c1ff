package pack

import (
	"os"
	"path/filepath"
	"testing"

	"custody/internal/pack/verify"
	"custody/internal/review"
)

// TestPages writes what people see of the samples, to be looked at in a browser.
func TestPages(t *testing.T) {
	dir := os.Getenv("CUSTODY_PAGES")
	if dir == "" {
		t.Skip("nothing to write: set CUSTODY_PAGES=DIR")
	}
	for n, v := range map[string]*review.Verdict{
		"pass": passing(), "fail": failing(), "incomplete": incomplete(), "hostile": hostile(), "huge": huge(3000),
	} {
		ms, err := verify.Decode(build(t, v, []byte(sampleContext)))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []verify.Member{verify.Page, verify.Summary, verify.SARIF, verify.PackJSON} {
			if err := os.WriteFile(filepath.Join(dir, n+"-"+m.String()), ms[m], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
