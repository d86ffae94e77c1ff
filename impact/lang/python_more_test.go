package lang

import "testing"

func TestPythonTakesMore(t *testing.T) {
	for _, test := range []struct {
		was, is string
		want    bool
	}{
		{"def f(a):", "def f(a, b=None):", true},
		{"def f(a):", "def f(a, *, b=None):", true},
		{"def f(a):", "def f(a, *args, **kw):", true},
		{"def f(a):", "def f(a: int) -> dict[str, int]:", true},
		{"def f(a: int = 1):", "def f(a: str = 'x(', b: dict = {}):", true},
		{"def f():", "def f(\n    a=1,\n    b=2,\n):", true},
		{"async def f(self):", "async def f(self, a=()):", true},
		{"@wraps\ndef f(a):", "@wraps\ndef f(a, b=None):", true},
		{"def f(a, *, b):", "def f(a, *, b=1, c=2):", true},
		{"def f(a, **kw):", "def f(a, b=1, **kw):", true},

		{"def f(a):", "def f(a, b):", false},
		{"def f(a):", "def f(a, *, b):", false},
		{"def f(a):", "def f(b):", false},
		{"def f(a, b=1):", "def f(a, b):", false},
		{"def f(a, b=1):", "def f(a):", false},
		{"def f(a, b):", "def f(b, a):", false},
		{"def f(a):", "def f(b=1, a=2):", false},
		{"def f(a, *args):", "def f(a, b=1, *args):", false},
		{"def f(a, *args):", "def f(a):", false},
		{"def f(a, **kw):", "def f(a):", false},
		{"def f(a, b):", "def f(a, *, b):", false},
		{"def f(a, *, b=1):", "def f(a):", false},
		{"def f(a, *, b=1):", "def f(a, *, c=1):", false},
		{"def f(a):", "async def f(a, b=1):", false},
		{"@property\ndef f(self):", "def f(self, b=1):", false},
		{"@wraps(\n    x,\n)\ndef f(a):", "@wraps(\n    y,\n)\ndef f(a, b=1):", false},
		{"def f(a, /):", "def f(a, /, b=1):", false}, // not read
		{"def f(a):", "def f(a, # b=1", false},
		{"def f(a):", "def f(a, b='\\''):", false},
		{"class A(B):", "class A(B, C=1):", false},
		{"x = (1)", "x = (2)", false},
	} {
		line := func(src string) (n int) {
			n = 1
			for i := range src {
				if src[i] == '\n' && src[i+1] != ' ' && src[i+1] != ')' {
					n++
				} else if src[i] == '\n' && src[0] == '@' {
					n++
				}
			}
			return n
		}
		if got := PythonTakesMore([]byte(test.was), line(test.was), []byte(test.is), line(test.is)); got != test.want {
			t.Errorf("%q to %q: %v", test.was, test.is, got)
		}
	}
}

func FuzzPythonTakesMore(f *testing.F) {
	f.Add([]byte("@a\ndef f(a, b=1, *c, d=[(1)], **e):\n"), []byte("def f(a"), 2)
	f.Fuzz(func(t *testing.T, was, is []byte, line int) {
		PythonTakesMore(was, line, is, line)
		if PythonTakesMore(was, line, append(was, "  # x\n"...), line) && !PythonTakesMore(was, line, was, line) {
			t.Error("what stands behind the head decides")
		}
	})
}
