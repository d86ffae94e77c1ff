// Package private reads files that nobody but their owner may read: keys, secrets, salts.
package private

import (
	"fmt"
	"io"
	"os"
	"runtime"
)

// Read reads a file. It is an error that others may read it, with what to do about it, or
// that it has more than limit bytes.
func Read(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name a file in it", file)
	}
	// Windows has no such mode: what Go says there is made up.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s can be read by others (mode %04o): chmod 600 %s", file, mode, file)
	}
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", file, limit)
	}
	return text, nil
}
