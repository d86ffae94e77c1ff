package lang

import "testing"

// TestGoOutput: what an example has to print is part of its body, and no other comment is.
func TestGoOutput(t *testing.T) {
	example := func(name, comment string) Digest {
		f := extractGo([]byte("package p\nfunc " + name + "() {\n\tprintln(1)\n" + comment + "\n}\n"))
		return f.Definitions[0].Body
	}
	for _, test := range []struct {
		name, was, is string
		same          bool
	}{
		{"Example", "\t// Output: 1", "\t// Output: 2", false},
		{"ExampleT_m", "\t// Output:\n\t// a\n\t// b", "\t// Output:\n\t// a\n\t// c", false},
		{"Example", "\t// Unordered output: 1", "\t// Output: 1", false},
		{"Example", "\t// Output: 1", "// Output:  1", false},
		{"Example", "\t// Output: 1", "\t\t//Output: 1", true},
		{"Example", "\t// says 1", "\t// says 2", true},
		{"Test", "\t// Output: 1", "\t// Output: 2", true},
	} {
		if same := example(test.name, test.was) == example(test.name, test.is); same != test.same {
			t.Errorf("%s with %q and %q: the same is %t", test.name, test.was, test.is, same)
		}
	}
}
