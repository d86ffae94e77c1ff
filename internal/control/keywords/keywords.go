// Package keywords finds many words in a text in one pass, letters of either case alike:
// what a costly expression is tried on is found so first.
package keywords

import "bytes"

// A Set is words to look for (Aho-Corasick, with a table for each state).
type Set struct {
	class [256]uint8 // of a byte, folded to lower case; 0: in no word
	width int        // classes
	next  []int32    // by state + class; a state is twice its first index, and one more if words end in it
	found [][]int32  // words that end in a state
	size  []int      // of each word
}

// New makes a set of words, none of them empty.
func New(words []string) *Set {
	k := &Set{width: 1}
	for _, w := range words {
		for _, c := range []byte(w) {
			if k.class[Lower(c)] == 0 {
				k.class[Lower(c)] = uint8(k.width)
				k.width++
			}
		}
		k.size = append(k.size, len(w))
	}
	for c := byte('A'); c <= 'Z'; c++ {
		k.class[c] = k.class[Lower(c)]
	}
	k.state() // the root
	for i, w := range words {
		s := int32(0)
		for _, c := range []byte(w) {
			at := int(s)*k.width + int(k.class[Lower(c)])
			if k.next[at] == 0 {
				n := k.state()
				k.next[at] = n
			}
			s = k.next[at]
		}
		k.found[s] = append(k.found[s], int32(i))
	}
	// Breadth first: where a word does not go on, go on with the longest end of it
	// that begins another.
	fail := make([]int32, len(k.found))
	queue := []int32{}
	for c := range k.width {
		if s := k.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		k.found[s] = append(k.found[s], k.found[fail[s]]...)
		for c := range k.width {
			at := int(s)*k.width + c
			other := k.next[int(fail[s])*k.width+c]
			if child := k.next[at]; child != 0 {
				fail[child] = other
				queue = append(queue, child)
			} else {
				k.next[at] = other
			}
		}
	}
	for i, s := range k.next {
		k.next[i] = s * int32(k.width) * 2
		if len(k.found[s]) > 0 {
			k.next[i]++
		}
	}
	return k
}

func (k *Set) state() int32 {
	k.next = append(k.next, make([]int32, k.width)...)
	k.found = append(k.found, nil)
	return int32(len(k.found) - 1)
}

// Lower folds an ASCII letter to lower case.
func Lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// In calls fn for each place of a word in text, in the order in which they end, until it
// returns false. word is its number in the list.
func (k *Set) In(text []byte, fn func(word, start, end int) bool) {
	next, class := k.next, &k.class
	s := int32(0)
	for i, c := range text {
		s = next[int(s>>1)+int(class[c])]
		if s&1 == 0 {
			continue
		}
		for _, w := range k.found[int(s>>1)/k.width] {
			if !fn(int(w), i+1-k.size[w], i+1) {
				return
			}
		}
	}
}

// Any says whether a word stands anywhere in text.
func (k *Set) Any(text string) bool {
	s := int32(0)
	for i := range len(text) {
		if s = k.next[int(s>>1)+int(k.class[text[i]])]; s&1 != 0 {
			return true
		}
	}
	return false
}

// Foreign says whether a text holds a letter that is none of ASCII and folds to one: a
// word may be spelled with it so that only an expression sees it.
func Foreign(text []byte) bool {
	for _, letter := range ForeignLetters {
		if bytes.Contains(text, []byte(letter)) {
			return true
		}
	}
	return false
}

// ForeignLetters are those: the long s, and the sign of kelvin.
var ForeignLetters = [...]string{"\u017f", "\u212a"}
