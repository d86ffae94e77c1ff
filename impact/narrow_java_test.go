package impact

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"
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
				"q/V.java": "package q;\nimport p.W;\nclass V { W w; int n; W m() { return w.value(n); } }\nclass Beside { int n; }\n",
				"q/X.java": "package q;\nclass X { Beside b; }\n",
			},
			map[string]string{"p/W.java": "package p;\npublic class W { @CanIgnoreReturnValue public W value(int n) { return null; } }\n"},
			"q/V.java: V.m",
		},
		{
			"a method that a framework calls is found by its type",
			map[string]string{
				"p/Conf.java":  "package p;\n@Configuration public class Conf { @Bean public S s() { S s = new S(); s.n(); return s; } }\n",
				"p/S.java":     "package p;\npublic class S { int n() { return 1; } }\n",
				"q/ATest.java": "package q;\nimport p.Conf;\n@ContextConfiguration(classes = Conf.class) class ATest { @Test void t() {} }\n",
				"q/BTest.java": "package q;\nimport p.Conf;\nclass BTest { @Test void t() { run(Conf.class); } }\n",
			},
			map[string]string{"p/S.java": "package p;\npublic class S { int n() { return 2; } }\n"},
			"p/Conf.java: Conf.s; q/ATest.java: ATest; q/BTest.java: BTest.t",
		},
		{
			"a method reaches who calls it by its name, with as many arguments, and who calls that",
			map[string]string{
				"p/W.java":     "package p;\npublic class W { public int a(int n) { return n; } public int b() { return 1; } }\n",
				"q/V.java":     "package q;\nclass V { p.W w = new p.W(); int c() { return w.a(1); } int d() { return w.b(); } int e() { return w.a(); } }\n",
				"q/CTest.java": "package q;\nclass CTest { @Test void t() { new V().c(); } }\n",
				"q/DTest.java": "package q;\nclass DTest { @Test void t() { new V().d(); } }\n",
			},
			map[string]string{"p/W.java": "package p;\npublic class W { public int a(int n) { return n + 1; } public int b() { return 1; } }\n"},
			"q/V.java: V.c; q/CTest.java: CTest.t",
		},
	} {
		head := maps.Clone(test.from)
		maps.Copy(head, test.head)
		if got := narrowedLines(assessTrees(t, test.from, head)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestJavaHeirsAreBounded: each class of a file is made of the one before it, and a method of each
// changes. What that takes is work that is counted; beyond its bound the file counts as a whole.
func TestJavaHeirsAreBounded(t *testing.T) {
	for _, test := range []struct {
		classes int
		want    string
	}{
		{900, ""},
		{10_500, "p/B.java whole"},
	} {
		chain := func(n int) string {
			var b strings.Builder
			b.WriteString("package p;\npublic class A {\npublic static class N0 {}\n")
			for i := range test.classes {
				fmt.Fprintf(&b, "public static class N%d extends N%d { int m%d() { return %d; } }\n", i+1, i, i, n)
			}
			return b.String() + "}\n"
		}
		from := map[string]string{"p/A.java": chain(1), "p/B.java": "package p;\nclass B { A.N0 a; }\n"}
		head := map[string]string{"p/A.java": chain(2), "p/B.java": from["p/B.java"]}
		began := processorTime(t)
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%d classes: %s, want %s", test.classes, got, test.want)
		}
		if took := processorTime(t) - began; took > hostileSeconds*time.Second {
			t.Errorf("%d classes take %v", test.classes, took)
		}
	}
}

// TestServiceLists: who loads services depends on the file that lists them, whatever that is
// called like.
func TestServiceLists(t *testing.T) {
	const list = "META-INF/services/p."
	from := map[string]string{
		"p/S.java":   "package p;\npublic interface S {}\n",
		"p/T.java":   "package p;\npublic interface T {}\n",
		"p/A.java":   "package p;\npublic class A implements S, T {}\n",
		"p/B.java":   "package p;\npublic class B implements S, T {}\n",
		"q/U.java":   "package q;\nimport java.util.ServiceLoader;\nimport p.S;\nclass U { Object s = ServiceLoader.load(S.class); }\n",
		"q/V.java":   "package q;\nimport java.util.ServiceLoader;\nimport p.T;\nclass V { Object s = ServiceLoader.load(T.class); }\n",
		list + "S":   "p.A\n",
		list + "T":   "p.A\n",
		"q/Web.java": "package q;\nclass Web { V v; p.S s; }\n",
	}
	for _, test := range []struct{ service, classes, want string }{
		{"S", "p.A\np.B\n", "q/U.java whole"}, // called like a file of assembly
		{"S", "# none\n", "q/U.java whole"},
		{"T", "p.A\np.B\n", "q/V.java whole; q/Web.java whole"},
		{"Gone", "p.A\n", ""},
	} {
		r := assessTrees(t, from, clone(from, list+test.service, test.classes))
		if got := narrowedLines(r); got != test.want || (codes(r) != "") != (test.want == "") {
			t.Errorf("%+v: %q, %+v", test, got, r.Reasons)
		}
	}
}
