package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"custody/internal/git/gittest"
)

// printed are commands that print a document, in the order in which they are run, each
// with the contract and the exit codes with which it does. $HOME is a folder.
var printed = []struct {
	contract string // empty: it prints none
	exits    []int
	args     string
}{
	{"custody/graph/v1", []int{0}, "scan --format json"},
	{"custody/impact/v1", []int{0}, "impact --base main~3 --head main --format json"},
	{"custody/impact/v1", []int{0}, "impact --format json --change lib/a.go"},
	{"custody/attestation/v1", []int{0}, "attest --base main~3 --head main --format json"},
	{"custody/attestation-history/v1", []int{0}, "attest --history --format json"},
	{"custody/attestation-history/v1", []int{0}, "attest --history --all --files --format json"},
	{"custody/inventory/v1", []int{1}, "inventory check --base main~3 --head main --format json"}, // an agent, and no file
	{"custody/pack/v1", []int{3}, "audit --base main~3 --head main"},                              // no policy: incomplete
	{"", []int{3}, "audit --base main~3 --head main -o $HOME/pack.zip"},
	{"custody/hook-status/v1", []int{0}, "hook status --format json"},
	{"custody/verification/v1", []int{0}, "verify --format json $HOME/pack.zip"},
}

// streamed are the contracts whose documents no type of the program writes: their types
// here must know everything that is printed.
var streamed = []string{"custody/graph/v1", "custody/attestation-history/v1"}

// TestPrintedDocuments runs the program on a repository that has something of
// everything, and holds what it prints against the schemas.
func TestPrintedDocuments(t *testing.T) {
	program := filepath.Join(t.TempDir(), "custody")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", program, "custody/cmd/custody")
	build.Env = append(build.Environ(), "CGO_ENABLED=0") // as make builds it, so that little is left to compile
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	repo := gittest.New(t)
	repo.Commit("main", "Start",
		gittest.Write("go.mod", "module example.com/m\n"),
		gittest.Write("lib/a.go", "package lib\n"),
		gittest.Write("main.go", "package main\n\nimport _ \"example.com/m/lib\"\n"),
		gittest.Write("old name.py", "import os\n"),
		gittest.Write("logo.png", "\x89PNG\x00\x00"),
		gittest.Write("gone.ts", "export {}\n"))
	repo.Commit("main", "Change a little of everything\n\nCo-authored-by: Claude <noreply@anthropic.com>",
		gittest.Write("lib/a.go", "package lib\n\nvar A = 1\n"),
		gittest.Move("old name.py", "new\nname.py"),
		gittest.Delete("gone.ts"),
		gittest.Write("\xff%#<script>.js", "require('./nowhere')\n"),
		gittest.Symlink("link.go", "main.go"),
		gittest.Write("logo.png", "\x89PNG\x00\x01"))

	repo.Commit("main", "Bump a library", gittest.By("dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"),
		gittest.Write("go.sum", "\n"))
	repo.Commit("side", "Start a side", gittest.From("main~1"), gittest.Write("side.go", "package main\n"))
	repo.Commit("main", "Merge the side", gittest.Merge("side"))

	home := t.TempDir()
	for _, p := range printed {
		t.Run(p.args, func(t *testing.T) {
			cmd := exec.Command(program, append([]string{"-C", repo.Dir}, strings.Fields(strings.ReplaceAll(p.args, "$HOME", home))...)...)
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) || !slices.Contains(p.exits, cmd.ProcessState.ExitCode()) {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			if p.contract == "" {
				return
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			c := contracts[slices.IndexFunc(contracts, func(c contract) bool { return c.id == p.contract })]
			if err := compile(t, c.file()).Validate(doc); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if slices.Contains(streamed, c.id) {
				dec := json.NewDecoder(bytes.NewReader(out))
				dec.DisallowUnknownFields()
				if err := dec.Decode(reflect.New(c.typ).Interface()); err != nil {
					t.Errorf("%s lacks something that is printed: %v", c.typ, err)
				}
			}
		})
	}
}
