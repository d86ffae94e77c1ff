package report

import (
	"reflect"
	"strings"
	"testing"

	"custody/internal/change"
)

// A pack is read as verify reads it: names count as they are written.
func TestExactNames(t *testing.T) {
	for doc, wrong := range map[string]string{
		`{"decision":"pass","Decision":"fail"}`:                          `"Decision" is written "decision"`,
		`{"checks":[{"id":"r","OUTCOME":"satisfied"}]}`:                  `"OUTCOME" is written "outcome"`,
		`{"inputs":{"day":"2026-01-01","DAY":"2026-02-02"}}`:             `"DAY" is written "day"`,
		`{"decision":"pass","later":{"Decision":1},"inputs":{"new":[]}}`: "", // of a later version
	} {
		err := change.ExactNames([]byte(doc), reflect.TypeFor[Document]())
		if (err != nil) != (wrong != "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v, want %q", doc, err, wrong)
		}
	}
}
