package impact

import (
	"slices"
	"strings"

	"custody/internal/change"
)

// A Go package that comes or goes is a folder in which there is a Go file now, or none any
// more. A resolver asks whether a folder has one, for a folder that is, but for those that
// project files name, some root with the end of the import's path behind it. So of the files
// that did not change only those can mean another package now whose imports end with the
// name of the folder: they are read again.

// maxAgain is how many unchanged files are read again for packages that came or went.
const maxAgain = 500

// packagesMove takes in which packages come and go; false when it is not certain who could
// mean them.
func (o *overlay) packagesMove() bool {
	names := map[string]bool{".": true, "..": true} // imports by a relative path may end so
	for folder, more := range o.moved {
		before := 0
		if n := o.base.find(true, folder); n >= 0 {
			start, end := o.base.out(n)
			before = int(end - start)
		}
		switch is := before + more; {
		case before > 0 && is > 0:
			continue
		case is < 0 || before == 0 && is == 0 || !o.sameVendors(folder, is > 0):
			return false
		default:
			o.packages[folder] = is > 0
		}
		names[baseName(folder)] = true
	}
	if len(o.packages) == 0 {
		return true
	}
	again := 0
	for i := range int(o.base.head[headSpecs]) {
		spec := o.base.spec(i)
		if !names[spec[strings.LastIndexByte(spec, '/')+1:]] {
			continue
		}
		o.base.eachUse(i, i+1, func(u use) {
			path := o.base.path(u.node)
			if strings.HasSuffix(string(path), ".go") && !o.left[path] && !o.again[path] {
				o.again[path] = true
				again++
			}
		})
		if again > maxAgain {
			return false
		}
	}
	return true
}

// sameVendors says that a package which comes or goes neither makes the first nor takes the
// last one of a folder called vendor: those are known to resolvers.
func (o *overlay) sameVendors(folder change.Path, comes bool) bool {
	for rest := string(folder); ; {
		i := strings.LastIndex("/"+rest, "/vendor/")
		if i < 0 {
			return true
		}
		prefix := rest[:i] + "vendor/"
		rest = strings.TrimSuffix(rest[:i], "/")
		root := rest
		if root == "" {
			root = "."
		}
		if comes {
			if !slices.Contains(o.base.vendors, root) {
				return false
			}
			continue
		}
		stays := false
		for n := int(o.base.head[headFiles]); n < o.base.nodes() && !stays; n++ {
			path := o.base.path(int32(n))
			_, moves := o.moved[path]
			stays = !moves && strings.HasPrefix(string(path), prefix)
		}
		if !stays {
			return false
		}
	}
}

// holds says whether a folder has Go files at head.
func (o *overlay) holds(folder string) bool {
	if is, moves := o.packages[change.Path(folder)]; moves {
		return is
	}
	return o.base.find(true, change.Path(folder)) >= 0
}

// asRoots is asked when imports were resolved. A package that project files name as the root
// of a module may be called otherwise by others.
func (o *overlay) asRoots(isRoot func(folder string) bool) {
	for folder := range o.packages {
		o.failed = o.failed || isRoot(string(folder))
	}
}
