package impact

import (
	"testing"

	"custody/impact/lang"
)

// A text in a test that only looks like the path of a package hands nothing to code outside, as an
// import does: else a test of addresses had every method count as called.
func TestTextsHandNothingOut(t *testing.T) {
	nowhere := func(string) bool { return false }
	for _, test := range []struct {
		imp  lang.Import
		want uint32
	}{
		{lang.Import{Spec: "192.168.0.0/16", Kind: lang.Named}, 0},
		{lang.Import{Spec: "example.com/other", Kind: lang.Named}, 0},
		{lang.Import{Spec: "data/reflect", Kind: lang.Embed}, 0},
		{lang.Import{Spec: "example.com/other"}, handsToCode},
		{lang.Import{Spec: "reflect"}, handsByReflect},
		{lang.Import{Spec: "fmt"}, 0},
	} {
		if got := handsOf(&lang.Facts{Imports: []lang.Import{test.imp}}, nowhere); got != test.want {
			t.Errorf("%+v: %b, want %b", test.imp, got, test.want)
		}
	}
	said := 0
	eachStandardImport(&lang.Facts{Imports: []lang.Import{{Spec: "a/b", Kind: lang.Named}, {Spec: "fmt"}}}, func(string) { said++ })
	if said != 1 {
		t.Errorf("%d imports of the standard library, want 1", said)
	}
}
