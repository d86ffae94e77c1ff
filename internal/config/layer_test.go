package config

import (
	"fmt"
	"testing"
)

// A layer that asks for requirements and names no file means the usual one: neither
// layer can take away what the other asks for by naming another.
func TestEachLayerKeepsItsRequirements(t *testing.T) {
	const asks, names, both, neither = "rules: [{id: a, kind: requirements}]\n", "requirements: other.yaml\n", "requirements: third.yaml\nrules: [{id: a, kind: requirements}]\n", ""
	for _, c := range []struct{ floor, repo, want string }{
		{asks, names, "[{security_requirements.yaml default} {other.yaml .custody.yaml}]"},
		{names, asks, "[{other.yaml floor} {security_requirements.yaml default}]"},
		{asks, asks, "[{security_requirements.yaml default}]"},
		{both, names, "[{third.yaml floor} {other.yaml .custody.yaml}]"},
		{both, both, "[{third.yaml floor}]"},
		{neither, names, "[{other.yaml .custody.yaml}]"},
		{names, neither, "[{other.yaml floor}]"},
		{neither, neither, "[{security_requirements.yaml default}]"},
	} {
		floor, err := ParseFloor("floor.yaml", []byte("version: 1\n"+c.floor))
		if err != nil {
			t.Fatal(err)
		}
		repo, err := ParsePolicy(FileName, []byte("version: 1\n"+c.repo))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(Layer(floor, repo).Requirements); got != c.want {
			t.Errorf("floor %q, repository %q: %s, want %s", c.floor, c.repo, got, c.want)
		}
	}
}
