package main

import (
	"os"
	"runtime"
	"strings"
	"syscall"
)

// useLargePages lets so many bytes of the heap come in large pages, as they are needed.
// Go's runtime asks for none. So the memory is allocated and, without a byte of it being
// touched, marked and given back to the heap, which takes from there first.
func useLargePages(bytes int) {
	if !pagesOnRequest() || !plentyOfAddresses() {
		return
	}
	heap := make([]byte, bytes)
	_ = syscall.Madvise(heap, syscall.MADV_HUGEPAGE) // a wish: without it all is as it was
	runtime.KeepAlive(heap)
	runtime.GC()
}

// pagesOnRequest says whether the system gives large pages to those who ask, and to
// nobody else.
func pagesOnRequest() bool {
	text, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && strings.Contains(string(text), "[madvise]")
}

// plentyOfAddresses says whether memory can be allocated that is not used: not where
// addresses are limited, nor where all that is allocated has to be there.
func plentyOfAddresses() bool {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil || limit.Cur != ^uint64(0) {
		return false
	}
	text, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	return err == nil && strings.TrimSpace(string(text)) != "2"
}
