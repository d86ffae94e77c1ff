package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// What a Mirror remembers of itself, so that it need not look, or notices that somebody
// else was at it.

const (
	// completeFile lists commits whose trees are here with all blobs. Nothing is ever
	// removed from a mirror but the whole of it.
	completeFile = "complete"
	maxComplete  = 500
	// packsFile lists the packs that the last fetch left, with their sizes.
	packsFile = "packs"
)

// ErrDamaged says that files of a mirror are not as they were left. Make another one.
var ErrDamaged = errors.New("the mirror is damaged")

// known reads the list of complete commits. One that can not be read costs time.
func (m *Mirror) known() map[OID]bool {
	known := map[OID]bool{}
	text, err := os.ReadFile(filepath.Join(m.dir, completeFile))
	if err != nil {
		return known
	}
	for line := range strings.Lines(string(text)) {
		if id, err := ParseOID(strings.TrimSpace(line)); err == nil {
			known[id] = true
		}
	}
	return known
}

func (m *Mirror) learn(known map[OID]bool, ids []OID) {
	fresh := false
	for _, id := range ids {
		fresh = fresh || !known[id]
	}
	if !fresh {
		return
	}
	if len(known) > maxComplete {
		clear(known)
	}
	for _, id := range ids {
		known[id] = true
	}
	var b strings.Builder
	for id := range known {
		b.WriteString(id.String() + "\n")
	}
	m.write(completeFile, b.String())
}

// write replaces a file of ours. What can not be written is not remembered.
func (m *Mirror) write(name, text string) {
	file := filepath.Join(m.dir, name)
	if os.WriteFile(file+".tmp", []byte(text), 0o600) == nil {
		_ = os.Rename(file+".tmp", file)
	}
}

// packs are the packs that are here, and their sizes in bytes.
func (m *Mirror) packs() (map[string]int64, error) {
	entries, err := os.ReadDir(filepath.Join(m.dir, "objects", "pack"))
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext != ".pack" && ext != ".idx" && ext != ".promisor" {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[e.Name()] = info.Size()
	}
	return all, nil
}

// remember writes down which packs are here.
func (m *Mirror) remember() {
	packs, err := m.packs()
	if err != nil {
		return
	}
	var lines []string
	for name, size := range packs {
		lines = append(lines, name+" "+strconv.FormatInt(size, 10)+"\n")
	}
	slices.Sort(lines)
	m.write(packsFile, strings.Join(lines, ""))
}

// Check looks whether the packs are there that the last fetch left, as long as they were.
// Git itself does not ask: in a partial clone what is missing may be missing on purpose.
func (m *Mirror) Check() error {
	text, err := os.ReadFile(filepath.Join(m.dir, packsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nothing was fetched yet
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	packs, err := m.packs()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for line := range strings.Lines(string(text)) {
		name, size, _ := strings.Cut(strings.TrimSpace(line), " ")
		if there, ok := packs[name]; !ok || strconv.FormatInt(there, 10) != size {
			return fmt.Errorf("%w: %s is gone, or not as long as it was", ErrDamaged, name)
		}
	}
	return nil
}

// Packs counts the packs: each fetch brings one, and every git looks into all of them.
func (m *Mirror) Packs() int {
	packs, err := m.packs()
	if err != nil {
		return 0
	}
	n := 0
	for name := range packs {
		if strings.HasSuffix(name, ".pack") {
			n++
		}
	}
	return n
}

// Repack makes one pack of all. It drops nothing that was fetched, looks for no better
// deltas, and must not run while something is fetched; who reads meanwhile finds the new one.
func (m *Mirror) Repack(ctx context.Context) error {
	args := append([]string{"--git-dir=" + m.dir}, pinned...)
	cmd := m.git.start(ctx, "/", m.git.env, append(args, "-c", "pack.threads=1", "-c", "repack.writeBitmaps=false", "repack", "-a", "-d", "-q", "--window=0"))
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("packing a mirror: %w", failed(ctx, cmd, err))
	}
	m.remember()
	return nil
}
