package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestGoIsPredicted holds impact as it is now against the tests that failed when the results
// were made, and what it predicts against what it predicted then: a change that has everything
// reached misses nothing.
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
	measured := map[string]projectResult{}
	for _, one := range before.Projects {
		measured[one.Project] = one
	}
	failures := 0
	for _, p := range thePlan.projects {
		then, ok := measured[p.title()]
		if !ok {
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
		if one.Median > then.Median {
			t.Errorf("%s: %d per mille of the files are predicted, and were %d", p.name, one.Median, then.Median)
		}
		failures += one.Failures
	}
	if failures < 1000 {
		t.Errorf("only %d failing tests were looked at", failures)
	}
}
