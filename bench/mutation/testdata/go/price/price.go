// Package price says what things cost.
package price

import "example.com/shop/words"

type Basket []int

func (b Basket) Sum() (n int) {
	for _, p := range b {
		n += p
	}
	return n
}

func (b Basket) String() string { return words.Plural(b.Sum(), "coin") }
