package change_test

import (
	"fmt"
	"strings"
	"testing"

	"custody/internal/change"
)

// A field counts under the one name that the schema gives it.
func TestContextNamesAreExact(t *testing.T) {
	const known = `{"schema":"custody/context/v1","change":{"author":{"login":"ada","id":"1","type":"User"}},"reviews":[{"reviewer":{"login":"ben","id":"2","type":"User"},"state":"approved","commit":"c","at":"","teams":["t"],"tomorrow":{"State":1}}],"tomorrow":[1,{"Reviews":2}]}`
	if c, err := change.ParseContext([]byte(known)); err != nil || len(c.Reviews) != 1 || c.Change.Author.Login != "ada" {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, rename := range [][2]string{
		{`"reviews":[`, `"Reviews":[`}, {`"reviews":[`, `"reviewſ":[`}, {`"reviews":[`, `"reviews":[],"REVIEWS":[`},
		{`"state":`, `"STATE":`}, {`"author":{`, `"Author":{`}, {`"id":"2"`, `"ID":"2"`}, {`"schema"`, `"Schema"`},
	} {
		doc := strings.Replace(known, rename[0], rename[1], 1)
		if c, err := change.ParseContext([]byte(doc)); err == nil || !strings.Contains(err.Error(), "is written") {
			t.Errorf("%s: %+v, %v", rename[1], c, err)
		}
	}
}

// One account has one spelling.
func TestContextIDs(t *testing.T) {
	const form = `{"schema":"custody/context/v1","reviews":[{"reviewer":{"login":"ada","id":%q,"type":"User"},"state":"approved","commit":"c","at":""}]}`
	for id, ok := range map[string]bool{"": true, "7": true, "1234567890123": true, "07": false, "0": false, "7 ": false, " 7": false, "+7": false, "7.0": false, "ada": false, "\u0667": false} {
		if _, err := change.ParseContext(fmt.Appendf(nil, form, id)); (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, doc := range []string{`"change":{"author":{"login":"a","id":"x"}}`, `"commits":[{"sha":"a","author":{"login":"a","id":"x"}}]`, `"commits":[{"sha":"a","committer":{"login":"a","id":"x"}}]`, `"merge":{"sha":"a","by":{"login":"a","id":"x"}}`, `"deployments":[{"sha":"a","environment":"e","by":{"login":"a","id":"x"}}]`} {
		if _, err := change.ParseContext([]byte(`{"schema":"custody/context/v1",` + doc + `}`)); err == nil {
			t.Errorf("%s: accepted", doc)
		}
	}
}
