package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"custody/internal/git"
	"custody/internal/sign"
)

// A ContextFolder finds contexts in a folder, where a review tool or the job that merges
// puts them: <folder>/<head>.json. Of several documents about one head the pusher may
// name one, <folder>/<head>.<name>.json. It is a Contexts whose documents are to be
// trusted for their signature alone, so that who writes there can invent nothing. They can
// put back an older document about the same head: see docs/context.md.
type ContextFolder string

// Find implements Contexts. What is there and can not be read is an error; what it says
// is for the review to judge.
func (dir ContextFolder) Find(_ context.Context, head git.OID, name string) (doc []byte, from string, err error) {
	file := head.String() + ".json"
	if name != "" {
		if !isContextName(name) {
			return nil, "", fmt.Errorf("the context %.60q: a name has at most 60 letters, digits, - and _", name)
		}
		file = head.String() + "." + name + ".json"
	}
	from = filepath.Join(string(dir), file)
	root, err := os.OpenRoot(string(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("looking for a context: %w", err)
	}
	defer root.Close()
	doc, err = readRegular(root, file, sign.MaxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the context %s: %w", from, err)
	}
	return doc, from, nil
}

// readRegular reads a file of a folder, if it is a regular file and no link to one, and
// has at most limit bytes.
func readRegular(root *os.Root, name string, limit int64) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	// Not to wait for a pipe that somebody put there meanwhile.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	now, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(info, now) {
		return nil, errors.New("it was replaced while it was read")
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("it has more than %d bytes", limit)
	}
	if err != nil {
		return nil, err
	}
	if text == nil {
		text = []byte{}
	}
	return text, nil
}

func isContextName(name string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return len(name) <= 60 && strings.Trim(name, allowed) == ""
}
