package commands

import (
	"slices"
	"strings"
)

// Kinds of operands. Each answers for one operand, seeing those behind it.

// systemFolders are those whose loss takes a machine or a person's files with it.
var systemFolders = []string{"/", "~", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/var", "/var/lib", "/Users", "/System", "/Library", "/Applications", "C:", "/c", "/mnt", "/mnt/c"}

// systemFolder is a folder of the system or the home folder, or all that is in it. Of a
// path that begins with something unknown it is not certain when the rest would be one
// if that were empty: "$DIR/", "$DIR/usr". Below a known folder it is none.
func systemFolder(w word, _ []word) tri {
	if isSystemFolder(w.text) {
		return yes
	}
	if w.known() {
		return no
	}
	if !strings.HasPrefix(strings.TrimLeft(w.text, "/"), unknown) && !strings.HasPrefix(w.text, "~/"+unknown) {
		return no
	}
	empty := strings.ReplaceAll(w.text, unknown, "")
	if empty == "" || isSystemFolder(empty) {
		return maybe
	}
	return no
}

func isSystemFolder(path string) bool {
	if path == "" || strings.Contains(path, unknown) {
		return false
	}
	if path != "/" {
		// All of a folder's content is the folder.
		for {
			short := path
			for _, end := range []string{"/", "/*", "/.", "/.*", "/**", "/{*,.*}", "/.[!.]*", "/..?*"} {
				short = strings.TrimSuffix(short, end)
			}
			if short == path {
				break
			}
			path = short
		}
	}
	for strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	if path == "" {
		path = "/"
	}
	if strings.Contains(path, "..") || strings.Contains(path, "/./") {
		path = dots(path)
	}
	if slices.Contains(systemFolders, path) {
		return true
	}
	// /{bin,usr}
	if i := strings.IndexByte(path, '{'); i >= 0 && strings.HasSuffix(path, "}") {
		for _, one := range strings.Split(path[i+1:len(path)-1], ",") {
			if one != "" && !strings.ContainsAny(one, "{}") && isSystemFolder(path[:i]+one) {
				return true
			}
		}
	}
	return false
}

// dots takes . and .. out of an absolute path.
func dots(path string) string {
	if !strings.HasPrefix(path, "/") {
		return path
	}
	var out []string
	for _, part := range strings.Split(path, "/") {
		switch part {
		case "", ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, part)
		}
	}
	return "/" + strings.Join(out, "/")
}

// device is a disk.
func device(w word, _ []word) tri {
	text := strings.TrimPrefix(w.text, "of=")
	for _, prefix := range []string{"/dev/sd", "/dev/hd", "/dev/vd", "/dev/xvd", "/dev/nvme", "/dev/mmcblk", "/dev/disk", "/dev/rdisk", "/dev/mapper/", "/dev/md", "/dev/dm-"} {
		if strings.HasPrefix(text, prefix) {
			return yes
		}
	}
	if text == unknown || text == "/dev/"+unknown {
		return maybe
	}
	return no
}

// output is dd's of=, when it is a disk.
func output(w word, behind []word) tri {
	if !strings.HasPrefix(w.text, "of=") {
		return no
	}
	return device(w, behind)
}

// worldWritable is a mode of chmod that lets everybody write.
func worldWritable(w word, behind []word) tri {
	if len(behind) == 0 {
		return no // the last operand is a file
	}
	mode := w.text
	if mode == unknown {
		return no // a mode that is a variable is hardly one of these
	}
	if strings.Trim(mode, "01234567") == "" && len(mode) >= 3 {
		sticky := len(mode) > 3 && (mode[len(mode)-4]-'0')&1 != 0
		return when((mode[len(mode)-1]-'0')&2 != 0 && !sticky)
	}
	for _, clause := range strings.Split(mode, ",") {
		i := strings.IndexAny(clause, "+=")
		if i < 0 {
			continue
		}
		who, what := clause[:i], clause[i+1:]
		if strings.ContainsAny(who, "oa") && strings.Contains(what, "w") && !strings.Contains(what, "t") && strings.Trim(who, "ugoa") == "" && strings.Trim(what, "rwxXst") == "" {
			return yes
		}
	}
	return no
}

// shared are branches that others build on, by the names that they usually have.
var shared = []string{"main", "master", "trunk", "develop", "development", "production", "prod", "stable", "next", "HEAD"}

func isShared(branch string) bool {
	branch = strings.TrimPrefix(branch, "refs/heads/")
	return slices.Contains(shared, branch) || strings.HasPrefix(branch, "release") || strings.HasPrefix(branch, "hotfix/") || branch == "*"
}

// sharedRef is a branch that is pushed to; the first operand is the remote.
func sharedRef(w word, behind []word) tri {
	ref := strings.TrimPrefix(w.text, "+")
	if i := strings.LastIndex(ref, ":"); i >= 0 {
		ref = ref[i+1:]
	}
	switch {
	case strings.HasPrefix(ref, "refs/tags/"):
		return no
	case isShared(ref):
		return yes
	case ref == unknown || ref == "refs/heads/"+unknown:
		return maybe
	}
	return no
}

// forcedRef is "+main", which forces without an option.
func forcedRef(w word, behind []word) tri {
	if !strings.HasPrefix(w.text, "+") {
		return no
	}
	return sharedRef(w, behind)
}

// deletedRef is ":main".
func deletedRef(w word, behind []word) tri {
	if !strings.HasPrefix(w.text, ":") || len(w.text) < 2 {
		return no
	}
	return sharedRef(word{text: w.text[1:]}, behind)
}

// unpinned is a package without an exact version, which is whatever is newest today.
func unpinned(w word, _ []word) tri {
	t := w.text
	if t == "" || strings.HasPrefix(t, ".") || strings.HasPrefix(t, "/") || strings.HasPrefix(t, "~") || strings.HasSuffix(t, ".tgz") {
		return no
	}
	name, version, found := cutLast(t, "@")
	if !found || name == "" {
		if strings.HasPrefix(t, unknown) {
			return no // what a variable names is as often a path
		}
		return yes
	}
	if strings.HasPrefix(version, unknown) {
		return no // pinned elsewhere
	}
	digits := strings.TrimLeft(version, "v=")
	if strings.Count(digits, ".") >= 2 && digits[0] >= '0' && digits[0] <= '9' && !strings.ContainsAny(digits, "^~*<>|xX ") {
		return no
	}
	return yes
}

// remoteURL is an address that is not this machine.
func remoteURL(w word, _ []word) tri {
	t := strings.ToLower(w.text)
	if i := strings.Index(t, "://"); i >= 0 {
		t = t[i+3:]
	}
	if i := strings.LastIndex(t, "@"); i >= 0 {
		t = t[i+1:]
	}
	for _, local := range []string{"localhost", "127.", "[::1]", "0.0.0.0", "host.docker.internal", "::1"} {
		if strings.HasPrefix(t, local) {
			return no
		}
	}
	host, _, _ := strings.Cut(t, "/")
	host, _, _ = strings.Cut(host, ":")
	if host == unknown || strings.HasPrefix(host, unknown) {
		return maybe
	}
	if strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".test") {
		return no
	}
	return when(strings.Contains(host, ".") || strings.Contains(w.text, "://"))
}

// hostMount is a volume that hands the machine to a container.
func hostMount(v string) tri {
	from, _, _ := strings.Cut(v, ":")
	return when(from == "/" || from == "/var/run/docker.sock" || from == "/run/docker.sock" || from == "/etc" || from == "/root")
}

func anything(word, []word) tri { return yes }
