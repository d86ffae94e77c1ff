package lang

import "testing"

func TestGoTakesMore(t *testing.T) {
	for _, test := range []struct {
		was, is string
		want    bool
	}{
		{"func f() {", "func f(o ...int) {", true},
		{"func f(a int) error {", "func f(a int, o ...Option) error {", true},
		{"func f(\n\ta int,\n) {", "func f(\n\ta int,\n\to ...func(int, string),\n) {", true},
		{"func (t *T) f(a, b int) {", "func (t *T) f(a, b int, o ...int) {", true},
		{"func (t *T) f(a, b int)\n", "func (t *T) f(a, b int, o ...int)\n", true},
		{"func f[T any](a T) {", "func f[T any](a T, o ...T) {", true},
		{"func f(a int) {", "func f(a int, b int) {", false},
		{"func f(a int) {", "func f(a int, b int, o ...int) {", false},
		{"func f(a int) {", "func f(a int, o ...int) error {", false},
		{"func f(a int, o ...int) {", "func f(a int, o ...int, p ...int) {", false},
		{"func f(a int) {", "func f(a string, o ...int) {", false},
		{"func f(a int) {", "func f(ab int, o ...int) {", false},
		{"func f(a int) {", "func f(a int64, o ...int) {", false},
		{"func f(a int // why\n) {", "func f(a int, o ...int) {", false},
		{"func f(a int) {", "func f(a int) {", false},
		{"func f(a ...int) {", "func f() {", false},
		{"type f int", "func f(o ...int) {", false},
		{"func f(", "func f(o ...int", false},
		{"", "", false},
	} {
		if got := GoTakesMore([]byte(test.was), []byte(test.is)); got != test.want {
			t.Errorf("%q to %q: %v", test.was, test.is, got)
		}
	}
}
