package git

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Git keeps the objects of a push in a folder of their own, the quarantine, until its
// hooks have accepted them, and names that folder to the hooks in three variables.
//
// A variable may have come from somebody else. Git does not check that a loose object
// has the content that its id stands for, so whoever chooses a folder of objects chooses
// what a commit holds. Hence the folders must be the repository's own, symbolic links
// followed.

// quarantineOf takes them from an environment, as variables for our own processes; none
// when GIT_QUARANTINE_PATH is not there, since the other two alone may be about another
// repository, unless the server is known to leave it out.
func quarantineOf(environ []string, loc location, o options) ([]string, error) {
	path, _ := variable(environ, "GIT_QUARANTINE_PATH")
	marked := path != ""
	if !marked && o.unmarked {
		path, _ = variable(environ, "GIT_OBJECT_DIRECTORY")
	}
	if path == "" {
		return nil, nil
	}
	objects, err := filepath.EvalSymlinks(filepath.Join(loc.common, "objects"))
	if err != nil {
		return nil, fmt.Errorf("finding the repository's objects: %w", err)
	}
	allowed := []string{objects}
	for _, root := range o.quarantines {
		real, err := filepath.EvalSymlinks(root)
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing lies there
		}
		if err != nil {
			return nil, fmt.Errorf("the folder for quarantines: %w", err)
		}
		allowed = append(allowed, real)
	}
	own := func(name, dir string) (string, error) {
		real, err := realPath(dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		for _, a := range allowed {
			if real == objects || strings.HasPrefix(real, a+string(filepath.Separator)) {
				return real, nil
			}
		}
		return "", fmt.Errorf("%s names %s, which is no folder of this repository's objects: run the hook in the environment that git gives it", name, real)
	}

	store, ok := variable(environ, "GIT_OBJECT_DIRECTORY")
	if !ok || store == "" {
		return nil, errors.New("GIT_QUARANTINE_PATH is set without GIT_OBJECT_DIRECTORY: pass on the environment of the hook as it is")
	}
	realStore, err := own("GIT_OBJECT_DIRECTORY", store)
	if err != nil {
		return nil, err
	}
	if !marked && realStore == objects {
		return nil, nil
	}
	if realPath, err := own("GIT_QUARANTINE_PATH", path); err != nil {
		return nil, err
	} else if realPath != realStore || realPath == objects {
		return nil, errors.New("GIT_QUARANTINE_PATH and GIT_OBJECT_DIRECTORY do not name one quarantine: pass on the environment of the hook as it is")
	}
	more := []string{objects}
	list, _ := variable(environ, "GIT_ALTERNATE_OBJECT_DIRECTORIES")
	alternates, err := splitAlternates(list)
	if err != nil {
		return nil, err
	}
	for _, dir := range alternates {
		real, err := own("GIT_ALTERNATE_OBJECT_DIRECTORIES", dir)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(more, real) {
			more = append(more, real)
		}
	}
	for i, dir := range more {
		more[i] = quoteAlternate(dir)
	}
	return []string{
		"GIT_QUARANTINE_PATH=" + realStore,
		"GIT_OBJECT_DIRECTORY=" + realStore,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join(more, string(filepath.ListSeparator)),
	}, nil
}

// realPath is absolute and without symbolic links: our processes run in another folder
// than the hook.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// splitAlternates reads a list of folders as git writes it: one that holds the separator
// or a quote is written as a string of C.
func splitAlternates(list string) ([]string, error) {
	var all []string
	for list != "" {
		var dir string
		if strings.HasPrefix(list, `"`) {
			quoted, err := strconv.QuotedPrefix(list)
			if err == nil {
				dir, err = strconv.Unquote(quoted)
			}
			list = strings.TrimPrefix(list, quoted)
			if err != nil || list != "" && list[0] != filepath.ListSeparator {
				return nil, errors.New("GIT_ALTERNATE_OBJECT_DIRECTORIES is not well-formed: pass on the environment of the hook as it is")
			}
			list = strings.TrimPrefix(list, string(filepath.ListSeparator))
		} else {
			dir, list, _ = strings.Cut(list, string(filepath.ListSeparator))
		}
		if dir != "" {
			all = append(all, dir)
		}
	}
	return all, nil
}

// quoteAlternate writes a folder for such a list.
func quoteAlternate(dir string) string {
	if !strings.ContainsRune(dir, filepath.ListSeparator) && !strings.HasPrefix(dir, `"`) {
		return dir
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(dir) + `"`
}
