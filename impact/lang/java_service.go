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
	maxServices = 64  // classes of one service, and services of one file
)

// ServiceLoader is how Java finds what a file below META-INF/services lists.
var ServiceLoader = HashName("ServiceLoader")

// Serves implements Server: who loads services, and imports or mentions the type of one that
// files below META-INF/services list classes for, may have any of these.
func (r *javaResolver) Serves(from string) Resolution {
	facts := r.tree.Facts(from)
	if facts == nil || !slices.ContainsFunc(facts.Imports, func(imp Import) bool {
		return imp.Spec == "ServiceLoader" || imp.Spec == "java.util.ServiceLoader"
	}) {
		return Resolution{}
	}
	r.indexServices()
	if len(r.services) == 0 {
		return Resolution{}
	}
	var files []string
	looked := 0
	for _, imp := range facts.Imports {
		if imp.Kind == Computed || imp.Kind == Named {
			continue
		}
		for _, file := range r.Resolve(from, imp).Files {
			if len(r.services[file]) > 0 && looked < maxServices {
				looked++
				files = append(files, r.services[file]...)
			}
		}
	}
	if len(r.services[from]) > 0 { // it may load what it is itself
		files = append(files, r.services[from]...)
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
		for _, file := range r.provided[name][:min(len(r.provided[name]), maxServices)] {
			for _, of := range r.named(file, name).Files {
				r.services[of] = append(r.services[of], file)
			}
		}
	}
	for _, path := range r.tree.Files() {
		at := strings.LastIndex("/"+path, "/"+ServiceFolder)
		if at < 0 {
			continue
		}
		types := r.named(path, strings.ReplaceAll(path[at+len(ServiceFolder):], "$", ".")).Files
		if len(types) == 0 {
			continue
		}
		count := 0
		for line := range strings.Lines(string(r.tree.Read(path))) {
			name, _, _ := strings.Cut(line, "#")
			if name = strings.TrimSpace(name); name == "" || len(name) > maxSpec {
				continue
			}
			if count++; count > maxServices {
				break
			}
			for _, file := range r.named(path, strings.ReplaceAll(name, "$", ".")).Files {
				for _, of := range types {
					r.services[of] = append(r.services[of], file)
				}
			}
		}
	}
}
