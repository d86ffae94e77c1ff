package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"custody/internal/review"
)

// maxSaltFile is more than any salt has, in bytes.
const maxSaltFile = 64 << 10

// saltFile is where the salt of a repository's names is: the file that was named, or the
// one that its hooks use.
func saltFile(flag, commonDir string) func() ([]byte, error) {
	if flag == "" {
		return saltIn(filepath.Join(commonDir, "custody", "salt"))
	}
	return func() ([]byte, error) { return readSalt(flag) }
}

// saltIn reads a salt where one is expected: nil when there is none.
func saltIn(file string) func() ([]byte, error) {
	return func() ([]byte, error) {
		text, err := readSalt(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return text, err
	}
}

// readSalt reads a file that nobody else may read: who has the salt can tell who is who.
func readSalt(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, hint(fmt.Errorf("%s can be read by others (mode %04o)", file, mode), "chmod 600 "+file)
	}
	return readFile(file, maxSaltFile)
}

// explainSalt adds what to do when there is none.
func explainSalt(err error, commonDir string) error {
	if !errors.Is(err, review.ErrSalt) {
		return err
	}
	return hint(err, "give the one that the repository's hooks or its App use with --salt FILE, or make one: mkdir -p "+filepath.Join(commonDir, "custody")+
		" && (umask 077; openssl rand -hex 32 > "+filepath.Join(commonDir, "custody", "salt")+")")
}
