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
	version  string // empty: the one of the lists or locks of that registry
	language string
	mutants  int // wanted; fewer where fewer functions are covered
	why      string
	skip     []string // Go: folders whose tests need more than the project, such as a network

	byHand   bool              // no registry delivers it with its tests: -from names a clone of version
	folder   string            // where it lies, where that is this machine
	source   string            // Debian's source package that has it; else name is a binary package
	needs    []string          // Debian's packages that it imports
	path     string            // Python: the folder with its modules
	parts    map[string]string // place -> npm package that npm/ locks, or a part of it
	config   string            // vitest's, but for what is measured
	setup    []string          // what vitest loads before each file of tests
	tests    []string          // folders with tests; none: all
	excluded []string          // tests that need more than the project
}

// thePlan is what results/mutation*.json are measured by. Of each project functions are drawn
// with equal chance, each at most once, among those that tests run; in a function a
// place of a mutation with equal chance, for Go among those that tests cover.
var thePlan = plan{
	seed: 20261125,
	projects: []project{
		{name: "github.com/spf13/pflag", version: "v1.0.6", language: "go", mutants: 60, why: "one package, one type with everything on it"},
		{name: "github.com/BurntSushi/toml", version: "v1.5.0", language: "go", mutants: 50, why: "reflection, a test suite of files in a package of its own"},
		{name: "golang.org/x/mod", version: "v0.24.0", language: "go", mutants: 60, why: "small packages that use each other", skip: []string{"zip"}},
		{name: "github.com/google/go-cmp", version: "v0.7.0", language: "go", mutants: 40, why: "reflection, methods called by their names"},
		{name: "github.com/yuin/goldmark", version: "v1.7.8", language: "go", mutants: 60, why: "many packages, interfaces, registration"},
		{name: "github.com/go-git/go-billy/v5", version: "v5.6.2", language: "go", mutants: 40, why: "implementations of one interface, a test suite that is handed each"},

		{
			name: "jinja2", language: "python", mutants: 40, why: "modules that import each other, code that is generated and run",
			source: "jinja2", path: "src", needs: []string{"python3-markupsafe"}, tests: []string{"tests"},
		},
		{
			name: "python3-networkx", language: "python", mutants: 40, why: "600 files; every package hands on all names of its modules, and every test imports the top",
			path: ".", tests: []string{"networkx"},
		},
		{
			name: "zod", language: "script", mutants: 40, why: "TypeScript; tests import the package by its own name and take all of it as one namespace",
			parts:  map[string]string{"package.json": "zod/package.json", "src": "zod/src"},
			config: `{ resolve: { conditions: ["@zod/source", "node", "import"] }, ssr: { resolve: { conditions: ["@zod/source", "node", "import"] } } }`,
		},
		{
			name: "vuejs/core", version: "e2bede961", language: "script", mutants: 30, why: "TypeScript; a workspace of packages that import each other by name", byHand: true,
			config: `{
  define: { __DEV__: true, __TEST__: true, __VERSION__: '"test"', __BROWSER__: false, __GLOBAL__: false, __ESM_BUNDLER__: true, __ESM_BROWSER__: false,
    __CJS__: true, __SSR__: true, __FEATURE_OPTIONS_API__: true, __FEATURE_SUSPENSE__: true, __FEATURE_PROD_DEVTOOLS__: false,
    __FEATURE_PROD_HYDRATION_MISMATCH_DETAILS__: false, __COMPAT__: true },
  resolve: { alias: (await import("../scripts/aliases.js")).entries },
}`,
			setup:    []string{"scripts/setup-vitest.ts"},
			tests:    []string{"packages/compiler-core", "packages/compiler-dom", "packages/compiler-sfc", "packages/compiler-ssr", "packages/reactivity", "packages/runtime-core", "packages/shared"},
			excluded: []string{"**/e2e/**"},
		},
	},
}
