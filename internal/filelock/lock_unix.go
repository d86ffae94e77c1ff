//go:build unix

package filelock

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// hold waits for a moment: a program that was about to be run when somebody let go of the file may
// hold it for as long.
func hold(f *os.File) (err error) {
	for range 10 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
