// Package cache keeps what extractors said of blobs in one file per repository.
//
// It promises that Get gives what was Put under the same key or nothing: a file that is
// cut short, of another version, not ours, writable by others or a symbolic link is
// ignored, with a reason, and replaced by the next Save; so is what stands in a damaged
// page of it. Of a file only what is asked for is read. Nothing that
// happens to the file is an error for the one who wants an answer. Any number of
// processes may use one file; each sees a whole one.
//
// It never writes unless Save is called, and then only if there is something new.
package cache

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"custody/impact"
)

// A Store is an impact.FactStore over a file, which need not exist.
type Store struct {
	path    string
	file    *file
	used    []bool // entries of file that were asked for
	added   map[impact.FactKey]*impact.Fact
	refused error
}

// FileName is the name of a facts file within a repository's cache folder.
const FileName = "facts"

// Open reads a facts file. The Store is usable in any case, if need be empty: Refused
// says why. Nothing is locked or created.
func Open(path string) *Store {
	s := &Store{path: path, added: make(map[impact.FactKey]*impact.Fact)}
	s.file, s.refused = load(path)
	s.used = make([]bool, s.file.count)
	return s
}

// Refused says why the file was ignored; nil when it was used, or is absent.
func (s *Store) Refused() error { return s.refused }

// Damaged says that some of the file turned out to be unreadable. What stood there is lost,
// and Save writes the file anew.
func (s *Store) Damaged() error {
	if s.file.damaged {
		return fmt.Errorf("a part of cache %s is damaged: its checksum is wrong", s.path)
	}
	return nil
}

// Empty says that the file holds nothing that could be used.
func (s *Store) Empty() bool { return s.file.count == 0 }

// Private says why others could change what is in a folder; nil when only we can, or
// when it is not there.
func Private(folder string) error {
	if err := checkFolder(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Get finds the fact of a key.
func (s *Store) Get(k impact.FactKey) (*impact.Fact, bool) {
	if f, ok := s.added[k]; ok {
		return f, true
	}
	i := s.file.find(k)
	if i < 0 {
		return nil, false
	}
	f, err := impact.DecodeRecord(s.file.record(i))
	if err != nil {
		return nil, false
	}
	s.used[i] = true
	return f, true
}

// Put keeps a fact until Save.
func (s *Store) Put(k impact.FactKey, f *impact.Fact) { s.added[k] = f }

// ErrBusy says that another process is just writing the file. What was added is not
// lost to this process, and the next one will add it.
var ErrBusy = errors.New("another process is writing the cache")

// Save writes what was Put, together with what the file holds by now, to a new file that
// replaces the old one at once. It does nothing when nothing was Put. The folder is made
// if it is missing; it must be ours and not writable by others.
func (s *Store) Save() error {
	if len(s.added) == 0 {
		return nil
	}
	if err := s.save(); err != nil {
		return fmt.Errorf("writing cache %s: %w", s.path, err)
	}
	return nil
}

// SaveMany is Save if enough was Put to be worth it: the whole file is written anew, and
// the few blobs of a change are read again in no time.
func (s *Store) SaveMany() error {
	const worth = 50
	if len(s.added)*worth < s.file.count && !s.file.damaged {
		return nil
	}
	return s.Save()
}

func (s *Store) save() error {
	folder := filepath.Dir(s.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := checkFolder(folder); err != nil {
		return err
	}
	unlock, err := lock(s.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	now, _ := load(s.path) // refused: replaced
	if err := s.merge(now); err != nil {
		return err
	}
	s.file, s.refused = load(s.path)
	s.used = make([]bool, s.file.count)
	clear(s.added)
	return nil
}

// merge makes the new file. Of a language's versions the newest stays. When all of it is
// too much, only what this process asked for stays.
func (s *Store) merge(now *file) error {
	write := func(keep func(impact.FactKey) bool) error {
		pairs := s.pairs(now, keep)
		return replace(s.path, func(out pagedOutput) error { return format(out, languagesOf(pairs), pairs) })
	}
	err := write(func(impact.FactKey) bool { return true })
	if errors.Is(err, errLarge) {
		err = write(func(k impact.FactKey) bool {
			i := s.file.find(k)
			return i >= 0 && s.used[i]
		})
	}
	return err
}

// pairs lists what was added and what is kept of the file, sorted.
func (s *Store) pairs(now *file, keep func(impact.FactKey) bool) []pair {
	newest := map[string]uint16{}
	idSize := 0
	for k := range s.added {
		newest[k.Language] = max(newest[k.Language], k.Version)
		idSize = max(idSize, len(k.Blob.Bytes()))
	}
	for _, l := range now.languages {
		newest[l.name] = max(newest[l.name], l.version)
	}
	var pairs []pair
	add := func(k impact.FactKey, record func([]byte) ([]byte, bool)) {
		if k.Version == newest[k.Language] && len(k.Blob.Bytes()) == idSize {
			pairs = append(pairs, pair{k, record})
		}
	}
	for k, f := range s.added {
		add(k, func(b []byte) ([]byte, bool) { return impact.AppendRecord(b, f) })
	}
	for i := range now.count {
		k, ok := now.key(i)
		if _, again := s.added[k]; ok && !again && keep(k) {
			add(k, func(b []byte) ([]byte, bool) {
				record := now.record(i)
				return append(b, record...), record != ""
			})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(a.key.Blob.Compare(b.key.Blob), strings.Compare(a.key.Language, b.key.Language))
	})
	return pairs
}

// languagesOf lists the languages of pairs by name, each in one version.
func languagesOf(pairs []pair) []language {
	seen := map[language]bool{}
	var all []language
	for _, p := range pairs {
		if l := (language{p.key.Language, p.key.Version}); !seen[l] {
			seen[l] = true
			all = append(all, l)
		}
	}
	slices.SortFunc(all, func(a, b language) int { return strings.Compare(a.name, b.name) })
	return all
}

// load opens a file; one that is absent is empty without a reason.
func load(path string) (*file, error) {
	head, content, err := openPages(path, magic)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &file{}, nil
	case err != nil:
		return &file{}, fmt.Errorf("ignoring cache %s: %w", path, err)
	}
	f, err := parse(head, content)
	if err != nil {
		return &file{}, fmt.Errorf("ignoring cache %s: %w", path, err)
	}
	return f, nil
}

// replace writes a file beside path and puts it in its place.
func replace(path string, write func(pagedOutput) error) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	err = errors.Join(write(tmp), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}
