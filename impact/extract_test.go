package impact

import (
	"fmt"
	"strings"
	"testing"

	"custody/impact/lang"
)

// A language whose extractor panics must not end the process, nor let anybody wait for it:
// the panic is that of whoever asked for the graph.
func TestPanicOfAnExtractor(t *testing.T) {
	for _, all := range []bool{false, true} {
		m, files := &memory{}, map[string]string{}
		for i := range 40 { // more batches than there are
			files[fmt.Sprintf("%d.toy", i)] = fmt.Sprintf("package p%d\n", i) + strings.Repeat("x", batchBytes/2)
		}
		languages := toys()
		extract := languages[1].Extract
		languages[1].Extract = func(src []byte) lang.Facts {
			if all || strings.HasPrefix(string(src), "package p7\n") {
				panic("oh")
			}
			return extract(src)
		}
		func() {
			defer func() {
				if v := recover(); v != "oh" {
					t.Errorf("it ends as %v", v)
				}
			}()
			_, err := Build(t.Context(), BuildInput{Source: m, Tree: m.tree(files), Languages: languages})
			t.Errorf("the panic was lost: %v", err)
		}()
	}
}
