package sign

import (
	"fmt"
	"strings"
)

// Purposes are what a key is trusted to sign. The zero value is what a line of trusted
// keys means that names none: packs alone, so that a key which signs packs in CI does
// not speak for those who review or waive.
type Purposes uint8

const (
	ForPacks Purposes = 1 << iota
	ForContext
	ForWaivers
	ForStatements
)

// purposeNames are the words of for=, in the order in which they are written.
var purposeNames = []struct {
	purpose Purposes
	name    string
}{
	{ForPacks, "packs"},
	{ForContext, "context"},
	{ForWaivers, "waivers"},
	{ForStatements, "statements"},
}

// Is says whether the key is trusted for a purpose.
func (k TrustedKey) Is(p Purposes) bool {
	has := k.Purposes
	if has == 0 {
		has = ForPacks
	}
	return p != 0 && has&p == p
}

// String is the list as for= has it.
func (p Purposes) String() string {
	var names []string
	for _, n := range purposeNames {
		if p&n.purpose != 0 {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, ",")
}

func parsePurposes(list string) (Purposes, error) {
	var all Purposes
	for word := range strings.SplitSeq(list, ",") {
		p := Purposes(0)
		for _, n := range purposeNames {
			if n.name == word {
				p = n.purpose
			}
		}
		switch {
		case p == 0:
			return 0, fmt.Errorf("for: %q is nothing that a key is trusted for: use packs, context, waivers, statements, with commas", word)
		case all&p != 0:
			return 0, fmt.Errorf("for: %s is named twice", word)
		}
		all |= p
	}
	if all == ForPacks {
		all = 0 // what a line without for= says
	}
	return all, nil
}
