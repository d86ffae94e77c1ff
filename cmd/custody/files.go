package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// writeNew writes a file that must not exist yet, whole or not at all.
func writeNew(file string, data []byte, mode fs.FileMode) error {
	return place(file, data, mode, os.Link) // unlike Rename, refuses to replace
}

// writeFile replaces a file by one rename, so that nobody ever reads half of it.
func writeFile(file string, data []byte) error {
	return place(file, data, 0o644, os.Rename)
}

// place writes the data beside the file, and then puts it in its place.
func place(file string, data []byte, mode fs.FileMode, put func(from, to string) error) error {
	dir := filepath.Dir(file)
	tmp, err := os.CreateTemp(dir, ".custody-*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s", dir)
	}
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if err := errors.Join(err, tmp.Chmod(mode), tmp.Close()); err != nil {
		return err
	}
	return put(tmp.Name(), file)
}
