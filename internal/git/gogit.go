package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// GoGit reads objects without the git command line, for machines that have none: of a
// complete SHA-1 repository with refs in files, nothing else. It gives the same answers
// as Repository, at several times the cost, and it has no history or diff to offer. It
// is safe for concurrent use.
type GoGit struct {
	mu  sync.Mutex // go-git builds its indexes lazily, without a lock
	st  *filesystem.Storage
	dir string
}

// OpenGoGit finds the repository like Open. Whatever go-git would read wrongly or only
// in part (SHA-256, a shallow or partial clone, borrowed objects, a linked work tree,
// refs in tables) is an error here.
func OpenGoGit(dir string) (*GoGit, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	gitDir, err := findGitDir(abs)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", dir, err)
	}
	st := filesystem.NewStorageWithOptions(osfs.New(gitDir), cache.NewObjectLRU(32*cache.MiByte),
		filesystem.Options{KeepDescriptors: true, LargeObjectThreshold: maxObject})
	if err := readableByGoGit(gitDir, st); err != nil {
		return nil, fmt.Errorf("opening %s without git: %w: install git", dir, err)
	}
	return &GoGit{st: st, dir: gitDir}, nil
}

// findGitDir goes up from dir.
func findGitDir(dir string) (string, error) {
	if info, err := os.Stat(dir); err != nil {
		return "", err
	} else if !info.IsDir() {
		return "", errors.New("not a folder")
	}
	for {
		if isGitDir(dir) {
			return dir, nil
		}
		dot := filepath.Join(dir, ".git")
		if isGitDir(dot) {
			return dot, nil
		}
		if b, err := os.ReadFile(dot); err == nil {
			target, ok := strings.CutPrefix(strings.TrimRight(string(b), "\r\n"), "gitdir: ")
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			if ok && isFile(filepath.Join(target, "HEAD")) {
				return target, nil
			}
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("there is no git repository here or in a folder above")
		}
		dir = up
	}
}

func isGitDir(dir string) bool {
	return isFile(filepath.Join(dir, "HEAD")) && isDir(filepath.Join(dir, "objects")) && isDir(filepath.Join(dir, "refs"))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func readableByGoGit(gitDir string, st *filesystem.Storage) error {
	for _, x := range []struct{ file, what string }{
		{"commondir", "it is a linked work tree"},
		{"shallow", "its history is cut (shallow)"},
		{"objects/info/alternates", "it borrows objects from another repository"},
		{"reftable/tables.list", "its refs are in tables"},
	} {
		if info, err := os.Stat(filepath.Join(gitDir, x.file)); err == nil && info.Size() > 0 {
			return errors.New(x.what)
		}
	}
	// A bare repository that was never configured may have no config.
	cfg, err := st.Config()
	if err != nil {
		return fmt.Errorf("its configuration can not be read: %w", err)
	}
	for _, o := range cfg.Raw.Section("extensions").Options {
		switch key := strings.ToLower(o.Key); {
		case key == "objectformat" && o.Value == "sha1", key == "refstorage" && o.Value == "files":
		case key == "noop", key == "noop-v1", key == "preciousobjects", key == "worktreeconfig":
		default:
			return fmt.Errorf("it has the extension %s = %q", o.Key, o.Value)
		}
	}
	for _, remote := range cfg.Raw.Section("remote").Subsections {
		if remote.HasOption("promisor") || remote.HasOption("partialclonefilter") {
			return errors.New("it is a partial clone")
		}
	}
	return nil
}

// CommonDir is the git directory, as Repository has it.
func (g *GoGit) CommonDir() string { return g.dir }

// Close gives back the open pack files.
func (g *GoGit) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.st.Close()
}

// Commit implements Reader.
func (g *GoGit) Commit(ctx context.Context, id OID) (*Commit, error) {
	data, err := g.object(ctx, id, plumbing.CommitObject, maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", id, err)
	}
	return parseCommit(id, data)
}

// Tree implements Reader.
func (g *GoGit) Tree(ctx context.Context, id OID) ([]Entry, error) {
	data, err := g.object(ctx, id, plumbing.TreeObject, maxObject)
	if err != nil {
		return nil, fmt.Errorf("reading tree %s: %w", id, err)
	}
	return parseTree(id, data)
}

// Blob implements Reader.
func (g *GoGit) Blob(ctx context.Context, id OID, limit int64) ([]byte, error) {
	data, err := g.object(ctx, id, plumbing.BlobObject, limit)
	if err != nil {
		return nil, fmt.Errorf("reading blob %s: %w", id, err)
	}
	return data, nil
}

func (g *GoGit) object(ctx context.Context, id OID, kind plumbing.ObjectType, limit int64) (data []byte, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(id.Bytes()) != 20 || id.IsZero() {
		return nil, ErrMissing
	}
	hash := plumbing.Hash(id.Bytes())
	g.mu.Lock()
	defer g.mu.Unlock()
	// go-git was not written for damaged packs, and a panic must not end a server.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: it is damaged: go-git: %v", ErrMissing, p)
		}
	}()
	size, err := g.st.EncodedObjectSize(hash)
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		if id == EmptyTree("sha1") && kind == plumbing.TreeObject {
			return nil, nil
		}
		return nil, ErrMissing
	}
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	if limit >= 0 && size > limit {
		return nil, &TooLargeError{ID: id, Size: size, Limit: limit}
	}
	obj, err := g.st.EncodedObject(plumbing.AnyObject, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	if kind != plumbing.AnyObject && obj.Type() != kind {
		return nil, fmt.Errorf("it is a %s, not a %s", obj.Type(), kind)
	}
	r, err := obj.Reader()
	if err != nil {
		return nil, fmt.Errorf("%w: it is damaged: %w", ErrMissing, err)
	}
	defer r.Close()
	data, err = io.ReadAll(io.LimitReader(r, size+1))
	if err != nil || int64(len(data)) != size {
		return nil, fmt.Errorf("%w: it is damaged: %d bytes instead of %d: %w", ErrMissing, len(data), size, err)
	}
	return data, nil
}
