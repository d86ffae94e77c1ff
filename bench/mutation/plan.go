package main

// A plan says which mutants are made. It is fixed before anything is run, so that nobody
// chooses what comes out well.
type plan struct {
	seed     uint64
	projects []project
}

// A project is source code with tests that run offline.
type project struct {
	name     string // of its registry
	version  string
	language string
	mutants  int // wanted; fewer where fewer functions are covered
	why      string
	skip     []string // folders whose tests need more than the project, such as a network
}

// thePlan is what results/mutation.json is measured by. Of each project functions are drawn
// with equal chance, each at most once, among those that tests cover; in a function a
// place of a mutation with equal chance among those that tests cover.
var thePlan = plan{
	seed: 20261125,
	projects: []project{
		{"github.com/spf13/pflag", "v1.0.6", "go", 60, "one package, one type with everything on it", nil},
		{"github.com/BurntSushi/toml", "v1.5.0", "go", 50, "reflection, a test suite of files in a package of its own", nil},
		{"golang.org/x/mod", "v0.24.0", "go", 60, "small packages that use each other", []string{"zip"}},
		{"github.com/google/go-cmp", "v0.7.0", "go", 40, "reflection, methods called by their names", nil},
		{"github.com/yuin/goldmark", "v1.7.8", "go", 60, "many packages, interfaces, registration", nil},
		{"github.com/go-git/go-billy/v5", "v5.6.2", "go", 40, "implementations of one interface, a test suite that is handed each", nil},
	},
}
