//go:build !unix

package store

import "os"

// lockFile relies on a file that is open not being opened for writing again.
func lockFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}
