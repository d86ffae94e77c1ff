package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"custody/internal/change"
	"custody/internal/pack/verify"
)

// readFile reads a file that the user named; what has more than limit bytes, or never
// ends, is cut behind that, for its reader to refuse.
func readFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, hint(fmt.Errorf("%s is a folder", name), "name a file in it")
	}
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// readContext reads the document of facts that the user named.
func readContext(name string) ([]byte, error) {
	doc, err := readFile(name, change.MaxContext)
	if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(name, "{") {
		err = hint(errors.New("it is the name of a file that is asked for, not the document"), "write the document into a file and name that")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the context: %w", err)
	}
	return doc, nil
}

// readPack reads a pack that the user named, for verify to look at.
func readPack(name string) ([]byte, error) {
	pack, err := readFile(name, verify.MaxPack)
	if err != nil {
		return nil, fmt.Errorf("reading the pack: %w", err)
	}
	return pack, nil
}

// maxOwn is more than a file that Custody writes into a work tree has, in bytes.
const maxOwn = 16 << 20

// readOwn reads a file of the work tree that Custody would write as well. A repository
// may have put a link there that leads to anything of the user's.
func readOwn(file string) ([]byte, error) {
	info, err := os.Lstat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, hint(errors.New("it is not a regular file"), "remove it, or make it one")
	}
	text, err := readFile(file, maxOwn)
	if len(text) > maxOwn {
		return nil, fmt.Errorf("it has more than %d bytes", maxOwn)
	}
	return text, err
}

// writeFile replaces a file by one rename, so that nobody ever reads half of it. It
// keeps the mode of the file that it replaces; a new one gets what umask says. Through
// a symbolic link it replaces what the link leads to, and a device or pipe, which a
// rename would take out of the system, is written to.
func writeFile(file string, data []byte) error {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	if err := canWrite(file); err != nil {
		return err
	}
	mode := fs.FileMode(0o666)
	info, err := os.Stat(file)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return writeThrough(file, data)
	case err == nil:
		mode = info.Mode().Perm()
	}
	tmp, err := newBeside(file, mode)
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}

// writeNew writes a file that must not exist yet, whole or not at all.
func writeNew(file string, data []byte, mode fs.FileMode) error {
	tmp, err := newBeside(file, mode)
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), file) // unlike Rename, refuses to replace
}

// canWrite says whether writeFile has a folder to write to. Who has much to do before
// it writes asks early.
func canWrite(file string) error {
	dir := filepath.Dir(file)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return hint(fmt.Errorf("there is no folder %s", dir), "make it first: mkdir -p "+dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return hint(fmt.Errorf("%s is a folder", file), "name a file in it")
	}
	return nil
}

func writeThrough(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// newBeside makes a file of another name in the same folder. os.CreateTemp would give
// it a mode of its own.
func newBeside(file string, mode fs.FileMode) (*os.File, error) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("%s.%d-%d.tmp", file, os.Getpid(), n)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if !errors.Is(err, fs.ErrExist) || n == 100 {
			return f, err
		}
	}
}
