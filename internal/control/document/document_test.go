package document

import (
	"fmt"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"a.json", `{"a": [1, 2.5, "x", null, true], "b": {}}`, `{"a": [1 2.5 "x" null true] "b": {}}`},
		{"a.json", "\uFEFF[18446744073709551615, -1]", `[18446744073709551615 -1]`},
		{"a.yaml", "a: 1\n---\n# nothing\n---\nb: [x, \"y\"]\n", `{"a": 1} | {"b": ["x" "y"]}`},
		{"a.yml", "base: &b {image: x, tag: v1}\nuse:\n  <<: *b\n  tag: v2\nlist: [*b]\n", `{"base": {"image": "x" "tag": "v1"} "list": [{"image": "x" "tag": "v1"}] "use": {"image": "x" "tag": "v2"}}`},
		{"a.yaml", "a: yes\nb: on\nc: 0777\nd: 0x1f\ne: 1_000\nf: 2026-01-02\ng: ~\nh:\ni: .inf\nj: -3\non: push\n", `{"a": "yes" "b": "on" "c": "0777" "d": 31 "e": "1_000" "f": "2026-01-02" "g": null "h": null "i": +Inf "j": -3 "on": "push"}`},
		{"a.yaml", "a: !Ref Bucket\nb: !!str 1\nc: !Sub ['${x}', {x: 1}]\n", `{"a": {"!Ref": "Bucket"} "b": "1" "c": {"!Sub": ["${x}" {"x": 1}]}}`},
		{"a.yaml", "a: |\n  x\n  y\nb: >-\n  z\n  w\n", `{"a": "x\ny\n" "b": "z w"}`},
		{"a.yaml", "1: a\ntrue: b\n", `{1: "a" true: "b"}`},
		{"a.toml", "a = 1\n[b.c]\nd = [1.5, 2]\nwhen = 2026-01-02\nat = 2026-01-02T03:04:05Z\nlocal = 2026-01-02T03:04:05.5\nt = 03:04:05\n[[e]]\nf = 'x'\n", `{"a": 1 "b": {"c": {"at": "2026-01-02T03:04:05Z" "d": [1.5 2] "local": "2026-01-02T03:04:05.5" "t": "03:04:05" "when": "2026-01-02"}} "e": [{"f": "x"}]}`},
		{"a.tf", "resource \"aws_s3_bucket\" \"logs\" {\n  acl = \"private\" // said\n  tags = { Name = \"x\", \"a:b\" = 1 }\n  kms = var.key\n  name = \"x-${var.env}\"\n}\n", `{"resource": {"aws_s3_bucket": {"logs": [{"acl": "private" "kms": "${var.key}" "name": "x-${var.env}" "tags": {"Name": "x" "a:b": 1}}]}}}`},
		{"a.hcl", "a = [1, -2.5, true, null, \"\\u00e9\", 1 + 2]\nb = <<-EOT\n    x\n      y\n    EOT\nc = [for x in y : x]\n", `{"a": [1 -2.5 true null "é" "${1 + 2}"] "b": "x\n  y\n" "c": "${[for x in y : x]}"}`},
		{"a.tfvars", "x = {\n  a = 1\n  (b) = 2\n}\n", `{"x": {"${(b)}": 2 "a": 1}}`},
		{"a.hcl", "b {}\nb { x = 1 }\n", `{"b": [{} {"x": 1}]}`},
	} {
		docs, err := Read(c.name, []byte(c.src))
		if err != nil {
			t.Errorf("%s %q: %v", c.name, c.src, err)
			continue
		}
		var got []string
		for _, d := range docs {
			got = append(got, show(d))
		}
		if s := strings.Join(got, " | "); s != c.want {
			t.Errorf("%s %q:\n got %s\nwant %s", c.name, c.src, s, c.want)
		}
		if !strings.HasSuffix(c.name, ".toml") && !strings.Contains(c.src, "!Ref") {
			if _, why := agree(c.name, []byte(c.src)); why != "" {
				t.Errorf("%s %q: %s", c.name, c.src, why)
			}
		}
	}
}

// TestRefused: what is ambiguous, damaged or built to explode is an error, not less of a
// document.
func TestRefused(t *testing.T) {
	laughs := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'k'; c++ {
		laughs += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "*" + string(c-1) + "]\n"
	}
	merges := "a: &a {" + strings.Repeat("", 0)
	for i := range 500 {
		merges += "k" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ": 1, "
	}
	merges += "}\nb:\n  <<: [" + strings.Repeat("*a, ", 5000) + "*a]\n"
	for _, c := range []struct{ name, src, want string }{
		{"a.txt", "x", "format is not known"},
		{"a.json", `{"a": 1, "a": 2}`, "stands twice"},
		{"a.json", `{"a": 1} x`, "it is not JSON"},
		{"a.json", ``, "it is not JSON"},
		{"a.json", "\"\xff\"", "not UTF-8"},
		{"a.json", `1e999`, "out of range"},
		{"a.json", strings.Repeat("[", 500_000), "nested more than 100 deep"},
		{"a.json", "[" + strings.Repeat("1,", 250_000) + "1]", "more than 200000 values"},
		{"a.json", "[" + strings.Repeat(" ", MaxBytes) + "]", "over the limit"},
		{"a.yaml", laughs, "too many values"},
		{"a.yaml", merges, "too many values"},
		{"a.yaml", "a: &a [*a]\n", "no anchor before it"},
		{"a.yaml", "a: *b\n", "no anchor before it"},
		{"a.yaml", "a: 1\na: 2\n", "already defined"},
		{"a.yaml", "a: {{ .Values.x }}\n", "it is not YAML"},
		{"a.yaml", "? [a]\n: b\n", "complex key"},
		{"a.yaml", "1.5: b\n", "no text, integer or boolean"},
		{"a.yaml", strings.Repeat("- ", 3000) + "x\n", "nested more than"},
		{"a.yaml", strings.Repeat("[", 100_000), "it is not YAML"},
		{"a.yaml", strings.Repeat("a:\n ", 20_000), "it is not YAML"},
		{"a.yaml", strings.Repeat("&a ", 20_000) + "x", "it is not YAML"},
		{"a.yaml", strings.Repeat("!a ", 12_000) + "x", "it is not YAML"},
		{"a.yaml", "# nothing\n", "holds no document"},
		{"a.yaml", "!!int x\n", "does not fit"},
		{"a.yaml", "a: \xff\n", "not UTF-8"},
		{"a.yaml", "<<: 1\na: 2\n", "merge key"},
		{"a.toml", "a = 1\na = 2\n", "it is not TOML"},
		{"a.toml", "a = " + strings.Repeat("[", 5000), "nested more than 100 deep"},
		{"a.toml", strings.Repeat("a.", 5000) + "a = 1", "nested more than 100 deep"},
		{"a.toml", "a = \xff", "it is not TOML"},
		{"a.toml", strings.Repeat("[[a]]\n", 30_000), "more than 20000 tables"},
		{"a.toml", "a = [" + strings.Repeat("1,", 250_000) + "]", "more than 200000 values"},
		{"a.tf", "a = 1\na = 2\n", "stands twice"},
		{"a.tf", "a = 1\na {}\n", "stands twice"},
		{"a.tf", "a {\n", "not closed"},
		{"a.tf", "a = \"x\n", "broken over lines"},
		{"a.tf", "a = \"${x\"\n", "line 1"},
		{"a.tf", "a = {} b {}\n}\n", "line 2"},
		{"a.tf", "a = $x\n", "stands in no expression"},
		{"a.tf", "a\n", "line 1"},
		{"a.tf", "a = <<EOT\nx\n", "is not closed"},
		{"a.tf", "a = " + strings.Repeat("[", 5000), "it is not HCL"},
		{"a.tf", "a = " + strings.Repeat("(", 5000), "nested more than 100 deep"},
		{"a.tf", strings.Repeat("a {\n", 5000), "nested more than 100 deep"},
		{"a.tf", "a = " + strings.Repeat("\"${", 5000), "nested more than 100 deep"},
		{"a.tf", "a " + strings.Repeat("\"x\" ", 5000) + "{}", "nested more than 100 deep"},
		{"a.tf", "a \"x\" {}\na {}\n", "different numbers of labels"},
	} {
		docs, err := Read(c.name, []byte(c.src))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %.60q: read as %d documents, %v\nwant %s", c.name, c.src, len(docs), err, c.want)
		}
	}
}

func fuzz(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		// Who refuses a file does nothing by it; who reads it otherwise does other things.
		if _, why := agree(name, src); why != "" && why != refusedThere {
			t.Errorf("%q: %s", src, why)
		}
	})
}

func FuzzJSON(f *testing.F) { fuzz(f, "a.json", `{"a": [1, 2.5e3, "xé", null]}`, `[{}, []]`) }

// FuzzYAML asks for no more than the same reading twice: of spaces in block texts, which no
// condition turns on, other parsers have readings of their own. TestRealFiles compares.
func FuzzYAML(f *testing.F) {
	twice(f, "a.yaml", "a: 1\n---\nb: [x, \"y\"]\n", "a: &x {b: c}\nd: *x\n", "a: |\n  x\n", "- a\n- b: c\n  d: e\n", "a: !b c\n<<: {d: e}\n")
}

func FuzzHCL(f *testing.F) {
	fuzz(f, "a.tf", "a \"b\" {\n  c = \"d\"\n}\n", "a = [1, 2]\nb = { c = true }\n", "a = <<E\nx\nE\n", "a = \"${b}\" # c\n", "a = x ? 1 : (2)\n", "a { b = 1 }\n")
}

func FuzzTOML(f *testing.F) {
	twice(f, "a.toml", "a = 1\n[b]\nc = [1, 'x']\n", "a.b = {c = 1979-05-27}\n")
}

func twice(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		a, err := Read(name, src)
		b, err2 := Read(name, src)
		if fmt.Sprint(err) != fmt.Sprint(err2) || len(a) != len(b) {
			t.Fatalf("%q: two readings differ: %v, %v", src, err, err2)
		}
		for i := range a {
			if show(a[i]) != show(b[i]) {
				t.Errorf("%q: two readings differ", src)
			}
		}
	})
}

// TestErrorsQuoteNothing: what does not parse may be a secret, and its error is shown to
// everybody.
func TestErrorsQuoteNothing(t *testing.T) {
	const secret = "hunter2"
	tried := 0
	for _, ext := range []string{".yaml", ".json", ".toml", ".tf"} {
		for _, form := range []string{"password = @", "password: @: x", "@", "[@", "password = \"@", "password = '@'x", "@ = 1\n@ = 2", "a: 1\na: 1\n@: @\n@: 1", "{\"@\": 1, \"@\": 2}", "{\"a\": @}", "a {\n @ @\n}", "a = 1 @", "a: *@", "a: !!int @", "a: !@ [", "a = 1@", "a = \"${@\"", "a = <<@", "a: |@\n", "a = 2020-@", "x = 1_@", "@ {}\n@ = 1", "a \"@\" {}\na \"@\" \"b\" {}\n"} {
			src := strings.ReplaceAll(form, "@", secret)
			if _, err := Read("a"+ext, []byte(src)); err != nil {
				if tried++; strings.Contains(err.Error(), secret) {
					t.Errorf("a%s, %q: %s", ext, src, err)
				}
			}
		}
	}
	if tried < 40 {
		t.Errorf("%d files did not parse", tried)
	}
}
