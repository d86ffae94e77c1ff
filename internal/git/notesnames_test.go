package git

import (
	"strings"
	"testing"
	"testing/iotest"
)

// A name is found wherever pieces of the text end.
func TestMentionsAny(t *testing.T) {
	const name = "refs/notes/ai"
	for _, before := range []int{0, 1, 64<<10 - len(name) - 1, 64<<10 - len(name), 64<<10 - 5, 64 << 10, 128<<10 - 20, 200_000} {
		text := strings.Repeat("x", before)
		for s, want := range map[string]bool{text + name + "\n": true, text + name: true, text: false, text + name[1:]: false, text + name[:12]: false} {
			got, err := mentionsAny(iotest.OneByteReader(strings.NewReader(s)), []string{"refs/notes/none", name})
			if err != nil || got != want {
				t.Errorf("behind %d bytes, ends with %q: %v, %v", before, s[max(0, len(s)-15):], got, err)
			}
		}
	}
}
