// Package registry brings what package registries deliver onto this machine, for
// measurements: Debian's packages and sources, and what npm locks. Each comes once, into a
// cache folder, whole or not at all. Nothing that comes is run.
package registry

import (
	"fmt"
	"os"
	"path/filepath"
)

// cacheFolder is where what was downloaded stays.
func cacheFolder() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "custody-bench"), err
}

// kept finds a folder in the cache, and has it filled where it is not there. It appears
// whole or not at all.
func kept(kind, name string, fill func(dir string) error) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	place := filepath.Join(cache, kind, name)
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(place), ".new")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := fill(dir); err != nil {
		return "", fmt.Errorf("fetching %s: %w", name, err)
	}
	if err := os.Rename(dir, place); err != nil {
		if _, there := os.Stat(place); there == nil {
			return place, nil // somebody else was faster
		}
		return "", err
	}
	return place, nil
}
