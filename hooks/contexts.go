package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"custody/internal/change"
	"custody/internal/git"
)

// A ContextFolder holds signed contexts, each named by the head that it is about, or by
// any other name that a pusher can ask for: HEAD.json, NAME.json. Who may write into the
// folder need not be trusted: only what is signed, for this very head, counts.
type ContextFolder string

// Find implements Contexts. Nothing outside of the folder is opened, whatever links in it
// say.
func (f ContextFolder) Find(_ context.Context, head git.OID, name string) (*Context, error) {
	root, err := os.OpenRoot(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	names := []string{head.String()}
	if name != "" && contextName.MatchString(name) {
		names = []string{name, head.String()}
	}
	for _, n := range names {
		doc, err := readIn(root, n+".json", change.MaxContext)
		switch {
		case err == nil:
			return &Context{Document: doc, File: filepath.Join(string(f), n+".json")}, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return nil, nil
}

// readIn reads a regular file of a folder. What has more than limit bytes is cut behind
// that, for its reader to refuse.
func readIn(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, fmt.Errorf("%s is no regular file", name)
	}
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit+1))
}

// A ContextFile is one document that the operator vouches for.
type ContextFile Context

// Find implements Contexts.
func (f *ContextFile) Find(context.Context, git.OID, string) (*Context, error) {
	c := Context(*f)
	return &c, nil
}
