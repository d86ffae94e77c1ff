package lang

import (
	"bytes"
	"strings"
)

// Programs of the tree that a Go test builds or runs: exec.Command("go", "run", "../cmd/x"),
// packages.Load(cfg, "example.com/m/cmd/x"). The text that names the package is no import, but
// what says it runs the function main there.

const maxGoProgram = 160 // bytes of such a text

// GoProgram is mentioned by what says a text that may name a package whose program it runs.
// Nobody can import main, so that no code says the same.
func GoProgram(spec string) NameHash { return GoQualified(spec, "main") }

// GoRunners are mentioned by what runs some program, such as one that was built from the
// package that a test stands beside.
var GoRunners = []NameHash{GoQualified("os/exec", "Command"), GoQualified("os/exec", "CommandContext"), GoQualified("os/exec", "Cmd")}

// A goPrograms says which texts of a file may name a package whose program it runs.
type goPrograms uint8

const (
	noPrograms  goPrograms = iota
	fullPaths              // a file of tests: only those that begin with the name of a host
	allPrograms            // one that runs programs, or loads packages; counts in tests alone
)

// programs looks at the imports of the file.
func (g *goScanner) programs() goPrograms {
	tests, runs := false, false
	for _, m := range g.imports {
		switch m.spec {
		case "testing":
			tests = true
		case "os/exec", "golang.org/x/tools/go/packages":
			runs = true
		}
	}
	switch {
	case runs: // of tests, too, which may have a helper that does not say "testing"
		return allPrograms
	case tests:
		return fullPaths
	}
	return noPrograms
}

// program notes the text from start to here if it may name a package.
func (d *goDefiner) program() {
	text := d.src[d.start+1 : d.i-1]
	if len(text) == 0 || len(text) > maxGoProgram || d.src[d.start] == '\'' || !d.programs.mayName(text) {
		return
	}
	spec := string(text)
	d.mention(GoProgram(spec))
	d.said = append(d.said, Import{Spec: spec, Line: d.lines.at(d.start), Kind: Named})
}

func (p goPrograms) mayName(text []byte) bool {
	slash := bytes.IndexByte(text, '/')
	if p == noPrograms || slash <= 0 || text[len(text)-1] == '/' {
		return false
	}
	for _, c := range text {
		if !isIdent(c) && !strings.ContainsRune("./-~", rune(c)) || c >= 0x80 {
			return false
		}
	}
	first := text[:slash]
	if string(first) == "." || string(first) == ".." {
		return p == allPrograms
	}
	return p == allPrograms || bytes.IndexByte(first, '.') > 0
}

// program resolves such a text. What names no package is a text like any other.
func (r *goResolver) program(from, spec string) Resolution {
	if !strings.HasSuffix(from, "_test.go") {
		return Resolution{External: true}
	}
	if strings.HasSuffix(spec, ".go") { // go run ../cmd/x/main.go
		spec = spec[:strings.LastIndexByte(spec, '/')]
	}
	to := r.Resolve(from, Import{Spec: spec})
	if to.Package == "" {
		return Resolution{External: true}
	}
	return Resolution{Package: to.Package, Confidence: min(to.Confidence, goProgram)}
}

const goProgram = 700 // a test spells the path of a package
