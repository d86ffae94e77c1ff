package cache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"custody/impact/wire"
	"custody/internal/git"
)

// A treeFile is a paged file about one tree: that to which the next change will most likely
// be made. Its head is the program and the tree's id, each with its length in front.
//
// What it holds follows from the tree and from the program that made it, so the file names
// that program, too, and no other believes it.
type treeFile struct {
	path, program, magic string

	loaded  bool
	tree    git.OID
	content *pages // nil: nothing that could be used
	refused error
}

// load reads the head, once. A program that can not name itself keeps nothing.
func (f *treeFile) load() {
	if f.loaded || f.program == "" {
		return
	}
	f.loaded = true
	head, content, err := openPages(f.path, f.magic)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err == nil {
		err = f.parse(head, content)
	}
	if err != nil {
		f.refused = fmt.Errorf("ignoring cache %s: %w", f.path, err)
	}
}

func (f *treeFile) parse(head string, content *pages) error {
	d := wire.Decoder{Rest: head}
	program := d.String()
	tree, err := git.OIDFromBytes([]byte(d.String()))
	if d.Bad || d.Rest != "" || err != nil {
		return errors.New("its head is malformed")
	}
	if program == f.program { // else it is another program's, who may use it still
		f.tree, f.content = tree, content
	}
	return nil
}

// save replaces the file by what is known of a tree; without parts it does nothing.
func (f *treeFile) save(tree git.OID, parts func() [][]byte) error {
	if err := f.replace(tree, parts); err != nil {
		return fmt.Errorf("writing cache %s: %w", f.path, err)
	}
	return nil
}

func (f *treeFile) replace(tree git.OID, make func() [][]byte) error {
	folder := filepath.Dir(f.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := checkFolder(folder); err != nil {
		return err
	}
	unlock, err := lock(f.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	parts := make()
	if parts == nil {
		return nil
	}
	head := wire.AppendString(wire.AppendString(nil, f.program), string(tree.Bytes()))
	return replace(f.path, func(out pagedOutput) error { return writePaged(out, f.magic, head, whole(parts...)) })
}
