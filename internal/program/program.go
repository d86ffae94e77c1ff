// Package program says which program this is, for packs, caches and those who ask.
package program

import (
	"fmt"
	"os"
	"runtime/debug"
)

// Version is the module's version, or the commit that the program was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, dirty := info.Main.Version, ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && (v == "" || v == "(devel)"):
			v = "devel-" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+modified"
		}
	}
	return v + dirty
}

// Build tells this build from any other that may read a tree differently: two of one
// version differ in their file. It is empty when that can not be told.
func Build() string {
	file, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(file)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s %d %d", Version(), info.Size(), info.ModTime().UnixNano())
}
