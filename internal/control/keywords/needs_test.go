package keywords

import (
	"fmt"
	"regexp/syntax"
	"testing"
)

// TestNeeds: what an expression is said to need.
func TestNeeds(t *testing.T) {
	for expr, want := range map[string]string{
		`abc`:                      `[[abc]]`,
		`(?i)lob.{0,3}(live|test)`: `[[lob] [live test]]`,
		`(?:abc)?def`:              `[[def abcdef]]`,
		`(?:abc)*def`:              `[[def]]`,
		`abc|x`:                    `[]`,
		`(abc|\d+xyz)+`:            `[[abc xyz]]`,
		`[ab]cd.`:                  `[[acd bcd]]`,
		`ab`:                       `[]`,
		`straße`:                   `[]`,
	} {
		tree, err := syntax.Parse(expr, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(Needs(tree)); got != want {
			t.Errorf("%s needs %s, want %s", expr, got, want)
		}
	}
}
