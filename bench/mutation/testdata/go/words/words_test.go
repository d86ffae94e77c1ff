package words

import "testing"

func TestPlural(t *testing.T) {
	for n, want := range map[int]string{1: "1 thing", 2: "2 things"} {
		if got := Plural(n, "thing"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
