package git

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// limitFiles keeps a process, and those that it starts from now on, from writing any file of
// more bytes: whoever tries is killed, and leaves no core.
func limitFiles(p *os.Process, bytes int64) error {
	for resource, most := range map[uintptr]uint64{syscall.RLIMIT_FSIZE: uint64(bytes), syscall.RLIMIT_CORE: 0} {
		limit := syscall.Rlimit{Cur: most, Max: most}
		if _, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(p.Pid), resource, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); errno != 0 {
			return fmt.Errorf("limiting what git may write: %w", errno)
		}
	}
	return nil
}
