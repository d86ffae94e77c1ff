package nearby

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/impact"
	"custody/internal/change"
)

// maxTestNames bounds the tests that a command of Go names; with more it runs all of the
// packages.
const maxTestNames = 40

// reachedTests are the tests of a reached file that matter; nil for all of them: where it
// is reached as a whole, or over something that is no test, which others may use.
func reachedTests(n *impact.Reached) []string {
	if n.Precision != impact.PrecisionSymbol || len(n.Symbols) == 0 || len(n.Symbols) >= impact.MaxReachedSymbols {
		return nil
	}
	if !allTests(n.Symbols) {
		return nil
	}
	return n.Symbols
}

// changedTests are the tests that a changed file adds or alters; nil for all in it.
func changedTests(c impact.Changed) []string {
	var names []string
	for _, s := range c.Symbols {
		if s.Change != "removed" {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 || !allTests(names) {
		return nil
	}
	return names
}

func allTests(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !isGoTest(n) })
}

// isGoTest says whether go test runs a function by its name: TestMain is none, since it
// runs all of them.
func isGoTest(name string) bool {
	if name == "TestMain" {
		return false
	}
	for _, kind := range []string{"Test", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return (rest == "" || !unicode.IsLower(r)) && !strings.Contains(name, ".")
		}
	}
	return false
}

// goPackage plans the tests of a package that is reached as a whole, if it has any.
func (p *planner) goPackage(path string) {
	if raw, err := change.Unescape(path); err == nil && printable(string(raw)) {
		if p.tree.hasGoTest(p.ctx, raw) {
			p.goFolder(string(raw), nil)
		}
	}
}

// goFolder notes the tests of one folder. All of them are more than some.
func (p *planner) goFolder(folder string, names []string) {
	if strings.Contains("/"+folder+"/", "/testdata/") || strings.Contains("/"+folder+"/", "/vendor/") {
		return // no tests of this project
	}
	old, there := p.packages[folder]
	switch {
	case names == nil || there && old == nil:
		p.packages[folder] = nil
		return
	case old == nil:
		old = map[string]bool{}
		p.packages[folder] = old
	}
	for _, n := range names {
		old[n] = true
	}
}

// goModules says of a folder whether it is the root of a module.
func (p *planner) goModules() func(folder string) bool {
	folders, known := p.tree.graph.GoModules()
	if !known {
		return func(folder string) bool { return p.tree.has(p.ctx, folder, "go.mod") }
	}
	roots := make(map[string]bool, len(folders))
	for _, f := range folders {
		roots[string(f)] = true
	}
	return func(folder string) bool { return roots[folder] }
}

// goCommands makes a command of each module for the packages that run whole, and one for
// those of which the tests are known.
func (p *planner) goCommands() {
	type module struct {
		folder string
		found  bool
	}
	named := map[module]map[string]bool{}
	whole := map[module]int{}
	of := map[string]module{}
	isModule := p.goModules()
	for folder, names := range p.packages {
		m := module{folder: "."}
		for f := range above(folder) {
			if isModule(f) {
				m = module{f, true}
				break
			}
		}
		of[folder] = m
		if names == nil {
			whole[m]++
			continue
		}
		if named[m] == nil {
			named[m] = map[string]bool{}
		}
		maps.Copy(named[m], names)
	}
	for folder, names := range p.packages {
		m := of[folder]
		program := "go test"
		// Where all packages of the module run anyway, none needs a command of its own.
		if all := slices.Sorted(maps.Keys(named[m])); names != nil && len(all) <= maxTestNames && whole[m] <= maxNamed {
			program += " -run " + quote("^("+strings.Join(all, "|")+")$")
		}
		name := "./" + within(m.folder, folder)
		if name == "./." {
			name = "."
		}
		p.add(commandKey{runner: "go", folder: m.folder, program: program, whole: "./..."}, folder, name, !m.found)
	}
}
