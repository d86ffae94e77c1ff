package lang

import (
	"bytes"
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
	out := make([]byte, 0, len(folder)+1+len(rel))
	if folder != "." {
		out = append(out, folder...)
	}
	for part := range strings.SplitSeq(rel, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(out) == 0 {
				return "", false
			}
			out = out[:max(0, bytes.LastIndexByte(out, '/'))]
		default:
			if len(out) > 0 {
				out = append(out, '/')
			}
			out = append(out, part...)
		}
	}
	if len(out) == 0 {
		return ".", true
	}
	return string(out), true
}

// sharedFolders counts the leading elements that two paths have in common.
func sharedFolders(a, b string) int {
	n := 0
	for i := 0; i < len(a) && i < len(b) && a[i] == b[i]; i++ {
		if a[i] == '/' {
			n++
		}
	}
	return n
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
