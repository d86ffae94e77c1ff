package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Debian delivers Python packages as they are installed, and the sources of both Python
// and Java projects. Its archive is asked through apt-get, with lists and a cache of our
// own: nothing is installed, and nobody has to be root.

// DebianPackage finds what a binary package installs: folder is the path in it.
func DebianPackage(ctx context.Context, name, folder string) (string, error) {
	root, err := kept("debian", name, func(dir string) error {
		a, err := openArchive(ctx)
		if err != nil {
			return err
		}
		defer a.close()
		if _, err := a.apt(ctx, "download", name); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(a.dir, name+"_*.deb"))
		if err != nil || len(files) != 1 {
			return errors.Join(err, fmt.Errorf("apt-get download %s left %d files", name, len(files)))
		}
		_, err = Output(ctx, a.dir, nil, "dpkg-deb", "-x", files[0], dir)
		return err
	})
	return filepath.Join(root, folder), err
}

// DebianSource finds the sources of a project as their authors released them, without
// what Debian changes.
func DebianSource(ctx context.Context, name string) (string, error) {
	return kept("debian-source", name, func(dir string) error {
		a, err := openArchive(ctx)
		if err != nil {
			return err
		}
		defer a.close()
		if _, err := a.apt(ctx, "source", "--download-only", name); err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(a.dir, "*.orig.tar.*[^c]")) // no signature
		if err != nil || len(files) != 1 {
			return errors.Join(err, fmt.Errorf("apt-get source %s left %d archives", name, len(files)))
		}
		_, err = Output(ctx, a.dir, nil, "tar", "-x", "-f", files[0], "-C", dir, "--strip-components=1", "--no-same-owner")
		return err
	})
}

// An archive is Debian's, of the release that this machine runs.
type archive struct {
	options []string
	dir     string // where downloads go
}

// close takes away what was downloaded.
func (a *archive) close() { os.RemoveAll(a.dir) }

// openArchive brings the lists of packages into a folder of their own, once.
func openArchive(ctx context.Context) (*archive, error) {
	cache, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	lists := filepath.Join(cache, "apt")
	dir, err := os.MkdirTemp("", "registry")
	if err != nil {
		return nil, err
	}
	a := &archive{dir: dir, options: []string{
		"-q",
		"-o", "Dir::Etc::sourcelist=" + filepath.Join(lists, "sources.list"),
		"-o", "Dir::Etc::sourceparts=-",
		"-o", "Dir::State::lists=" + filepath.Join(lists, "lists"),
		"-o", "Dir::Cache=" + filepath.Join(lists, "cache"),
		"-o", "APT::Sandbox::User=",
	}}
	if _, err := os.Stat(filepath.Join(lists, "ready")); err == nil {
		return a, nil
	}
	sources, err := debianMirror(ctx)
	if err != nil {
		return nil, err
	}
	for _, folder := range []string{"lists/partial", "cache/archives/partial"} {
		if err := os.MkdirAll(filepath.Join(lists, folder), 0o700); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(lists, "sources.list"), []byte(sources), 0o600); err != nil {
		return nil, err
	}
	if _, err := a.apt(ctx, "update"); err != nil {
		return nil, err
	}
	return a, os.WriteFile(filepath.Join(lists, "ready"), nil, 0o600)
}

// debianMirror is a sources.list of binary packages and sources, from where this machine
// gets its own.
func debianMirror(ctx context.Context) (string, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", err
	}
	code := ""
	for line := range bytes.Lines(release) {
		if name, ok := bytes.CutPrefix(bytes.TrimSpace(line), []byte("VERSION_CODENAME=")); ok {
			code = string(name)
		}
	}
	targets, err := Output(ctx, ".", nil, "apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(targets)) {
		if f := strings.Fields(line); len(f) == 3 && f[1] == code && f[2] == "main" {
			at := strings.Join(f, " ")
			return "deb " + at + "\ndeb-src " + at + "\n", nil
		}
	}
	return "", fmt.Errorf("apt-get knows no archive of %q: this takes a Debian", code)
}

func (a *archive) apt(ctx context.Context, args ...string) ([]byte, error) {
	return Output(ctx, a.dir, nil, append(append([]string{"apt-get"}, a.options...), args...)...)
}
