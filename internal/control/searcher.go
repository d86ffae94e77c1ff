package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"custody/internal/git"
)

// A searcher reads files and keeps count of what that costs.
type searcher struct {
	in       *Input
	searches []leaf
	bytes    int64
	cost     int64

	conditions int64    // steps that the conditions of one check may take
	parsed     int64    // bytes of documents
	last       parsed   // the document that was read last, for several checks
	blank      stripped // the same without comments
}

// firstBatch and lastBatch are how many files are asked for at once. The first batches
// are small: what must be present is mostly found soon.
const (
	firstBatch = 16
	lastBatch  = 1024
)

func (sr *searcher) run(ctx context.Context, files []TreeFile) error {
	size := firstBatch
	for len(files) > 0 {
		var batch []wantedFile
		for len(files) > 0 && len(batch) < size {
			if w := sr.wants(files[0]); len(w.by) > 0 {
				batch = append(batch, w)
			}
			files = files[1:]
		}
		if err := sr.readBatch(ctx, batch); err != nil {
			return err
		}
		size = min(2*size, lastBatch)
	}
	return nil
}

// errEnough ends the reading of a batch when no search wants to know more.
var errEnough = errors.New("every search has ended")

// A wantedFile is one that some searches are about.
type wantedFile struct {
	TreeFile
	by []leaf
}

func (sr *searcher) wants(f TreeFile) wantedFile {
	w := wantedFile{TreeFile: f}
	for _, s := range sr.searches {
		if !s.done() && s.selects(f) {
			w.by = append(w.by, s)
		}
	}
	return w
}

// readBatch searches some files, in their order.
func (sr *searcher) readBatch(ctx context.Context, batch []wantedFile) error {
	var ids []git.OID
	for _, f := range batch {
		if f.Mode.IsRegular() {
			ids = append(ids, f.ID)
		}
	}
	take := func(data []byte, err error) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := batch[0]
		batch = batch[1:]
		f.by = slices.DeleteFunc(f.by, func(s leaf) bool { return s.done() }) // since it was asked for
		if len(f.by) == 0 {
			return nil
		}
		content, why := sr.content(f.TreeFile, data, err)
		for _, s := range f.by {
			s.look(sr, f.TreeFile, content, why)
		}
		return nil
	}
	others := func() error { // links and submodules, of which nothing is read
		for len(batch) > 0 && !batch[0].Mode.IsRegular() {
			if err := take(nil, nil); err != nil {
				return err
			}
		}
		return nil
	}
	if err := others(); err != nil {
		return err
	}
	err := sr.in.Head.Blobs(ctx, ids, sr.in.Limits.FileBytes, func(_ int, data []byte, err error) error {
		if err := take(data, err); err != nil {
			return err
		}
		if err := others(); err != nil {
			return err
		}
		if !slices.ContainsFunc(sr.searches, func(s leaf) bool { return !s.done() }) {
			return errEnough
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == errEnough {
		return nil
	}
	for err != nil && len(batch) > 0 { // the repository itself failed: nothing more is known
		if failed := take(nil, err); failed != nil {
			return failed
		}
	}
	return nil
}

// content is what is searched of a file that was read, or why nothing is.
func (sr *searcher) content(f TreeFile, data []byte, err error) (content []byte, why string) {
	switch {
	case f.Mode == git.ModeGitlink:
		return nil, "a submodule, whose files are not in this repository"
	case f.Mode == git.ModeSymlink:
		return nil, "a symbolic link"
	case !f.Mode.IsRegular():
		return nil, fmt.Sprintf("no file (mode %s)", f.Mode)
	}
	if sr.bytes >= sr.in.Limits.TotalBytes {
		return nil, fmt.Sprintf("over the limit of %d bytes for all files", sr.in.Limits.TotalBytes)
	}
	var large *git.TooLargeError
	switch {
	case errors.As(err, &large):
		return nil, fmt.Sprintf("%d bytes, over the limit of %d", large.Size, large.Limit)
	case err != nil:
		return nil, "could not be read: " + err.Error()
	}
	sr.bytes += int64(len(data))
	switch {
	case bytes.HasPrefix(data, []byte("version https://git-lfs.github.com/spec/")) && len(data) < 1024:
		return nil, "a Git LFS pointer, whose content is not in this repository"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, "UTF-16, in which a pattern of bytes finds nothing"
	}
	return data, ""
}
