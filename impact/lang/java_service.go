package lang

import (
	"maps"
	"slices"
	"strings"
)

// A Server is a Resolver that knows which files a file has from a registry of services,
// without a name of them.
type Server interface {
	Serves(from string) Resolution
}

// ServiceFolder has a file for each service that an archive of Java provides: called as its type,
// it lists classes.
const ServiceFolder = "META-INF/services/"

const (
	javaService = 500 // a service loader may find it
	// maxServed bounds the classes that all files of one tree may have from service loaders.
	maxServed = 5_000_000
)

// ServiceLoader is how Java finds what a file below META-INF/services lists.
var ServiceLoader = HashName("ServiceLoader")

// Serves implements Server: who loads services, or depends on a file that loads any, and imports or
// mentions the type of one that files below META-INF/services list classes for, may have any of
// these.
func (r *javaResolver) Serves(from string) Resolution {
	facts := r.tree.Facts(from)
	if facts == nil {
		return Resolution{}
	}
	loads := loadsServices(facts)
	if !loads && len(r.loaders) == 0 {
		return Resolution{}
	}
	r.indexServices()
	if len(r.services) == 0 {
		return Resolution{}
	}
	files := r.services[from] // it may load what it is itself
	for _, imp := range facts.Imports {
		if imp.Kind == Computed || imp.Kind == Named {
			continue
		}
		for _, file := range r.Resolve(from, imp).Files {
			loads = loads || r.loaders[file]
			if r.served += len(r.services[file]); r.served > maxServed {
				return Resolution{Over: "more classes that service loaders may give to files than 5,000,000"}
			}
			files = append(files, r.services[file]...)
		}
	}
	if !loads {
		return Resolution{}
	}
	return Resolution{Files: targets(files...), Confidence: javaService}
}

// indexServices reads which classes the tree lists for which type: by its file.
func (r *javaResolver) indexServices() {
	if r.services != nil {
		return
	}
	r.services = map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(r.provided)) {
		for _, file := range r.provided[name] {
			r.provide(file, name, file)
		}
	}
	for _, o := range r.offered {
		r.provide(o.module, o.service, r.named(o.module, o.class).Files...)
	}
	for _, path := range r.tree.Files() {
		at := strings.LastIndex("/"+path, "/"+ServiceFolder)
		if at < 0 {
			continue
		}
		service := strings.ReplaceAll(path[at+len(ServiceFolder):], "$", ".")
		if len(r.named(path, service).Files) == 0 {
			continue
		}
		for line := range strings.Lines(string(r.tree.Read(path))) {
			name, _, _ := strings.Cut(line, "#")
			if name = strings.TrimSpace(name); name == "" || len(name) > maxSpec {
				continue
			}
			r.provide(path, service, r.named(path, strings.ReplaceAll(name, "$", ".")).Files...)
		}
	}
}

// provide notes that files have classes for a service, as the file from says.
func (r *javaResolver) provide(from, service string, files ...string) {
	for _, of := range r.named(from, service).Files {
		r.services[of] = append(r.services[of], files...)
	}
}
