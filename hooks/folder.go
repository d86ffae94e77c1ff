package hooks

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"custody/impact/cache"
	"custody/internal/pack"
)

// A Folder is what hooks keep beside a repository, <git-dir>/custody:
//
//	packs/DIGEST.zip    the packs that were made, by the SHA-256 of the file
//	spool/DIGEST.zip    the same, until a server has collected them
//	spool/DIGEST.json   what became of an update, by the SHA-256 of that document
//	cache/facts         what files say of themselves
//	tmp/                git's working folders
//
// and what its operator put there: floor.yaml, signing.pem, trusted_keys, salt, contexts/.
//
// It is used only if it is a folder of ours that nobody else may write to, and so is each
// folder in it: no link, however it came there.
type Folder struct {
	path string
	now  func() time.Time
}

// OpenFolder makes the folder if it is missing. now tells the age of what is pruned.
func OpenFolder(path string, now func() time.Time) (*Folder, error) {
	f := &Folder{path: path, now: now}
	for _, dir := range f.folders() {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := own(dir); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// LookFolder is OpenFolder for one who writes nothing: what is missing stays missing.
func LookFolder(path string) (*Folder, error) {
	f := &Folder{path: path}
	for _, dir := range f.folders() {
		if err := own(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return f, nil
}

func (f *Folder) folders() []string {
	return []string{f.path, f.in("packs"), f.in("spool"), f.in("cache"), f.in("tmp")}
}

func (f *Folder) in(name string) string { return filepath.Join(f.path, name) }

// Path is where something of the folder is, such as "floor.yaml".
func (f *Folder) Path(name string) string { return f.in(name) }

// own refuses a folder that is not ours.
func own(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is no folder (a link to one is none): remove it", dir)
	}
	return cache.Private(dir)
}

// Kept is where a pack is.
type Kept struct {
	Path   string
	Digest string // "sha256:" and hex
}

// keep writes a pack and returns when it is on the disk: who was told that a change was
// accepted can rely on it.
func (f *Folder) keep(file []byte) (Kept, error) {
	digest := pack.Digest(file)
	if f == nil {
		return Kept{Digest: digest}, nil
	}
	name := packName(digest)
	k := Kept{Path: f.in("packs/" + name), Digest: digest}
	if err := f.write(k.Path, file); err != nil {
		return Kept{}, err
	}
	if strings.HasPrefix(name, "00") { // every now and then, also where nothing is ever accepted
		f.Prune(DefaultRetention())
	}
	return k, nil
}

// write puts a whole file in its place, durably, or nothing.
func (f *Folder) write(path string, data []byte) error {
	if err := f.put(path, data, true); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// put is write without waiting for the folder, nor for the file unless it is durable.
func (f *Folder) put(path string, data []byte, durable bool) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), tempPrefix)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil && durable {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
	}
	return err
}

const tempPrefix = ".tmp-"

// syncFolder makes a rename durable, where folders can be synchronised.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

// Retention is how long packs are kept where they are: in packs/, and in spool/ if nobody
// collects them.
type Retention struct {
	Age   time.Duration
	Count int   // of packs in each folder, the newest
	Bytes int64 // of all files in each folder, the newest; 0: DefaultBytes
}

// DefaultBytes is what hooks keep of packs at most. Whoever may push decides how many and
// how large they are, and a disk that is full refuses every push.
const DefaultBytes = 8 << 30

// DefaultRetention is that of a server whose operator said nothing.
func DefaultRetention() Retention {
	return Retention{Age: 90 * 24 * time.Hour, Count: 10_000, Bytes: DefaultBytes}
}

// stale is the age at which a half-written file, or a working folder of git, belongs to a
// process that was killed.
const stale = time.Hour

// Prune removes packs that are too old or too many, and what killed processes left
// behind. What can not be removed stays.
func (f *Folder) Prune(keep Retention) {
	f.prune("packs", keep)
	f.prune("spool", keep)
	for _, e := range f.old("tmp", stale) {
		if strings.HasPrefix(e.name, "custody-git-") {
			os.RemoveAll(filepath.Join(f.in("tmp"), e.name))
		}
	}
}

type aged struct {
	name  string
	at    time.Time
	bytes int64
}

// old lists what has not been written to for that long, oldest first.
func (f *Folder) old(folder string, age time.Duration) []aged {
	entries, err := os.ReadDir(f.in(folder))
	if err != nil {
		return nil
	}
	var all []aged
	for _, e := range entries {
		if info, err := e.Info(); err == nil && f.now().Sub(info.ModTime()) >= age {
			all = append(all, aged{e.Name(), info.ModTime(), info.Size()})
		}
	}
	slices.SortFunc(all, func(a, b aged) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.name, b.name)) })
	return all
}

func (f *Folder) prune(folder string, keep Retention) {
	var files []aged
	left := cmp.Or(keep.Bytes, DefaultBytes)
	for _, e := range f.old(folder, 0) {
		age := f.now().Sub(e.at)
		switch {
		case strings.HasPrefix(e.name, tempPrefix):
			if age >= stale {
				os.Remove(filepath.Join(f.in(folder), e.name))
			}
		case !isOurs(e.name):
		case age >= keep.Age:
			os.Remove(filepath.Join(f.in(folder), e.name))
		default:
			files = append(files, e)
			left -= e.bytes
		}
	}
	count := keep.Count
	if folder == "spool" {
		count *= 2 // a pack and what became of it
	}
	for len(files) > max(count, 2) || left < 0 && len(files) > 2 {
		os.Remove(filepath.Join(f.in(folder), files[0].name))
		left += files[0].bytes
		files = files[1:]
	}
}

// packName is the file of a pack.
func packName(digest string) string { return strings.TrimPrefix(digest, "sha256:") + ".zip" }

// isOurs says whether a file has the name of a pack or of a document of the spool.
func isOurs(name string) bool {
	digits, zip := strings.CutSuffix(name, ".zip")
	digits, doc := strings.CutSuffix(digits, ".json")
	_, err := hex.DecodeString(digits)
	return zip != doc && err == nil && len(digits) == 64
}
