package nearby

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/git"
)

// Limits of a test plan.
const (
	maxNamed   = 60 // tests that a command names; with more it runs all of its folder
	maxListed  = 50 // tests listed of one command
	maxUnknown = 50
)

// Tests finds the commands that run the reached and the changed tests of a tree, and of
// Go those of packages that are reached as a whole. Go's tests are named where it is known
// which definitions are reached. The runner is detected from the tree. g is its graph, if
// there is one: what that knows of the tree is not read.
func Tests(ctx context.Context, r git.Reader, head git.OID, g *impact.Graph, report *impact.Report) (*impact.TestPlan, error) {
	p := &planner{ctx: ctx, tree: newTree(r, head), commands: map[commandKey]*command{}, packages: map[goPackage]map[string]bool{}}
	if g != nil && g.Tree == head {
		p.tree.graph = g
	}
	if _, known := p.tree.graph.Holds("."); !known {
		p.tree.load(ctx, testFolders(report))
	}
	for _, c := range report.Changed {
		if c.Status != change.Deleted {
			p.file(c.Path, changedTests(c), p.tree.maybeTagged(c.Path))
		}
	}
	for i := range report.Reached {
		switch n := &report.Reached[i]; {
		case n.Kind == impact.KindPackage && n.Precision != impact.PrecisionSymbol: // else its tests are listed
			p.goWhole(n.Path)
		case n.Kind == impact.KindTest:
			p.file(n.Path, reachedTests(n), n.Tagged)
		case n.Kind == impact.KindFile && strings.HasSuffix(n.Path, ".py"): // see python_files
			p.file(n.Path, nil, false)
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.goCommands()
	return p.plan(), nil
}

// testFolders are where the tests stand that Tests looks at.
func testFolders(report *impact.Report) []string {
	var folders []string
	add := func(escaped string, isFile bool) {
		path, err := change.Unescape(escaped)
		if err != nil {
			return
		}
		if !isFile {
			folders = append(folders, string(path))
		} else if _, isTest := impact.TestLanguage(path); isTest {
			folder, _ := split(string(path))
			folders = append(folders, folder)
		}
	}
	for _, c := range report.Changed {
		add(c.Path, true)
	}
	for i := range report.Reached {
		switch n := &report.Reached[i]; {
		case n.Kind == impact.KindPackage && n.Precision != impact.PrecisionSymbol:
			add(n.Path, false)
		case n.Kind == impact.KindTest:
			add(n.Path, true)
		}
	}
	return folders
}

// A commandKey says which tests one command can run together.
type commandKey struct {
	runner, folder string
	program        string // words that begin the command, each quoted already
	flag           string // that begins each name: "--tests "
	comma          bool   // the flag comes once, the names behind it
	whole          string // arguments that run everything in the folder
}

type command struct {
	tests   []string // raw paths
	names   []string // as the command names them, quoted
	assumed bool
}

type planner struct {
	ctx      context.Context
	tree     *tree
	commands map[commandKey]*command
	unknown  []string
	packages map[goPackage]map[string]bool // with the names of tests to run; nil: all of them
	looked   int                           // into tests, for what their names do not say
	settings map[string]pytestFolder       // by folder
}

// file plans one file, if it is a test. Names are the tests in it that matter, nil for
// all of them; only Go runs tests by name. tagged says that it may need a build tag.
func (p *planner) file(path string, names []string, tagged bool) {
	raw, err := change.Unescape(path)
	if err != nil {
		return
	}
	language, isTest := impact.TestLanguage(raw)
	t := string(raw)
	if !isTest && (language != "python" || !p.takesByName(t)) {
		return
	}
	if !printable(t) {
		p.unknown = append(p.unknown, t)
		return
	}
	ok := false
	switch language {
	case "go":
		ok = p.goFile(t, names, tagged)
	case "python":
		ok = p.python(t)
	case "java":
		ok = p.java(t)
	default:
		ok = p.script(t)
	}
	if !ok {
		p.unknown = append(p.unknown, t)
	}
}

// printable says whether a path can stand in a command that somebody reads: what it
// shows is what it is.
func printable(path string) bool {
	if !utf8.ValidString(path) {
		return false
	}
	for _, r := range path {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (p *planner) add(k commandKey, test, name string, assumed bool) {
	c := p.commands[k]
	if c == nil {
		c = &command{}
		p.commands[k] = c
	}
	c.assumed = c.assumed || assumed
	c.tests = append(c.tests, test)
	c.names = append(c.names, quote(name))
}

func (p *planner) plan() *impact.TestPlan {
	plan := &impact.TestPlan{Runs: []impact.TestRun{}}
	for k, c := range p.commands {
		run := impact.TestRun{Runner: k.runner, Folder: escaped(k.folder), Assumed: c.assumed}
		if k.runner == "pytest" {
			c.names = p.withoutBelow(c)
		}
		run.Tests, run.More = clipList(c.tests, maxListed)
		slices.Sort(c.names)
		c.names = slices.Compact(c.names)
		run.Command = k.program
		if len(c.names) > maxNamed {
			run.Whole = true
			run.Command = strings.Replace(run.Command, mavenTests, "", 1)
			if k.whole != "" {
				run.Command += " " + k.whole
			}
			if k.runner == "mocha" { // it looks into no folder below by itself
				run.Command += foldersOf(k.folder, c.tests)
			}
		} else {
			run.Command = k.with(c.names)
		}
		plan.Runs = append(plan.Runs, run)
	}
	slices.SortFunc(plan.Runs, func(a, b impact.TestRun) int {
		return cmp.Or(cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.Runner, b.Runner), cmp.Compare(a.Command, b.Command))
	})
	plan.Unknown, plan.More = clipList(p.unknown, maxUnknown)
	if len(plan.Unknown) == 0 {
		plan.Unknown = nil
	}
	return plan
}

// withoutBelow leaves out of the names of a command for pytest those that a folder in it runs.
func (p *planner) withoutBelow(c *command) []string {
	whole := map[string]bool{}
	for _, test := range c.tests {
		if folder, name := split(test); name == "conftest.py" && !p.pytest(folder).recurses {
			whole[folder] = true
		}
	}
	var names []string
	for i, test := range c.tests {
		if !p.runsBelow(whole, test) {
			names = append(names, c.names[i])
		}
	}
	return names
}

// runsBelow says that pytest finds a test by itself in one of these folders.
func (p *planner) runsBelow(whole map[string]bool, test string) bool {
	at, name := split(test)
	if name == "conftest.py" {
		if at == "." {
			return false
		}
		up, last := split(at)
		if at = up; isPassedOver(last) {
			return false
		}
	} else if !p.takesByName(test) && (p.pytest(at).patterns != nil || !isPytestName(name)) {
		return false
	}
	for !whole[at] {
		up, last := split(at)
		if at == "." || isPassedOver(last) {
			return false
		}
		at = up
	}
	return true
}

// isPytestName says that pytest takes a file of that name for one of tests, by itself.
func isPytestName(name string) bool {
	return strings.HasPrefix(name, "test_") && strings.HasSuffix(name, ".py") || strings.HasSuffix(name, "_test.py")
}

// isPassedOver says that pytest does not go into a folder of that name.
func isPassedOver(name string) bool {
	switch name {
	case "_darcs", "build", "CVS", "dist", "node_modules", "venv", "{arch}":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".egg")
}

// foldersOf are those of tests, each a word of a command.
func foldersOf(at string, tests []string) (words string) {
	var folders []string
	for _, test := range tests {
		folder, _ := split(test)
		folders = append(folders, within(at, folder))
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		words += " " + quote(folder)
	}
	return words
}

// with is the command that runs the named tests.
func (k commandKey) with(names []string) string {
	if k.runner == "maven" {
		return strings.Replace(k.program, "=TESTS", "="+strings.Join(names, ","), 1)
	}
	if k.comma {
		return k.program + " " + k.flag + strings.Join(names, ",")
	}
	var b strings.Builder
	b.WriteString(k.program)
	for _, n := range names {
		b.WriteString(" " + k.flag + n)
	}
	return b.String()
}

// quote makes one word of a POSIX shell. A word that begins with a dash would be a flag.
func quote(s string) string {
	if strings.HasPrefix(s, "-") {
		s = "./" + s
	}
	plain := s != ""
	for i := range len(s) {
		c := s[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_./:=@%+,-", c) >= 0)
	}
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
