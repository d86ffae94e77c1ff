package control

import (
	"context"
	"crypto/sha1"
	"fmt"
	"strings"
	"sync"
	"testing"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
	"custody/internal/git"
)

// A fakeHead is a tree in memory. It is strict: reading what was not listed fails.
type fakeHead struct {
	mu    *sync.Mutex
	files []TreeFile
	blobs map[git.OID]string
	gone  map[git.OID]bool
	read  map[git.OID]int
}

func oid(s string) git.OID {
	sum := sha1.Sum([]byte(s))
	o, err := git.OIDFromBytes(sum[:])
	if err != nil {
		panic(err)
	}
	return o
}

// newHead takes "path: content", "path -> target" for a symbolic link, "path@" for a
// submodule and "path?" for a file whose blob is missing.
func newHead(files ...string) *fakeHead {
	h := &fakeHead{mu: &sync.Mutex{}, blobs: map[git.OID]string{}, gone: map[git.OID]bool{}, read: map[git.OID]int{}}
	for _, f := range files {
		path, content, _ := strings.Cut(f, ": ")
		t := TreeFile{Mode: git.ModeFile}
		if link, target, ok := strings.Cut(path, " -> "); ok {
			path, content, t.Mode = link, target, git.ModeSymlink
		} else if strings.HasSuffix(path, "@") {
			path, t.Mode = strings.TrimSuffix(path, "@"), git.ModeGitlink
		}
		missing := strings.HasSuffix(path, "?")
		t.Path = change.Path(strings.TrimSuffix(path, "?"))
		t.ID = oid(f)
		h.files = append(h.files, t)
		h.blobs[t.ID], h.gone[t.ID] = content, missing
	}
	return h
}

func (h *fakeHead) Files(context.Context) ([]TreeFile, error) { return h.files, nil }

func (h *fakeHead) Blob(_ context.Context, id git.OID, limit int64) ([]byte, error) {
	content, ok := h.blobs[id]
	switch {
	case !ok:
		return nil, fmt.Errorf("blob %s was never listed", id)
	case h.gone[id]:
		return nil, git.ErrMissing
	case int64(len(content)) > limit:
		return nil, &git.TooLargeError{ID: id, Size: int64(len(content)), Limit: limit}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.read[id]++
	return []byte(content), nil
}

func (h *fakeHead) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(i int, data []byte, err error) error) error {
	for i, id := range ids {
		data, err := h.Blob(ctx, id, limit)
		if err := fn(i, data, err); err != nil {
			return err
		}
		clear(data) // nobody may keep it
	}
	return nil
}

func requirementsFile(t *testing.T, src string) *Requirements {
	t.Helper()
	r, err := ParseRequirements(config.DefaultRequirements, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// oneRequirement is a file with a single verification.
func oneRequirement(t *testing.T, verification, more string) *Requirements {
	t.Helper()
	return requirementsFile(t, fmt.Sprintf("version: \"2.0\"\ncontrols:\n  - id: SEC-1\n    name: n\n    requirement: Data is encrypted\n    implementation: Use AES-GCM\n    verification: |\n      %s\n%s", verification, more))
}

// wholeChange is a change that was read completely and touches the given files.
func wholeChange(paths ...string) *change.Change {
	c := &change.Change{ObjectFormat: "sha1", Base: oid("base"), Head: oid("head"), MergeBases: []git.OID{oid("base")}, From: oid("base")}
	for _, p := range paths {
		c.Files = append(c.Files, change.File{Path: change.Path(p), Mode: git.ModeFile, OldMode: git.ModeFile, Added: 10, Deleted: 2,
			Hunks: []change.Hunk{{OldStart: 1, OldLines: 2, Start: 1, Lines: 10}}})
	}
	return c
}

func evaluate(t *testing.T, in Input) map[string]finding.Check {
	t.Helper()
	if in.Change == nil {
		in.Change = wholeChange()
	}
	if in.Stage == 0 {
		in.Stage = change.AtMerge
	}
	checks, err := Evaluate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]finding.Check{}
	for _, c := range checks {
		byID[c.ID] = c
	}
	return byID
}

func text(c finding.Check) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", c.Outcome)
	for _, r := range c.Reasons {
		fmt.Fprintf(&b, "reason %s: %s %s\n", r.Code, r.Detail, r.Path)
	}
	for _, f := range c.Found {
		fmt.Fprintf(&b, "%s %s: %s | %s | %s | %s\n", f.Level, f.Place, f.Message, f.Remedy, f.Who, f.WaivedBy)
	}
	return b.String()
}
