package lang

import (
	"slices"
	"strings"
)

// Paths of a tree: slash separated, relative to its root, raw bytes. The root itself
// is ".".

// folderOf is the folder that holds path.
func folderOf(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "."
}

// baseOf is the last element of path.
func baseOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// under is the path of name inside of folder.
func under(folder, name string) string {
	switch {
	case name == "" || name == ".":
		return folder
	case folder == ".":
		return name
	default:
		return folder + "/" + name
	}
}

// joinPath follows a relative path with "." and ".." from folder; false when it leaves
// the tree. Unlike path.Join it never goes above the root.
func joinPath(folder, rel string) (string, bool) {
	var parts []string
	if folder != "." {
		parts = strings.Split(folder, "/")
	}
	for part := range strings.SplitSeq(rel, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(parts) == 0 {
				return "", false
			}
			parts = parts[:len(parts)-1]
		default:
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ".", true
	}
	return strings.Join(parts, "/"), true
}

// ancestors yields folder, its parent and so on up to ".".
func ancestors(folder string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for yield(folder) && folder != "." {
			folder = folderOf(folder)
		}
	}
}

// prefixes yields s, then s without its last element, and so on, with what was cut.
func prefixes(s string) func(yield func(head, rest string) bool) {
	return func(yield func(head, rest string) bool) {
		for end := len(s); end > 0; end = strings.LastIndexByte(s[:end], '/') {
			if !yield(s[:end], strings.TrimPrefix(s[end:], "/")) {
				return
			}
		}
	}
}

// filesUnder is the run of sorted paths that lie in folder, at any depth.
func filesUnder(files []string, folder string) []string {
	if folder == "." {
		return files
	}
	lo, _ := slices.BinarySearch(files, folder+"/")
	hi, _ := slices.BinarySearch(files, folder+"0") // '0' is '/' + 1
	return files[lo:hi]
}

// targets sorts paths and removes doubles.
func targets(paths ...string) []string {
	slices.Sort(paths)
	return slices.Compact(paths)
}
