package lang

import "testing"

// TestDocstrings: what a function or class says of itself is no part of what it does, unless
// somebody may ask for it.
func TestDocstrings(t *testing.T) {
	for _, test := range []struct {
		name, was, is string
		same          bool
	}{
		{"words", "def f():\n    \"\"\"Says.\"\"\"\n    return 1\n", "def f():\n    \"\"\"Says more.\n\n    Much.\n    \"\"\"\n    return 1\n", true},
		{"that are new", "def f():\n    return 1\n", "def f():\n    r'Says.' ' Two.'\n    return 1\n", true},
		{"of a class, and of a method", "class C:\n    'A'\n    def m(self):\n        'B'\n        return 1\n", "class C:\n    'a'\n    def m(self):\n        'b'\n        return 1\n", true},
		{"of a function in a function", "def f():\n    'A'\n    def g():\n        return 1\n    return g\n", "def f():\n    'B'\n    def g():\n        return 1\n    return g\n", true},
		{"code behind them", "def f():\n    'A'\n    return 1\n", "def f():\n    'A'\n    return 2\n", false},
		{"a string that is used", "def f():\n    'A'.x()\n", "def f():\n    'B'.x()\n", false},
		{"a string that is returned", "def f():\n    return 'A'\n", "def f():\n    return 'B'\n", false},
		{"bytes", "def f():\n    b'A'\n", "def f():\n    b'B'\n", false},
		{"what is computed", "def f():\n    f'{a()}'\n", "def f():\n    f'{b()}'\n", false},
		{"examples", "def f():\n    '>>> f()\\n1'\n", "def f():\n    '>>> g()\\n2'\n", false},
		{"of a command", "@command\ndef f():\n    'A'\n", "@command\ndef f():\n    'B'\n", false},
		{"of a class with a base", "class C(B):\n    'A'\n", "class C(B):\n    'B'\n", false},
		{"of a method of one", "class C(B):\n    def m(self):\n        'A'\n", "class C(B):\n    def m(self):\n        'B'\n", false},
		{"where the file asks", "def f():\n    'A'\nprint(f.__doc__)\n", "def f():\n    'B'\nprint(f.__doc__)\n", false},
	} {
		was, is := extractPython([]byte(test.was)), extractPython([]byte(test.is))
		same := len(was.Definitions) == len(is.Definitions)
		for i := range was.Definitions {
			same = same && was.Definitions[i].Body == is.Definitions[i].Body
		}
		if same != test.same {
			t.Errorf("%s: same: %t", test.name, same)
		}
	}
}
