package lang

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSignatureText(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"func (s *Server) Serve(ctx context.Context) error {\n", "func (s *Server) Serve(ctx context.Context) error"},
		{"func F(\n\ta int,\n\tb interface{},\n) (int, error) {\n", "func F(a int, b interface{}, ) (int, error)"},
		{"func F() {}\n", "func F() {}"},
		{"type T struct {\n\tA int\n}\n", "type T struct"},
		{"var x = map[string]int{\n", "var x = map[string]int"},
		{"def f(a,\n      b=1):\n    return a\n", "def f(a, b=1)"},
		{"export async function f(a: number): Promise<void> {", "export async function f(a: number): Promise<void>"},
		{"const f = (\n", "const f = ("},
		{"", ""},
	} {
		if got := SignatureText([]byte("// x\n"+test.src), &Definition{Start: 2}); got != test.want {
			t.Errorf("%q reads %q, want %q", test.src, got, test.want)
		}
	}
	long := SignatureText([]byte(strings.Repeat("ä", 300)), &Definition{Start: 1})
	if len(long) > maxSignature || !utf8.ValidString(long) || !strings.HasSuffix(long, "...") {
		t.Errorf("a long one is %d bytes: %q", len(long), long)
	}
}
