package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestGoIsPredicted holds impact as it is now against the tests that failed when the results
// were made: of one project, and with CUSTODY_SLOW of all.
func TestGoIsPredicted(t *testing.T) {
	const results = "../results/mutation.json"
	data, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	var before result
	if err := json.Unmarshal(data, &before); err != nil {
		t.Fatal(err)
	}
	measured := map[string]bool{}
	for _, one := range before.Projects {
		measured[one.Project] = true
	}
	failures := 0
	for _, p := range thePlan.projects {
		if !measured[p.title()] || p.name != "golang.org/x/mod" && os.Getenv("CUSTODY_SLOW") == "" {
			continue
		}
		var said bytes.Buffer
		o := options{again: results, locks: "npm"}
		one, err := o.project(t.Context(), thePlan.seed, p, &said)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(strings.TrimSpace(said.String()))
		if one.Missed > 0 {
			t.Errorf("%s: %d failing tests are not predicted", p.name, one.Missed)
		}
		failures += one.Failures
	}
	if failures < 100 {
		t.Errorf("only %d failing tests were looked at", failures)
	}
}
