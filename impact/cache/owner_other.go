//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cache

import (
	"errors"
	"io/fs"
	"os"
)

// Systems without owners and modes of this kind: the folder's own protection has to do.

func openFile(path string) (*os.File, error) { return os.Open(path) }

func checkFile(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is no regular file")
	}
	return nil
}

func checkFolder(string) error { return nil }

// lock locks nothing. Each writer still puts a whole file in place; of two at the same
// time the later one wins, and what the other added is extracted again.
func lock(string) (unlock func(), err error) { return func() {}, nil }
