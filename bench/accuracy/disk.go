package main

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"custody/impact"
	"custody/internal/git"
)

// disk is a folder as impact reads a repository: what the other tool sees and what
// Custody sees are the same bytes. Links are listed and not followed.
type disk struct {
	root  string
	paths map[git.OID]string
}

func graphOf(ctx context.Context, root string) (*impact.Graph, error) {
	return impact.Build(ctx, impact.BuildInput{Source: &disk{root: root, paths: map[git.OID]string{}}})
}

// Walk implements impact.Source. The tree is always the whole folder.
func (d *disk) Walk(ctx context.Context, _ git.OID, fn func(path string, e git.Entry, err error) error) error {
	return filepath.WalkDir(d.root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" {
				return fs.SkipDir
			}
			return ctx.Err()
		}
		rel, err := filepath.Rel(d.root, name)
		if err != nil {
			return err
		}
		mode, data := git.ModeFile, []byte(nil)
		if entry.Type()&fs.ModeSymlink != 0 {
			mode = git.ModeSymlink
		} else if data, err = os.ReadFile(name); err != nil {
			return err
		}
		id, err := blobID(data)
		if err != nil {
			return err
		}
		d.paths[id] = name
		return fn(filepath.ToSlash(rel), git.Entry{Name: entry.Name(), Mode: mode, ID: id}, nil)
	})
}

// Blobs implements impact.Source.
func (d *disk) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	for i, id := range ids {
		data, err := os.ReadFile(d.paths[id])
		if err == nil && int64(len(data)) > limit {
			data, err = nil, &git.TooLargeError{ID: id, Size: int64(len(data)), Limit: limit}
		}
		if err := fn(i, data, err); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// blobID is git's name for the bytes.
func blobID(data []byte) (id git.OID, err error) {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return id, id.UnmarshalText([]byte(hex.EncodeToString(h.Sum(nil))))
}
