package change

import (
	"cmp"
	"math/rand/v2"
	"testing"
)

func TestCompareEscaped(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "b", "/", "-", "~", " ", "%", "#", "\x1f", "\x7f", "é", "\xc3", "\xa9", "\u202e", "\xe2\x80", "世"}
	text := func() string {
		s := ""
		for range r.IntN(5) {
			s += parts[r.IntN(len(parts))]
		}
		return s
	}
	for range 200_000 {
		a, b := text(), text()
		if got, want := Path(a).CompareEscaped([]byte(b)), cmp.Compare(Path(a).Escaped(), Path(b).Escaped()); got != want {
			t.Fatalf("%q to %q: %d, want %d", a, b, got, want)
		}
	}
}
