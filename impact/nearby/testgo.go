package nearby

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/impact"
	"custody/impact/lang"
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

// changedTests are the tests of a changed file that it adds or alters, or that what changed
// reaches; nil for all in it.
func changedTests(c impact.Changed) []string {
	if c.AllReached {
		return nil
	}
	var names []string
	removed := map[string]bool{}
	for _, s := range c.Symbols {
		if s.Change == "removed" {
			removed[s.Name] = true
		} else {
			names = append(names, s.Name)
		}
	}
	for _, name := range c.Reached {
		if !removed[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 || len(c.Symbols) >= impact.MaxReachedSymbols || !allTests(names) {
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

// A goPackage is what one "go test" builds.
type goPackage struct {
	folder string
	tags   string // that somebody has to set, as -tags takes them
}

// maxTagReads bounds the tests that are read for what their names do not say. Of Go, for their
// build tags: those behind a tag that a change reaches, and all in the packages that it
// reaches as a whole; the rest counts as built without any. Of Java, for tests in a class
// whose name is no test's; the rest is unknown. Of JavaScript, for the runner that they
// import, of several; the rest runs with the first.
const maxTagReads = 200

// goWhole plans the tests of a package that is reached as a whole, if it has any.
func (p *planner) goWhole(path string) {
	if raw, err := change.Unescape(path); err == nil && printable(string(raw)) {
		for name, tagged := range p.tree.goTests(p.ctx, raw) {
			p.goFile(join(string(raw), name), nil, tagged)
		}
	}
}

// goFile notes the tests of one file. It is false where no tag makes Go run them.
func (p *planner) goFile(path string, names []string, tagged bool) bool {
	folder, name := split(path)
	if strings.Contains("/"+folder+"/", "/testdata/") || strings.Contains("/"+folder+"/", "/vendor/") {
		return true // no tests of this project
	}
	of := goPackage{folder: folder}
	if tagged && p.looked < maxTagReads {
		p.looked++
		tags, built := lang.GoTags(p.tree.read(p.ctx, folder, name))
		if !built {
			return false
		}
		of.tags = strings.Join(tags, ",")
	}
	p.goTests(of, names)
	return true
}

// goTests notes the tests of one package. All of them are more than some.
func (p *planner) goTests(of goPackage, names []string) {
	old, there := p.packages[of]
	switch {
	case names == nil || there && old == nil:
		p.packages[of] = nil
		return
	case old == nil:
		old = map[string]bool{}
		p.packages[of] = old
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
		tags   string
	}
	named := map[module]map[string]bool{}
	whole := map[module]int{}
	of := map[goPackage]module{}
	isModule := p.goModules()
	for pkg, names := range p.packages {
		m := module{folder: ".", tags: pkg.tags}
		for f := range above(pkg.folder) {
			if isModule(f) {
				m.folder, m.found = f, true
				break
			}
		}
		of[pkg] = m
		if names == nil {
			whole[m]++
			continue
		}
		if named[m] == nil {
			named[m] = map[string]bool{}
		}
		maps.Copy(named[m], names)
	}
	for pkg, names := range p.packages {
		m := of[pkg]
		program := "go test"
		if m.tags != "" {
			program += " -tags " + quote(m.tags)
		}
		// Where all packages of the module run anyway, none needs a command of its own.
		if all := slices.Sorted(maps.Keys(named[m])); names != nil && len(all) <= maxTestNames && whole[m] <= maxNamed {
			program += " -run " + quote("^("+strings.Join(all, "|")+")$")
		}
		name := "./" + within(m.folder, pkg.folder)
		if name == "./." {
			name = "."
		}
		p.add(commandKey{runner: "go", folder: m.folder, program: program, whole: "./..."}, pkg.folder, name, !m.found)
	}
}
