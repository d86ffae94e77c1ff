package git

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// same says whether two locations are of one repository, in which the same commands see the
// same objects.
func (l location) same(m location) bool {
	return l.dir == m.dir && l.common == m.common && l.format == m.format
}

// expect opens the repository that is most likely meant before git has said so, and starts
// what reading a change takes: processes take some milliseconds to start, and are of use as
// soon as git answers. Nobody asks them anything before git has named the same place, and
// they run where nothing but objects counts. It is nil where that is not worth a try.
func (p *program) expect(dir string, o options) *Repository {
	if !o.comparing || o.temp != nil { // who makes a folder does so where git says
		return nil
	}
	loc, ok := guess(dir)
	if !ok {
		return nil
	}
	r, err := p.at(dir, loc, o)
	if err != nil {
		return nil // to be met again
	}
	r.expectToCompare()
	return r
}

// expectToCompare begins to start the process that compares, which is as good as started for
// whoever needs it.
func (r *Repository) expectToCompare() {
	started := make(chan struct{})
	r.starting = started
	go func() {
		defer close(started)
		d := differ{r: r, lim: DefaultDiffLimits()}
		if c, err := d.startComparer(r.git.early); err == nil { // else it is met again
			r.mu.Lock()
			r.comparer = c
			r.mu.Unlock()
		}
	}()
}

func (r *Repository) awaitComparer() {
	if r.starting != nil {
		<-r.starting
	}
}

// maxGuessed bounds the configuration that guess looks at.
const maxGuessed = 64 << 10

// guess finds a bare repository, or the git directory of a work tree, right at dir. Of what
// may be different it looks at nothing: git knows.
func guess(dir string) (location, bool) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return location{}, false
	}
	for _, at := range []string{filepath.Join(real, ".git"), real} {
		if !isFolder(filepath.Join(at, "objects")) || !isFolder(filepath.Join(at, "refs")) {
			continue
		}
		config := filepath.Join(at, "config")
		info, err := os.Lstat(config)
		if err == nil && info.Mode().IsRegular() && info.Size() <= maxGuessed {
			var text []byte
			text, err = os.ReadFile(config)
			if bytes.Contains(bytes.ToLower(text), []byte("objectformat")) {
				return location{}, false
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return location{}, false
		}
		return location{dir: at, common: at, format: "sha1"}, true
	}
	return location{}, false
}

func isFolder(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.IsDir()
}
