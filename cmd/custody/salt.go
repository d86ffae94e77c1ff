package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"custody/internal/private"
	"custody/internal/review"
)

// saltFile is where the salt of a repository's names is: the file that was named, or the
// one that its hooks use.
func saltFile(flag, commonDir string) func() ([]byte, error) {
	if flag == "" {
		return saltIn(filepath.Join(commonDir, "custody", "salt"))
	}
	return func() ([]byte, error) { return private.Read(flag, review.MaxSalt) }
}

// saltIn reads a salt where one is expected: nil when there is none.
func saltIn(file string) func() ([]byte, error) {
	return func() ([]byte, error) {
		text, err := private.Read(file, review.MaxSalt)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return text, err
	}
}

// explainSalt adds what to do when there is none.
func explainSalt(err error, commonDir string) error {
	if !errors.Is(err, review.ErrSalt) {
		return err
	}
	return hint(err, "give the one that the repository's hooks or its App use with --salt FILE, or make one: mkdir -p "+filepath.Join(commonDir, "custody")+
		" && (umask 077; openssl rand -hex 32 > "+filepath.Join(commonDir, "custody", "salt")+")")
}
