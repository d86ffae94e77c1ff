package impact

import (
	"maps"
	"testing"
)

// TestNarrowJava: what a change of Java reaches, and in which words, with what it must not.
func TestNarrowJava(t *testing.T) {
	for _, test := range []struct {
		name       string
		from, head map[string]string
		want       string // see narrowedLines
	}{
		{
			"a method with an annotation runs nothing when its class is loaded",
			map[string]string{
				"p/W.java": "package p;\npublic class W { @CanIgnoreReturnValue public W value(int n) { return this; } }\n",
				"q/V.java": "package q;\nimport p.W;\nclass V { W w; int n; }\nclass Beside { int n; }\n",
				"q/X.java": "package q;\nclass X { Beside b; }\n",
			},
			map[string]string{"p/W.java": "package p;\npublic class W { @CanIgnoreReturnValue public W value(int n) { return null; } }\n"},
			"q/V.java: V V.w",
		},
		{
			"a method that a framework calls is found by its type",
			map[string]string{
				"p/Conf.java":  "package p;\n@Configuration public class Conf { @Bean public S s() { return new S(); } }\n",
				"p/S.java":     "package p;\npublic class S { int n() { return 1; } }\n",
				"q/ATest.java": "package q;\nimport p.Conf;\n@ContextConfiguration(classes = Conf.class) class ATest { @Test void t() {} }\n",
				"q/BTest.java": "package q;\nimport p.Conf;\nclass BTest { @Test void t() { run(Conf.class); } }\n",
			},
			map[string]string{"p/S.java": "package p;\npublic class S { int n() { return 2; } }\n"},
			"p/Conf.java: Conf.s; q/ATest.java: ATest; q/BTest.java: BTest.t",
		},
	} {
		head := maps.Clone(test.from)
		maps.Copy(head, test.head)
		if got := narrowedLines(assessTrees(t, test.from, head)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}
