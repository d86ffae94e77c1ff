//go:build unix

package cache

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"custody/internal/git"
)

// told is a history that counts how often it is asked.
type told struct {
	list    []git.Touched
	more    bool
	err     error
	shallow bool
	asked   int
}

func (h *told) Shallow() bool { return h.shallow }

func (h *told) EachTouched(_ context.Context, _ git.OID, _, _ int, fn func(git.Touched) error) (bool, error) {
	h.asked++
	for _, t := range h.list {
		if err := fn(t); err != nil {
			return false, err
		}
	}
	return h.more, h.err
}

func listen(t *testing.T, h *History, from *told, head git.OID, max int) []git.Touched {
	t.Helper()
	var list []git.Touched
	more, err := h.EachTouched(t.Context(), from, head, max, 50, func(x git.Touched) error {
		list = append(list, x)
		return nil
	})
	if err != from.err || more != from.more {
		t.Fatal(more, err)
	}
	return list
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache", HistoryFileName)
	head, other := key(1, "", 0).Blob, key(2, "", 0).Blob
	from := &told{more: true, list: []git.Touched{
		{Paths: []string{"a/b/c.go", "a/b/d.go", "x\xff\n"}}, {More: 70}, {Paths: []string{"a"}, More: 1},
	}}
	h := OpenHistory(path)
	listen(t, h, from, head, 2000)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	if got := listen(t, OpenHistory(path), from, head, 2000); from.asked != 1 || !reflect.DeepEqual(got, from.list) {
		t.Errorf("asked %d times, and told %v, want %v", from.asked, got, from.list)
	}
	stop := errors.New("stop")
	if _, err := OpenHistory(path).EachTouched(t.Context(), from, head, 2000, 50, func(git.Touched) error { return stop }); err != stop {
		t.Error("who listens could not stop it:", err)
	}

	// Another question, or one of a repository whose history is cut, is not answered by it.
	listen(t, OpenHistory(path), from, other, 2000)
	listen(t, OpenHistory(path), from, head, 1000)
	from.shallow = true
	h = OpenHistory(path)
	listen(t, h, from, head, 2000)
	if from.asked != 4 || h.kept != nil {
		t.Errorf("asked %d times, and kept %q", from.asked, h.kept)
	}
	from.shallow = false

	// What failed is not kept, and what is damaged is asked again and replaced.
	from.err = errors.New("broken")
	h = OpenHistory(path)
	listen(t, h, from, other, 2000)
	if h.kept != nil {
		t.Error("half a history was kept")
	}
	from.err = nil
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		damaged := append([]byte{}, whole...)
		damaged[i] ^= 0x20
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		from.asked = 0
		h := OpenHistory(path)
		if got := listen(t, h, from, head, 2000); from.asked != 1 || !reflect.DeepEqual(got, from.list) {
			t.Fatalf("byte %d is wrong, and it was asked %d times: %v", i, from.asked, got)
		}
	}
	if err := os.WriteFile(path, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	h = OpenHistory(path)
	listen(t, h, from, head, 2000)
	if err := h.Save(); err != nil {
		t.Fatal(err)
	}
	from.asked = 0
	if listen(t, OpenHistory(path), from, head, 2000); from.asked != 0 {
		t.Error("the damaged file was not replaced")
	}
}

func FuzzHistory(f *testing.F) {
	f.Add("\x00\x00\x01\x00\x01a")
	f.Add("\x01\x05\x00\x00\x02\x00\x03a/b\x02\x01c")
	f.Fuzz(func(_ *testing.T, data string) { decodeHistory(data) })
}
