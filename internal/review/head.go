package review

import (
	"context"
	"slices"
	"sync"

	"custody/internal/change"
	"custody/internal/control"
	"custody/internal/git"
)

// head is one tree, that of head or of base, as control wants it. It lists the tree once,
// however many ask.
type head struct {
	repo git.Reader
	tree git.OID

	mu     sync.Mutex // while it is listed
	listed bool
	files  []control.TreeFile
	failed error
}

func newHead(repo git.Reader, tree git.OID) *head { return &head{repo: repo, tree: tree} }

// Files implements control.Head.
func (h *head) Files(ctx context.Context) ([]control.TreeFile, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listed {
		return slices.Clone(h.files), h.failed
	}
	var files []control.TreeFile
	err := git.Walk(ctx, h.repo, h.tree, git.DefaultWalkLimits(), func(path string, e git.Entry) error {
		files = append(files, control.TreeFile{Path: change.Path(path), Mode: e.Mode, ID: e.ID})
		return nil
	})
	if ctx.Err() == nil {
		h.listed, h.files, h.failed = true, files, err
	}
	return slices.Clone(files), err
}

// Blob implements control.Head.
func (h *head) Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error) {
	return h.repo.Blob(ctx, id, limit)
}

// Blobs implements control.Head.
func (h *head) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	return git.Blobs(ctx, h.repo, ids, limit, fn)
}
