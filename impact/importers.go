package impact

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"custody/impact/lang"
	"custody/internal/change"
)

// An importerFinder finds who imports a package of a registry, by how each ecosystem
// names what its packages hold.
type importerFinder struct {
	head, from importReader
	index      map[importReader]map[packageKey][]importing
}

// An importReader knows what the files of one side import.
type importReader interface {
	// eachImport calls fn, in order of path and line, for the imports of files of a family
	// that could mean one of the names; for others it may.
	eachImport(family string, names []string, fn func(path change.Path, spec string, line int))
	// asked says whether a resolver read a project file of that path.
	asked(path change.Path) bool
}

// importing is one import of a changed package.
type importing struct {
	path change.Path
	line int
}

// found is an importer, with the entry that governs it.
type found struct {
	importing
	by *manifestEntry
}

// naming is how sure a package's name says what is imported.
type naming struct {
	confidence Confidence
	certain    bool // who imports no module of the name does not import the package
}

// newImporterFinder goes once over all imports of both sides.
func newImporterFinder(head, from importReader, keys []packageKey) *importerFinder {
	f := &importerFinder{head: head, from: from, index: map[importReader]map[packageKey][]importing{}}
	wanted := map[string]map[string][]packageKey{} // by ecosystem and the name that an import has
	for _, k := range keys {
		if !importsRead(k.ecosystem) {
			continue
		}
		if wanted[k.ecosystem] == nil {
			wanted[k.ecosystem] = map[string][]packageKey{}
		}
		for _, n := range importNames(k) {
			wanted[k.ecosystem][n] = append(wanted[k.ecosystem][n], k)
		}
	}
	for _, side := range []importReader{head, from} {
		if side == nil || f.index[side] != nil {
			continue
		}
		index := map[packageKey][]importing{}
		f.index[side] = index
		for ecosystem, names := range wanted {
			side.eachImport(familyOf(ecosystem), slices.Sorted(maps.Keys(names)), func(path change.Path, spec string, line int) {
				for _, k := range match(ecosystem, spec, names) {
					if at := index[k]; len(at) == 0 || at[len(at)-1].path != path {
						index[k] = append(at, importing{path, line})
					}
				}
			})
		}
	}
	return f
}

// eachImport implements importReader.
func (b *builder) eachImport(of string, _ []string, fn func(path change.Path, spec string, line int)) {
	for i := range b.files {
		f := &b.files[i]
		if f.fact == nil || f.language == nil || family(f.language.Name) != of {
			continue
		}
		for _, imp := range f.fact.Imports {
			if namesPackage(imp) {
				fn(f.path, imp.Spec, imp.Line)
			}
		}
	}
}

// asked implements importReader.
func (b *builder) asked(path change.Path) bool {
	_, ok := b.projects[string(path)]
	return ok
}

// namesPackage says whether an import could name a package of a registry.
func namesPackage(imp lang.Import) bool {
	switch imp.Kind {
	case lang.Embed, lang.Computed, lang.Named:
		return false
	case lang.SamePackage:
		return strings.IndexByte(imp.Spec, '.') >= 0
	}
	return imp.Level <= 0
}

// importNames are the names by which imports mean a package, each a prefix of whole
// parts.
func importNames(k packageKey) []string {
	switch k.ecosystem {
	case "pypi":
		name := strings.ReplaceAll(lower(k.name), "-", "_")
		name = strings.ReplaceAll(name, ".", "_")
		names := []string{name}
		if other, ok := pythonModules()[lower(k.name)]; ok {
			return strings.Fields(other)
		}
		for _, affix := range []string{"python_", "django_", "py"} {
			if rest, ok := strings.CutPrefix(name, affix); ok && rest != "" {
				names = append(names, rest)
			}
		}
		for _, affix := range []string{"_python", "_py"} {
			if rest, ok := strings.CutSuffix(name, affix); ok && rest != "" {
				names = append(names, rest)
			}
		}
		// A name with dashes is often a namespace, with a package for each part.
		if strings.Contains(name, "_") {
			names = append(names, strings.ReplaceAll(name, "_", "."))
		}
		return names
	case "maven":
		group, _, _ := strings.Cut(k.name, ":")
		parts := strings.Split(group, ".")
		least := 2
		if len(parts) > 1 && (parts[1] == "apache" || parts[1] == "github" || parts[1] == "eclipse" || parts[1] == "springframework") {
			least = 3
		}
		if len(parts) > least {
			parts = parts[:len(parts)-1]
		}
		return []string{strings.Join(parts, ".")}
	}
	return []string{k.name}
}

// match finds the changed packages that an import names: of Go and npm the one with the
// longest name, since one may stand below another.
func match(ecosystem, spec string, names map[string][]packageKey) []packageKey {
	switch ecosystem {
	case "npm":
		if strings.HasPrefix(spec, ".") || strings.HasPrefix(spec, "/") {
			return nil
		}
		name, rest, _ := strings.Cut(spec, "/")
		if strings.HasPrefix(name, "@") {
			part, _, _ := strings.Cut(rest, "/")
			name += "/" + part
		}
		found := names[name]
		if len(found) == 0 {
			// Types stand in a package of their own: @types/node, @types/babel__core.
			scope, bare, scoped := strings.Cut(strings.TrimPrefix(name, "@"), "/")
			if scoped && strings.HasPrefix(name, "@") {
				scope += "__" + bare
			}
			return names["@types/"+strings.TrimPrefix(scope, "node:")]
		}
		return found
	case "go":
		for at := spec; ; {
			if found := names[at]; found != nil {
				return found
			}
			i := strings.LastIndexByte(at, '/')
			if i < 0 {
				return nil
			}
			at = at[:i]
		}
	}
	if ecosystem == "pypi" {
		spec = lower(spec)
	}
	var all []packageKey
	for at := spec; ; {
		all = append(all, names[at]...)
		i := strings.LastIndexByte(at, '.')
		if i < 0 {
			return all
		}
		at = at[:i]
	}
}

// names says how sure the names of a package are; nil where no imports are read.
func (f *importerFinder) names(k packageKey) *naming {
	switch k.ecosystem {
	case "go", "npm":
		return &naming{confidence: 1000, certain: true}
	case "pypi":
		_, known := pythonModules()[lower(k.name)]
		return &naming{confidence: 900, certain: known}
	case "maven":
		return &naming{confidence: 500}
	}
	return nil
}

// importers are the files of a side that import a package and that one of the manifests
// governs: those below its folder. What Python requires has no place: requirements stand
// in a folder of their own.
func (f *importerFinder) importers(side importReader, k packageKey, entries []manifestEntry) []found {
	var all []found
	for _, imp := range f.index[side][k] {
		for i := range entries {
			if k.ecosystem == "pypi" || governs(entries[i].file, imp.path) {
				all = append(all, found{imp, &entries[i]})
				break
			}
		}
	}
	return all
}

func governs(manifest *change.File, path change.Path) bool {
	for _, p := range []change.Path{newPath(manifest), oldPath(manifest)} {
		if p == "" {
			continue
		}
		folder := folderOf(p)
		if folder == "." || strings.HasPrefix(string(path), string(folder)+"/") {
			return true
		}
	}
	return false
}

// pythonModules are packages with their modules, where those are called otherwise or
// nothing shall be guessed: lower case, a package on a line. One without a module is a
// tool that nothing imports.
var pythonModules = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(pythonPackages) {
		if name, modules, _ := strings.Cut(strings.TrimSpace(line), " "); name != "" {
			m[name] = lower(modules)
		}
	}
	return m
})

const pythonPackages = `
	argon2-cffi argon2
	attrs attr attrs
	beautifulsoup4 bs4
	black black
	coverage coverage
	dj-database-url dj_database_url
	django django
	django-filter django_filters
	django-taggit taggit
	django-modelcluster modelcluster
	django-treebeard treebeard
	djangorestframework rest_framework
	docutils docutils
	elasticsearch elasticsearch elasticsearch_dsl
	flake8 flake8
	freezegun freezegun
	gitpython git
	google-api-python-client googleapiclient
	google-cloud-storage google.cloud.storage
	grpcio grpc
	html5lib html5lib
	importlib-metadata importlib_metadata
	isort isort
	jinja2 jinja2
	l18n l18n
	markdown markdown
	msgpack-python msgpack
	mypy mypy
	mysqlclient MySQLdb mysqldb
	opencv-python cv2
	pillow PIL pil
	pip pip
	pip-tools piptools
	polib polib
	protobuf google.protobuf
	psycopg2 psycopg2
	psycopg2-binary psycopg2
	psycopg psycopg
	pycryptodome crypto Crypto
	pyjwt jwt
	pyopenssl openssl OpenSSL
	pytest pytest _pytest
	pytest-cov pytest_cov
	python-dateutil dateutil
	python-dotenv dotenv
	python-magic magic
	python-memcached memcache
	pytz pytz
	pywin32 win32api win32con
	pyyaml yaml
	pyzmq zmq
	redis redis
	requests requests
	ruff
	scikit-image skimage
	scikit-learn sklearn
	setuptools setuptools pkg_resources
	six six
	sphinx sphinx
	sphinx-rtd-theme sphinx_rtd_theme
	sqlalchemy sqlalchemy
	tox tox
	twine twine
	typing-extensions typing_extensions
	urllib3 urllib3
	uwsgi uwsgi
	wheel wheel
	curlylint
	djhtml
	ty
	myst-parser myst_parser
	django-stubs
	pyright
	semgrep
	codespell
	pre-commit
`
