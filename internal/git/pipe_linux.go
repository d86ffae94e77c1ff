package git

import (
	"io"
	"os"
	"syscall"
)

// enlargePipe lets a pipe hold more. That it can not is no error.
func enlargePipe(end io.Reader) {
	f, ok := end.(*os.File)
	if !ok {
		return
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	const setPipeSize = 1031 // F_SETPIPE_SZ
	conn.Control(func(fd uintptr) { syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, widePipe) })
}
