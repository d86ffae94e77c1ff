package impact

import (
	"strings"
	"testing"
)

// TestBreaks: what stands first on the screen is what others have to follow.
func TestBreaks(t *testing.T) {
	for _, test := range []struct{ path, from, head, breaking string }{
		{"a.py", "def f(a):\n    return a\n", "def f(a: int, b=None) -> int:\n    return a\n", ""},
		{"a.py", "def f(a):\n    return a\n", "def f(a, b):\n    return a\n", "f"},
		{"a.py", "class A:\n    def f(self):\n        return 1\n", "class A:\n    def f(self, *, b=1):\n        return 1\n", ""},
		{"a.py", "def f(a):\n    return a\n\ndef g():\n    return 1\n", "def g():\n    return 1\n", "f"},
		{"test_a.py", "def test_f():\n    pass\n\ndef helper():\n    pass\n", "def test_g():\n    pass\n", "helper"},
		{"test_a.py", "class TestA:\n    def test_a(self):\n        pass\n", "x = 1\n", ""},
		{"a.py", "a = 1\n", "a: int = 1\n", ""},
		{"a.py", "class A:\n    a: int = 1\n", "class A:\n    a: str = 1\n", ""},
		{"a.py", "class A:\n    a = 1\n", "class A:\n    a: int = 1\n", "A.a"},
		{"A.java", "class A {\n  private int g(int a) { return 1; }\n}\n", "class A {\n  public int g(final int b) { return 1; }\n}\n", ""},
		{"A.java", "class A {\n  int g() { return 1; }\n}\n", "class A {\n  @Override\n  int g() { return 1; }\n}\n", ""},
		{"A.java", "class A {\n  public int g() { return 1; }\n}\n", "class A {\n  int g() { return 1; }\n}\n", "A.g"},
		{"A.java", "class A {\n  int g() { return 1; }\n}\n", "class A {\n  long g() { return 1; }\n}\n", "A.g"},
		{"A.java", "class A {\n  int g() { return 1; }\n}\n", "class A {\n  static int g() { return 1; }\n}\n", "A.g"},
		{"A.java", "class A {\n  int g() { return 1; }\n}\n", "class A {\n  int g() throws X { return 1; }\n}\n", "A.g"},
		{"A.java", "class A { int g() { return 1; } int h; }\n", "class A { long g() { return 1; } int h; }\n", "A.g"},
		{"src/test/java/ATest.java", "class ATest { @Test void x() { } @Test void y() { } }\n", "class ATest { @Test void x() { } }\n", ""},
		{"src/test/java/AbstractTests.java", "class AbstractTests { void x() { } void y() { } }\n", "class AbstractTests { void x() { } }\n", "AbstractTests.y"},
		{"a.go", "package a\n\nfunc F(a int) int { return a }\n", "package a\n\nfunc F(a int, o ...string) int { return a }\n", ""},
		{"a.go", "package a\n\nfunc F(a int) int { return a }\n", "package a\n\nfunc F(a string) int { return 1 }\n", "F"},
		{"a_test.go", "package a\n\nfunc TestA(t *testing.T) {}\n\nfunc Help() {}\n", "package a\n\nfunc TestB(t *testing.T) {}\n", "Help"},
		{"a.go", "package a\n\nfunc TestA(t *testing.T) {}\n", "package a\n\nfunc TestB(t *testing.T) {}\n", "TestA"},
	} {
		r := assessTrees(t, map[string]string{test.path: test.from}, map[string]string{test.path: test.head})
		var breaking []string
		for _, s := range r.Changed[0].Symbols {
			if s.Breaks() {
				breaking = append(breaking, s.Name)
			}
		}
		if got := strings.Join(breaking, " "); got != test.breaking {
			t.Errorf("%s %q to %q: breaking %q, want %q", test.path, test.from, test.head, got, test.breaking)
		}
	}
}
