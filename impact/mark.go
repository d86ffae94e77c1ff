package impact

import (
	"strings"

	"custody/internal/change"
)

// A Mark says of a file that nobody here wrote it, or who does not see it. Marks decide
// nothing: a vendored or generated file can break what uses it as any other can.
type Mark uint8

const (
	// MarkVendored is a copy of somebody else's code, by the folder that it lies in.
	MarkVendored Mark = 1 << iota
	// MarkGenerated was made by a program: the file says so in the comments above its
	// code, is called so, or has lines that nobody writes.
	MarkGenerated
	// MarkTagged is not built by Go unless somebody asks for it by a tag.
	MarkTagged
)

// Names are the marks that say who wrote it, as the graph document has them, sorted.
func (m Mark) Names() (names []string) {
	if m&MarkGenerated != 0 {
		names = append(names, "generated")
	}
	if m&MarkVendored != 0 {
		names = append(names, "vendored")
	}
	return names
}

// marksOf marks a file by its name and by what it says of itself.
func marksOf(path change.Path, language string, generated bool) (m Mark) {
	if generated || isMadeName(path, language) {
		m |= MarkGenerated
	}
	if isVendored(path) {
		m |= MarkVendored
	}
	return m
}

// isVendored goes by the folders into which dependencies are copied.
func isVendored(path change.Path) bool {
	folder, _, _ := cutLast(string(path))
	for part := range strings.SplitSeq(folder, "/") {
		switch part {
		case "vendor", "node_modules", "bower_components", "jspm_packages", "third_party", "third-party", "thirdparty",
			"site-packages", "dist-packages", "_vendor", "Godeps", "Pods", "Carthage":
			return true
		}
	}
	return strings.Contains("/"+folder+"/", "/.yarn/releases/") || strings.Contains("/"+folder+"/", "/.yarn/plugins/")
}

// isMadeName goes by the names that generators and bundlers give.
func isMadeName(path change.Path, language string) bool {
	folder, name, _ := cutLast(string(path))
	stem, _, _ := strings.Cut(name, ".")
	switch family(language) {
	case "go":
		return strings.HasSuffix(name, ".pb.go") || strings.HasSuffix(name, ".pb.gw.go") || strings.HasPrefix(name, "zz_generated")
	case "python":
		return strings.HasSuffix(stem, "_pb2") || strings.HasSuffix(stem, "_pb2_grpc")
	case "script":
		switch {
		case strings.Contains(name, ".min."), strings.Contains(name, "-min."), strings.Contains(name, ".bundle."),
			strings.Contains(name, ".generated."), strings.Contains(name, ".gen."), strings.HasSuffix(stem, "_pb"):
			return true
		}
		// Bundlers write here; TypeScript in it was written by hand.
		return language == "javascript" && inFolder(change.Path(folder+"/x"), "dist")
	case "java":
		return inFolder(path, "generated-sources") || inFolder(path, "src/generated")
	}
	return false
}

func cutLast(path string) (folder, name string, found bool) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}
