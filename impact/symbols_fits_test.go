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
