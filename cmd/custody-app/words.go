package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"syscall"
)

// inWords is an error on one line, for whoever runs the server: what the system says of a
// file or an address names the call that failed, and the driver of a database says the same
// of each address.
func inWords(err error) string {
	s := err.Error()
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path.Op == "open":
			s = strings.Replace(s, path.Error(), fmt.Sprintf("there is no file %s", path.Path), 1)
		case errors.Is(err, fs.ErrPermission):
			s = strings.Replace(s, path.Error(), fmt.Sprintf("this user may not %s %s", path.Op, path.Path), 1)
		case errors.Is(err, syscall.EISDIR):
			s = strings.Replace(s, path.Error(), fmt.Sprintf("%s is a folder: name a file in it", path.Path), 1)
		}
	}
	if listen, ok := errors.AsType[*net.OpError](err); ok && listen.Op == "listen" && errors.Is(err, syscall.EADDRINUSE) {
		s = fmt.Sprintf("listen: another program serves on %s: stop it, or name another address", listen.Addr)
	}
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
