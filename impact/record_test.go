package impact

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"custody/impact/lang"
)

// FuzzPack holds a fact that was packed against the one that it was.
func FuzzPack(f *testing.F) {
	for name, src := range map[string]string{
		"go":         "package a\n\nimport \"fmt\"\n\nconst A, B = 1, iota\n\ntype T struct{ X int }\n\nfunc (t T) m() { fmt.Println(t.X, A) }\n\nfunc init() {}\n",
		"python":     "from a import b as c\n\nclass D(c):\n    def m(self):\n        return b.x\n",
		"typescript": "export {a as b} from './x'\nexport default class A extends B { m() { return b } }\n",
		"java":       "package a;\nimport b.C;\nclass D extends C { int f; void m() { f = C.g(); } }\n",
	} {
		for _, l := range lang.All {
			if l.Name == name {
				record, ok := AppendRecord(nil, &Fact{Facts: l.Extract([]byte(src)), Size: int64(len(src))})
				if !ok {
					f.Fatal(name)
				}
				f.Add(string(record))
				if l.Sketch != nil {
					record, _ := AppendRecord(nil, &Fact{Facts: l.Sketch([]byte(src)), Size: int64(len(src))})
					f.Add(string(record))
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, record string) {
		want, err := DecodeRecord(record)
		if err != nil {
			return
		}
		packed := *want
		packed.pack(nil)
		if packed.packed == "" || packed.Definitions != nil || packed.Mentions != nil {
			t.Fatal("it is not packed")
		}
		if got := packed.unpacked(); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v was packed, and is %+v", want, got)
		}
		if got, want := walked(&packed), walked(want); got != want {
			t.Errorf("packed, one walks through %s, not %s", got, want)
		}
		if got, ok := AppendRecord(nil, &packed); !ok || string(got) != record {
			t.Errorf("%q is kept as %q once it was packed", record, got)
		}
		definitions, mentions := packed.counts()
		if d, m := want.counts(); definitions != d || mentions != m {
			t.Errorf("%d definitions and %d mentions, %d and %d unpacked", definitions, mentions, d, m)
		}
	})
}

// walked is what one comes by in a fact.
func walked(f *Fact) string {
	var b strings.Builder
	f.eachMention(func() { b.WriteString("; ") }, func(name lang.NameHash, def uint32) { fmt.Fprint(&b, name, " in ", def, ", ") })
	f.eachDefinition(func(d *lang.Definition, name string) { fmt.Fprint(&b, name, d.Kind, d.Exported, d.Runs, d.Start, ", ") })
	return b.String()
}
