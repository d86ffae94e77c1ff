package yaml

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

type sample struct {
	Version int      `yaml:"version,required"`
	Name    string   `yaml:"name"`
	On      bool     `yaml:"on"`
	List    []string `yaml:"list"`
	Inner   *inner   `yaml:"inner"`
	Inners  []inner  `yaml:"inners"`
}

type inner struct {
	ID    string `yaml:"id,required"`
	Count *int   `yaml:"count"`
}

func decode(src string) (sample, error) {
	var s sample
	d, err := Parse("f.yaml", []byte(src))
	if err == nil {
		err = d.Decode(&s)
	}
	return s, err
}

func TestDecode(t *testing.T) {
	s, err := decode("\uFEFF---\n# a comment\nversion: 1\nname: 'it''s: #1'\non: true\nlist: [a, \"b\\tc\", d e]\ninner: {id: x, count: 0}\ninners:\n- id: |\n    two\n    lines\n- id: y\n  count: 3 # three\n")
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%d %q %v %q %q %d %q %q %d", s.Version, s.Name, s.On, s.List, s.Inner.ID, *s.Inner.Count, s.Inners[0].ID, s.Inners[1].ID, *s.Inners[1].Count)
	want := `1 "it's: #1" true ["a" "b\tc" "d e"] "x" 0 "two\nlines\n" "y" 3`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLongNumber: what identifies something may have more than 32 bits; a count may not.
func TestLongNumber(t *testing.T) {
	var s struct {
		ID int64 `yaml:"id"`
	}
	for text, want := range map[string]int64{"9000000001": 9000000001, "-1": -1, "9223372036854775807": 1<<63 - 1, "9223372036854775808": 0, "1e3": 0} {
		s.ID = 0
		d, err := Parse("test.yaml", []byte("id: "+text+"\n"))
		if err == nil {
			err = d.Decode(&s)
		}
		if (err != nil) != (want == 0) || s.ID != want {
			t.Errorf("%s: %d, %v", text, s.ID, err)
		}
	}
}

// TestRefused: every mistake has its line and column, and mostly a way out.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"unknown key", "version: 1\nnmae: x\n", `2:1: unknown key "nmae" in the file` + "\n    2 | nmae: x\n        ^\n" + `  did you mean "name"?`},
		{"unknown inner key", "version: 1\ninner:\n  id: x\n  extra: 1\n", `4:3: unknown key "extra" in "inner"`},
		{"missing key", "name: x\n", `1:1: the file lacks "version"`},
		{"missing inner key", "version: 1\ninners:\n  - count: 1\n", `3:5: an item of "inners" lacks "id"`},
		{"required but empty", "version: 1\ninners:\n  - id: ' '\n", `3:5: an item of "inners" lacks "id"`},
		{"no value", "version: 1\nname:\n", `"name" has no value`},
		{"null", "version: 1\nname: null\n", `2:7: "name" has no value`},
		{"duplicate key", "version: 1\nname: a\nname: b\n", `3:1: `},
		{"duplicate flow key", "version: 1\ninner: {id: a, id: b}\n", `2:16: `},
		{"number for text", "version: 1\nname: 12\n", `2:7: "name" must be text`},
		{"text for number", "version: '1'\n", `1:10: "version" must be a whole number`},
		{"float for number", "version: 1.0\n", `1:10: "version" must be a whole number`},
		{"octal", "version: 010\n", `1:10: "version" must be a whole number`},
		{"huge number", "version: 99999999999999999999\n", `1:10: "version" must be a whole number`},
		{"yes", "version: 1\non: yes\n", `2:5: "on" must be true or false, not "yes"`},
		{"off", "version: 1\non: off\n", `2:5: "on" must be true or false`},
		{"True", "version: 1\non: True\n", `2:5: "on" must be true or false`},
		{"quoted true", "version: 1\non: 'true'\n", `2:5: "on" must be true or false`},
		{"value for list", "version: 1\nlist: a\n", `2:7: "list" is a value where a list is expected`},
		{"map for list", "version: 1\nlist: {a: b}\n", `"list" is a mapping where a list is expected`},
		{"list for value", "version: 1\nname: [a]\n", `"name" is a list where one value is expected`},
		{"value for map", "version: 1\ninner: x\n", `2:8: "inner" is a value where keys with values are expected`},
		{"anchor", "version: 1\nname: &a x\n", `2:7: an anchor (&) is not supported here`},
		{"alias", "version: 1\nname: *a\n", `2:7: an alias (*) is not supported here`},
		{"unquoted glob", "version: 1\nlist: [**/*.py]\n", `2:8: an alias (*) is not supported here`},
		{"merge key", "version: 1\n<<: {name: x}\n", `2:1: a merge key (<<) is not supported here`},
		{"tag", "version: 1\nname: !!binary aGk=\n", `2:7: a tag (!) is not supported here`},
		{"directive", "%YAML 1.1\n---\nversion: 1\n", `1:1: a directive (%) is not supported here`},
		{"complex key", "? version\n: 1\n", `1:1: a complex key (?) is not supported here`},
		{"end of document", "version: 1\n...\n", `2:1: an end of document (...) is not supported here`},
		{"second document", "version: 1\n---\nversion: 2\n", `3:8: a second document`},
		{"empty", "", "1:1: the file is empty"},
		{"only a comment", "# nothing\n", "1:1: the file is empty"},
		{"a list", "- version: 1\n", "1:1: the file holds a list where keys with values are expected"},
		{"a word", "version\n", "1:1: the file holds a value"},
		{"tab", "version: 1\nname:\tx\n", `2:6: a tab is not allowed in this file`},
		{"NUL", "version: 1\nname: a\x00b\n", `2:8: a control character (0x00)`},
		{"not UTF-8", "version: 1\nname: caf\xe9\n", `2:10: a byte that is not UTF-8`},
		{"bidi", "version: 1\nname: a\u202eb\n", `2:8: an invisible control character (U+202E)`},
		{"escaped control", "version: 1\nname: \"a\\e[31mb\"\n", `2:7: an escape for a control character`},
		{"escaped bidi", "version: 1\nname: \"a\\u202eb\"\n", `2:7: an escape for a control character`},
		{"unclosed quote", "version: 1\nname: \"x\n", `2:7: could not find end character of double-quoted text`},
		{"bad escape", "version: 1\nname: \"a\\sb\"\n", `2:10: `},
		{"bad indentation", "version: 1\n  name: x\n", `:`},
		{"unclosed flow", "version: 1\nlist: [a\n", `:`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := decode(c.src)
			if err == nil {
				t.Fatalf("accepted as %+v", s)
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			if want := "f.yaml:" + c.want; !strings.HasPrefix(err.Error(), want) && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// TestHostile: whatever the bytes, little time and memory.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'z'; c++ {
		p := string(c - 1)
		bomb += fmt.Sprintf("%c: &%c [*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s,*%s]\n", c, c, p, p, p, p, p, p, p, p, p)
	}
	var wide strings.Builder
	for i := 0; wide.Len() < MaxBytes-20; i++ {
		fmt.Fprintf(&wide, "k%d: v\n", i)
	}
	var most strings.Builder // as many tokens as are let through, in one mapping
	for i := range MaxTokens/3 - 1 {
		fmt.Fprintf(&most, "k%d: v\n", i)
	}
	deep := strings.Repeat("- "+strings.Repeat("[", MaxDepth-1)+"a"+strings.Repeat("]", MaxDepth-1)+"\n", MaxTokens/(2*MaxDepth+1))
	var stairs strings.Builder
	for i := 0; stairs.Len() < MaxBytes-2000; i++ {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	fill := func(s string) string { return "version: 1\nname: x\nlist: " + strings.Repeat(s, (MaxBytes-40)/len(s)) }
	for name, src := range map[string]string{
		"billion laughs": bomb, "wide": wide.String(), "stairs": stairs.String(), "most keys": most.String(), "deep items": "list:\n" + deep,
		"most flow keys": "inner: {" + strings.ReplaceAll(strings.TrimSpace(most.String()), "\n", ", ")[:120_000] + "}",
		"over the size":  strings.Repeat("# x\n", 1<<20), "huge scalar": fill("x"), "quotes": fill(`"`), "brackets": fill("["), "braces": fill("{a: "),
		"dashes": fill("- "), "new dashes": "version: 1\nlist:\n" + strings.Repeat("- ", MaxBytes/2-20), "items": "list:\n" + strings.Repeat("- a\n", MaxBytes/4-10),
		"colons": fill(": "), "comments": fill("#\n"), "escapes": "name: \"" + strings.Repeat(`\n`, MaxBytes/2-20) + "\"", "flow": "list: [" + strings.Repeat("a,", MaxBytes/2-20) + "]",
		"flow map": "inner: {" + strings.Repeat("a: b,", MaxBytes/5-20) + "}", "documents": strings.Repeat("---\n", MaxBytes/4), "carriage returns": strings.Repeat("a: b\r", MaxBytes/5),
		"quote pairs": fill(`"a" `), "single": fill(`'a' `), "literals": strings.Repeat("a: |\n  x\n", MaxBytes/9), "spaces": fill(" "), "long lines": fill("a b "),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := decode(src)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%v, %d MiB, %d bytes of input", took.Round(time.Millisecond), allocated, len(src))
			if err != nil && len(err.Error()) > 2000 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			// Generous, for a loaded machine: what was refused here ran for minutes.
			if took > 10*time.Second || allocated > 1500 {
				t.Errorf("too expensive: %v, %d MiB", took, allocated)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"version: 1\nlist: [a, b]\ninners:\n- id: x\n  count: 1\n", "a: |\n  x\n\n  y\n", "a: >-\n x\n", "{a: [b, {c: d}]}", "a: 'x''y'\nb: \"\\u00e9\"\n", "- - a\n- b: c\n", "a:\n  b:\n    c: d # e\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, err := Parse("f", src)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			_ = err.Error()
			return
		}
		var s sample
		if err := d.Decode(&s); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			_ = err.Error()
		}
	})
}
