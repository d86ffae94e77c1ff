package change_test

import (
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
