package lang

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestJavaStandardMethods holds the methods of the standard library that others may take the
// place of against the Java that is installed: whoever calls one that is not known there would
// not be followed.
func TestJavaStandardMethods(t *testing.T) {
	types := slices.Sorted(maps.Keys(javaStandard()))
	names := strings.NewReplacer("java.lang.Thread.Unc", "java.lang.Thread$Unc", "java.util.Map.", "java.util.Map$").Replace(strings.Join(append(types, "java.lang.Object"), "\n"))
	cmd := exec.CommandContext(t.Context(), "java", "testdata/Standard.java")
	cmd.Stdin = strings.NewReader(names + "\n")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	rows := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(rows) != len(types)+1 || len(types) < 100 {
		t.Fatalf("%d types of %d", len(rows), len(types)+1)
	}
	methods := 0
	for _, row := range rows {
		fields := strings.Fields(row)
		known, _ := JavaStandardMethods(strings.ReplaceAll(fields[0], "$", "."))
		for _, name := range fields[1:] {
			if methods++; !known[name] && !JavaObjectMethods(name) {
				t.Errorf("%s has a method %s", fields[0], name)
			}
		}
	}
	if methods < 1000 {
		t.Errorf("%d methods", methods)
	}
}
