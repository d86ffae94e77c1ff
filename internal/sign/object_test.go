package sign

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestObject(t *testing.T) {
	doc := []byte(`{"a":{"x":"},\"{","y":[1,[2]]},"b\"":",:","c":[],"id":""}`)
	o, err := ParseObject(doc)
	if err != nil || len(o) != 4 || string(o.Get(`b"`)) != `",:"` || string(o.Get("a")) != `{"x":"},\"{","y":[1,[2]]}` || o.Get("x") != nil {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, c := range []struct {
		o    Object
		want string
	}{
		{o, string(doc)},
		{o.Without("a", "c", "nothing"), `{"b\"":",:","id":""}`},
		{o.Without("a", `b"`, "c", "id"), `{}`},
		{o.Set("id", []byte(`"7"`)), `{"a":{"x":"},\"{","y":[1,[2]]},"b\"":",:","c":[],"id":"7"}`},
		{o.Set("no", []byte(`"7"`)), string(doc)},
	} {
		var b bytes.Buffer
		if err := c.o.Write(&b); err != nil || b.String() != c.want {
			t.Errorf("got %s, %v, want %s", b.String(), err, c.want)
		}
	}
	for _, bad := range []string{``, `{`, `}`, `[]`, `{"a"}`, `{a:1}`, `{"a":1,}x`, `null`, `{"a:1}`} {
		if o, err := ParseObject([]byte(bad)); err == nil {
			t.Errorf("%s is an object of %d members", bad, len(o))
		}
	}
}

// Of a canonical document, cutting and writing gives it back, and members are those
// that encoding/json sees.
func FuzzParseObject(f *testing.F) {
	f.Add([]byte(`{"a":{"x":"},\"{"},"b\"":",:","c":[],"id":""}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		o, err := ParseObject(doc) // anything: no panic
		if IsCanonical(doc) != nil || doc[0] != '{' {
			return
		}
		var want map[string]json.RawMessage
		if jsonErr := json.Unmarshal(doc, &want); err != nil || jsonErr != nil || len(o) != len(want) {
			t.Fatalf("%s: %d members, want %d, %v", doc, len(o), len(want), err)
		}
		for name, value := range want {
			if !bytes.Equal(o.Get(name), value) {
				t.Fatalf("%s: %q is %s", doc, name, o.Get(name))
			}
		}
		var b bytes.Buffer
		if err := o.Write(&b); err != nil || !bytes.Equal(b.Bytes(), doc) {
			t.Fatalf("%s comes back as %s", doc, b.Bytes())
		}
	})
}
