package config

import "slices"

// and joins what two layers say: the more private counts.
func (p Privacy) and(o Privacy) Privacy {
	p, o = p.withTexts(), o.withTexts()
	return Privacy{
		Names: most(p.Names, o.Names, NamesFull, NamesIDs, NamesHashed),
		Texts: most(p.Texts, o.Texts, TextsKept, TextsWithheld),
	}
}

// withTexts writes out what becomes of texts where only names are spoken of.
func (p Privacy) withTexts() Privacy {
	if p.Texts == "" && p.Names != "" && p.Names != NamesFull {
		p.Texts = TextsWithheld
	}
	return p
}

func (p Privacy) defaults() Privacy { return p.and(Privacy{Names: NamesFull, Texts: TextsKept}) }

// Full says that packs name people as they are written. The zero value does.
func (p Privacy) Full() bool {
	return (p.Names == "" || p.Names == NamesFull) && (p.Texts == "" || p.Texts == TextsKept)
}

// most is the later of two values in an order; what is not in it comes first.
func most[T comparable](a, b T, order ...T) T {
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}
