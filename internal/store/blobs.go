package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Blobs keep packs by their digest, "sha256:" and hex. What is kept is never changed.
type Blobs interface {
	// Put returns when the blob is on the disk, or was there before. One that is damaged is replaced.
	Put(ctx context.Context, digest string, data []byte) error
	// Get gives ErrNotFound for what is not there, or not whole, and never bytes of another digest.
	Get(ctx context.Context, digest string) ([]byte, error)
}

// OpenBlobs opens the place at an address: file:///absolute/folder.
func OpenBlobs(address string) (Blobs, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the blobs is no URL")
	}
	if u.Scheme != "file" || u.Host != "" || !filepath.IsAbs(u.Path) {
		return nil, fmt.Errorf("the blobs: write file:///absolute/folder instead of %q", u.Scheme+"://...")
	}
	if err := os.MkdirAll(u.Path, 0o700); err != nil {
		return nil, fmt.Errorf("opening the blobs: %w", err)
	}
	return folder(u.Path), nil
}

// A folder keeps each blob in a file, ab/abcdef....zip.
type folder string

func (f folder) path(digest string) (string, error) {
	hexa, ok := strings.CutPrefix(digest, "sha256:")
	if _, err := hex.DecodeString(hexa); !ok || err != nil || len(hexa) != 64 || strings.ToLower(hexa) != hexa {
		return "", fmt.Errorf("%.80q is no digest", digest)
	}
	return filepath.Join(string(f), hexa[:2], hexa+".zip"), nil
}

func (f folder) Put(_ context.Context, digest string, data []byte) error {
	path, err := f.path(digest)
	if err != nil {
		return err
	}
	if digestOf(data) != digest {
		return errors.New("keeping a blob: it has another digest")
	}
	if there, err := os.ReadFile(path); err == nil && digestOf(there) == digest {
		return nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keeping a blob: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".tmp-")
	if err != nil {
		return fmt.Errorf("keeping a blob: %w", err)
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name())
		return fmt.Errorf("keeping a blob: %w", err)
	}
	for _, d := range []string{dir, string(f)} { // the file's name, and its folder's
		if err := syncFolder(d); err != nil {
			return fmt.Errorf("keeping a blob: %w", err)
		}
	}
	return nil
}

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

func (f folder) Get(_ context.Context, digest string) ([]byte, error) {
	path, err := f.path(digest)
	if err != nil {
		return nil, ErrNotFound
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading a blob: %w", err)
	}
	if digestOf(data) != digest {
		return nil, fmt.Errorf("reading a blob: %s is damaged: %w", path, ErrNotFound)
	}
	return data, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
