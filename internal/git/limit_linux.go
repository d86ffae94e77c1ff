package git

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// limit keeps a process, and those that it starts from now on, from writing any file of more bytes:
// whoever tries is killed; and each of them from taking more memory: none is there then. 0 is no
// limit. None leaves a core.
func limit(p *os.Process, file, memory int64) error {
	limits := map[uintptr]int64{syscall.RLIMIT_CORE: 0}
	if file > 0 {
		limits[syscall.RLIMIT_FSIZE] = file
	}
	if memory > 0 {
		limits[syscall.RLIMIT_DATA] = memory // files that are mapped to be read are no part of it
	}
	for resource, most := range limits {
		limit := syscall.Rlimit{Cur: uint64(most), Max: uint64(most)}
		if _, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(p.Pid), resource, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); errno != 0 {
			return fmt.Errorf("limiting what git may write and take: %w", errno)
		}
	}
	return nil
}
