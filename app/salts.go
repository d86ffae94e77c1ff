package app

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"custody/impact/cache"
	"custody/internal/private"
	"custody/internal/review"
)

// Salts are those of the names in packs, a file for each repository:
//
//	<folder>/<id>.salt   64 hexadecimal digits, as custody audit --salt reads them
//
// Whoever removes a file takes the people out of all packs of its repository; the next
// review makes another one, under which everybody has another pseudonym.
type Salts struct {
	folder string
	random io.Reader
}

// OpenSalts makes the folder if it is missing.
func OpenSalts(folder string, random io.Reader) (*Salts, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("opening the folder of salts: %w", err)
	}
	if err := cache.Private(folder); err != nil {
		return nil, fmt.Errorf("the folder of salts: %w", err)
	}
	return &Salts{folder, random}, nil
}

// of reads the salt of a repository, and makes it when there is none.
func (s *Salts) of(repository int64) func() ([]byte, error) {
	if s == nil {
		return nil
	}
	return func() ([]byte, error) {
		file := filepath.Join(s.folder, strconv.FormatInt(repository, 10)+".salt")
		text, err := private.Read(file, review.MaxSalt)
		if !errors.Is(err, fs.ErrNotExist) {
			return text, err
		}
		if err := s.make(file); err != nil {
			return nil, err
		}
		return private.Read(file, review.MaxSalt)
	}
}

// make writes a new salt. It appears whole or not at all, and of two processes that make
// one at the same time both use the first.
func (s *Salts) make(file string) error {
	var salt [32]byte
	if _, err := io.ReadFull(s.random, salt[:]); err != nil {
		return fmt.Errorf("making a salt: %w", err)
	}
	f, err := os.CreateTemp(s.folder, ".new-*") // mode 0600
	if err != nil {
		return fmt.Errorf("making a salt: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(hex.EncodeToString(salt[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("making a salt: %w", err)
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making a salt: %w", err)
	}
	return nil
}
