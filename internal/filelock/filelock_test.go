package filelock_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"custody/internal/filelock"
)

// A file is held by one at a time, until it is closed or its process is killed.
func TestHold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if file := os.Getenv("CUSTODY_HOLD"); file != "" {
		f, err := filelock.Hold(file)
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("held\n")
		io.Copy(io.Discard, os.Stdin) // which does not end
		f.Close()
		return
	}
	f, err := filelock.Hold(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Hold(path); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("a second time: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0], "-test.run=TestHold$")
	other.Env = append(os.Environ(), "CUSTODY_HOLD="+path)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Hold(path); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("beside another process: %v", err)
	}
	other.Process.Kill()
	other.Wait()
	if f, err = filelock.Hold(path); err != nil {
		t.Fatalf("once the other process is dead: %v", err)
	}
	f.Close()
}
