package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// known says where the repository is of which dir is the top, if nothing about it could make
// git say otherwise. It takes what "git init" and "git clone" make and what people usually
// write into its configuration, and leaves all else to git: linked work trees, borrowed or
// shallow or damaged ones, extensions, what includes other files.
func known(dir string) (location, bool) {
	at, ok := plainAt(dir)
	if !ok {
		return location{}, false
	}
	if !plainHead(filepath.Join(at, "HEAD")) {
		return location{}, false
	}
	for _, other := range []string{"commondir", "gitdir", "shallow", "config.worktree"} {
		if _, err := os.Lstat(filepath.Join(at, other)); !errors.Is(err, fs.ErrNotExist) {
			return location{}, false
		}
	}
	text, ok := smallFile(filepath.Join(at, "config"))
	if !ok || !plainConfig(text) {
		return location{}, false
	}
	return location{dir: at, common: at, format: "sha1"}, true
}

// plainAt is the git directory of a work tree, or a bare repository, right at dir.
func plainAt(dir string) (string, bool) {
	at, err := filepath.EvalSymlinks(dir)
	if err != nil || strings.Contains(at, "\n") {
		return "", false
	}
	if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
		at = filepath.Join(at, ".git")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	for _, folder := range []string{"", "objects", "refs"} {
		if !isFolder(filepath.Join(at, folder)) {
			return "", false
		}
		if _, err := os.Stat(filepath.Join(at, folder, ".")); err != nil {
			return "", false
		}
	}
	return at, true
}

// plainHead says whether HEAD names a branch or a commit.
func plainHead(path string) bool {
	text, ok := smallFile(path)
	if !ok {
		return false
	}
	line, ended := strings.CutSuffix(text, "\n")
	name, isRef := strings.CutPrefix(line, "ref: refs/")
	if isRef {
		return ended && len(line) < 200 && name != "" && !strings.ContainsAny(name, " \t\r\n\x00")
	}
	_, err := ParseOID(line)
	return err == nil && len(line) == 2*idBytes
}

// smallFile reads a file; ok for one that is not there is as for an empty one.
func smallFile(path string) (text string, ok bool) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return "", true
	case err != nil || !info.Mode().IsRegular():
		return "", false
	}
	f, size, err := openRegular(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	if size > maxGuessed {
		return "", false
	}
	b := make([]byte, size)
	n, _ := f.ReadAt(b, 0)
	return string(b[:n]), int64(n) == size
}

// plainValues are the keys that turn nothing on or off in the commands that we run, of the
// sections in which people look for them, and those of their values that say what is usual;
// nil: any.
var plainValues = map[string]map[string][]string{
	"core": {
		"repositoryformatversion": {"0"},
		"filemode":                {"true", "false"},
		"bare":                    {"true", "false"},
		"logallrefupdates":        {"true", "false"},
		"ignorecase":              {"true", "false"},
		"precomposeunicode":       {"true", "false"},
		"symlinks":                {"true", "false"},
	},
	"user":   {"name": nil, "email": nil},
	"remote": {"url": nil, "pushurl": nil, "fetch": nil, "mirror": {"true", "false"}},
	"branch": {"remote": nil, "merge": nil},
}

// plainConfig says whether a configuration is as git itself writes it, one value a line
// without quotes, and has nothing in it that matters.
func plainConfig(text string) bool {
	var keys map[string][]string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Trim(line, " \t")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			inside, ended := strings.CutSuffix(line[1:], "]")
			name, sub, named := strings.Cut(inside, ` "`)
			if named {
				sub, ended = strings.CutSuffix(sub, `"`)
			}
			if keys = plainValues[name]; keys == nil || !ended || named != (name == "remote" || name == "branch") || strings.ContainsAny(sub, "\"\\]\r\x00") {
				return false
			}
		default:
			key, value, ok := strings.Cut(line, " = ")
			usual, known := keys[key]
			if !ok || !known || !plainValue(value) || usual != nil && !slices.Contains(usual, value) {
				return false
			}
		}
	}
	return true
}

func plainValue(s string) bool {
	return s != "" && !strings.ContainsAny(s, "\"\\#;\r\x00") && s[0] != ' ' && s[0] != '\t'
}
