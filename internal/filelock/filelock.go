// Package filelock has files that one process holds at a time, for folders that are for one.
package filelock

import (
	"errors"
	"fmt"
	"os"
)

// ErrHeld says that another process holds a file.
var ErrHeld = errors.New("another process holds it")

// Hold makes a file at path if there is none, and holds it until it is closed, or this process
// ends. The error is ErrHeld where another process does, or this one does already.
func Hold(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := hold(f); err != nil {
		return nil, fmt.Errorf("holding %s: %w", path, errors.Join(err, f.Close()))
	}
	return f, nil
}
