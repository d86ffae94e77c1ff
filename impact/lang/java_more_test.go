package lang

import "testing"

func TestJavaTakesMore(t *testing.T) {
	for _, test := range []struct {
		was, is string
		want    bool
	}{
		{"private int f(int a) {", "public int f(int b) {", true},
		{"int f(int a) {", "@Override int f(final int a) {", true},
		{"int f(Map<A, B> m, int... a) {", "synchronized int f(@NonNull Map<A, B> n, int... b) {", true},
		{"public int f;", "public transient int f = 1;", true},
		{"class f {", "public class f {", true},

		{"public int f() {", "protected int f() {", false},
		{"int f(Map<a.B, C> m) {", "int f(Map<a.D, C> m) {", false},
		{"int f(int a) {", "int f(long a) {", false},
		{"int f() {", "int f() throws X {", false},
		{"int f() {", "static int f() {", false},
		{"int f() {", "final int f() {", false},
		{"class f {", "class f extends G {", false},
		{"int f() {", "@Named(\"x\") int f() {", false}, // not read
		{"int g() { } int f() {", "int g() { } long f() {", false},
		{"int f(", "int f(", false},
	} {
		if got := JavaTakesMore("A.f", []byte(test.was), 1, []byte(test.is), 1); got != test.want {
			t.Errorf("%q to %q: %t, want %t", test.was, test.is, got, test.want)
		}
	}
}

// FuzzJavaTakesMore: whatever the texts are, nothing but a declaration fits itself.
func FuzzJavaTakesMore(f *testing.F) {
	f.Add("private int f(Map<A, B> m, int... a) {", "public int f(int b) {")
	f.Add("@A(\"x\") class f<T extends B, C> {", "int f[] = {};")
	f.Add("int f(.", "\"\"\"f\\u")
	f.Fuzz(func(t *testing.T, was, is string) {
		forth := JavaTakesMore("f", []byte(was), 1, []byte(is), 1)
		if back := JavaTakesMore("f", []byte(is), 1, []byte(was), 1); forth && !JavaTakesMore("f", []byte(is), 1, []byte(is), 1) {
			t.Errorf("%q to %q: %t, %t, and not to itself", was, is, forth, back)
		}
	})
}
