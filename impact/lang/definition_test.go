package lang

import (
	"hash/fnv"
	"testing"
)

func TestHashName(t *testing.T) {
	for _, name := range []string{"", "Serve", "größe"} {
		h := fnv.New32a()
		h.Write([]byte(name))
		if got := HashName(name); uint32(got) != h.Sum32() || HashName([]byte(name)) != got {
			t.Errorf("HashName(%q) = %x, hash/fnv says %x", name, got, h.Sum32())
		}
	}
}

func TestTokenHashKnowsWhereTokensEnd(t *testing.T) {
	seen := map[Digest][]string{}
	var h TokenHash
	for _, tokens := range [][]string{{}, {""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}, {"ab", ""}} {
		for _, token := range tokens {
			h.Add([]byte(token))
		}
		sum := h.Sum()
		if other, ok := seen[sum]; ok {
			t.Errorf("%q and %q hash alike", tokens, other)
		}
		seen[sum] = tokens
	}
}
