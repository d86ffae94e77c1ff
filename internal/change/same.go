package change

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"custody/internal/git"
)

// A BlobReader reads blobs; git.Reader is one.
type BlobReader interface {
	Blob(ctx context.Context, id git.OID, limit int64) ([]byte, error)
}

// Bounds of what Same reads.
const (
	MaxSameBytes = 64 << 20 // of blobs, over all files
	MaxSameLines = 64 << 20 // that are compared to find in which place of a file a run is
	sameContext  = 3        // lines around a run of changed lines, as in a patch
)

// Same says whether two changes do the same: the same files with the same modes, and in
// each the same lines taken out and put in, between the same three lines before and
// behind. It is what `git patch-id --verbatim` calls one patch, and stricter: a file without
// lines must be the same on both sides, and where the lines around a run stand in the file
// more than once, it is the same one of those places. how says in what they are equal, or
// what they differ in.
//
// The files at head say nothing alone: what has the same ones, from another base, may take
// back what that base has. A change that was not read whole, or that touches nothing, is
// the same as no other, but for one that leads from the same base to the same files.
func Same(ctx context.Context, r BlobReader, a, b *Change) (same bool, how string, err error) {
	if a.HeadTree == b.HeadTree && len(a.MergeBases) == 1 && slices.Equal(a.MergeBases, b.MergeBases) {
		return true, "it has the same files", nil
	}
	for _, c := range []*Change{a, b} {
		switch {
		case len(c.MergeBases) != 1 || len(c.Limits) > 0 || c.Shallow:
			return false, "it was not read whole", nil
		case len(c.Files) == 0:
			return false, "it changes no file", nil
		}
	}
	if len(a.Files) != len(b.Files) {
		return false, "it changes other files", nil
	}
	s := samer{BlobReader: r, left: MaxSameBytes, lines: MaxSameLines}
	for i := range a.Files {
		f, g := &a.Files[i], &b.Files[i]
		if f.Path != g.Path || f.OldPath != g.OldPath || f.Status != g.Status || f.Mode != g.Mode || f.OldMode != g.OldMode {
			return false, "it changes other files", nil
		}
		same, err := s.file(ctx, f, g)
		if s.left < 0 {
			return false, fmt.Sprintf("it was not compared: over the limit of %d bytes", MaxSameBytes), nil
		}
		if s.lines < 0 {
			return false, fmt.Sprintf("it was not compared: over the limit of %d lines", MaxSameLines), nil
		}
		if err != nil || !same {
			return false, fmt.Sprintf("it changes %s otherwise", f.Path.Escaped()), err
		}
	}
	return true, "it makes the same change", nil
}

type samer struct {
	BlobReader
	left  int64 // bytes
	lines int64
}

func (s *samer) file(ctx context.Context, f, g *File) (bool, error) {
	if f.OldID == g.OldID && f.ID == g.ID {
		return true, nil
	}
	if f.OldID == g.OldID { // nothing was rebased: the same lines, in another place
		return false, nil
	}
	if f.Unread != "" || g.Unread != "" || f.SubmoduleChanged || g.SubmoduleChanged || len(f.Hunks) != len(g.Hunks) {
		return false, nil
	}
	if len(f.Hunks) == 0 {
		// A rename or a switch of mode alone: whatever the file says, it stays.
		return f.OldID == f.ID && g.OldID == g.ID, nil
	}
	var sides [4][][]byte
	for i, id := range []git.OID{f.OldID, f.ID, g.OldID, g.ID} {
		if id.IsZero() {
			continue // no file
		}
		content, err := s.Blob(ctx, id, s.left+1)
		if err != nil {
			return false, err
		}
		if s.left -= int64(len(content)); s.left < 0 {
			return false, nil
		}
		sides[i] = bytes.SplitAfter(content, []byte("\n"))
		if n := len(sides[i]); len(sides[i][n-1]) == 0 {
			sides[i] = sides[i][:n-1]
		}
	}
	for i, h := range f.Hunks {
		if k := g.Hunks[i]; !slices.EqualFunc(oldLines(h, sides[0]), oldLines(k, sides[2]), bytes.Equal) ||
			!slices.EqualFunc(newLines(h, sides[1]), newLines(k, sides[3]), bytes.Equal) ||
			!slices.EqualFunc(before(h, sides[0]), before(k, sides[2]), bytes.Equal) ||
			!slices.EqualFunc(behind(h, sides[0]), behind(k, sides[2]), bytes.Equal) || !s.samePlace(h, sides[0], k, sides[2]) {
			return false, nil
		}
	}
	return true, nil
}

// samePlace says whether two runs, between the same lines, are in the same place: the first
// of the two that there are, say, in both files. A run at the beginning or the end of its
// file has fewer lines around it, and no other place.
func (s *samer) samePlace(h Hunk, one [][]byte, k Hunk, two [][]byte) bool {
	ahead, rest := before(h, one), behind(h, one)
	if len(ahead) < sameContext || len(rest) < sameContext {
		return true
	}
	around := slices.Concat(ahead, oldLines(h, one), rest)
	start := func(h Hunk) int {
		if h.OldLines == 0 {
			return h.OldStart - sameContext
		}
		return h.OldStart - 1 - sameContext
	}
	i, n := s.places(around, one, start(h))
	j, m := s.places(around, two, start(k))
	return i == j && n == m
}

// places counts where some lines stand in a file: up to a place, and all.
func (s *samer) places(some, file [][]byte, place int) (upTo, all int) {
	for at := 0; at+len(some) <= len(file) && s.lines >= 0; at++ {
		same := true
		for i := 0; same && i < len(some); i++ {
			s.lines--
			same = bytes.Equal(some[i], file[at+i])
		}
		if same {
			all++
			if at <= place {
				upTo++
			}
		}
	}
	return upTo, all
}

// lines i to i+n, counted from 0, as far as there are some.
func lines(of [][]byte, i, n int) [][]byte {
	i = min(max(i, 0), len(of))
	return of[i:min(i+max(n, 0), len(of))]
}

func oldLines(h Hunk, old [][]byte) [][]byte { return lines(old, h.OldStart-1, h.OldLines) }
func newLines(h Hunk, now [][]byte) [][]byte { return lines(now, h.Start-1, h.Lines) }

// before and behind are the lines around a run in the old file. A run of no lines
// stands behind its start line.
func before(h Hunk, old [][]byte) [][]byte {
	end := h.OldStart - 1
	if h.OldLines == 0 {
		end = h.OldStart
	}
	start := max(0, end-sameContext)
	return lines(old, start, end-start)
}

func behind(h Hunk, old [][]byte) [][]byte {
	start := h.OldStart - 1 + h.OldLines
	if h.OldLines == 0 {
		start = h.OldStart
	}
	return lines(old, start, sameContext)
}
