package review

import (
	"context"

	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/git"
)

// head is one tree, that of head or of base, as control wants it.
type head struct {
	repo git.Reader
	tree git.OID
}

// Files implements control.Head.
func (h head) Files(ctx context.Context) ([]control.TreeFile, error) {
	var files []control.TreeFile
	err := git.Walk(ctx, h.repo, h.tree, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		files = append(files, control.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	return files, err
}

// Blob implements control.Head.
func (h head) Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error) {
	return h.repo.Blob(ctx, id, limit)
}

// Blobs implements control.Head.
func (h head) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, h.repo, ids, limit, fn)
}
