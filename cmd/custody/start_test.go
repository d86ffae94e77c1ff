package main

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A hook starts for every push, so nothing that a command may never use is made at the
// start. What a package allocates while it initialises hardly changes between runs;
// how long that takes does, and shows only the gross.
const (
	ownBytes   = 9_000  // by a package of ours; a regular expression with {64} is three times that
	otherBytes = 64_000 // by a package of others
	allBytes   = 260_000
	initMillis = 1.0 // by any package, in the best of some runs
)

// TestStart holds what the packages of custody do before main is reached.
func TestStart(t *testing.T) {
	best := map[string]float64{}
	var packages []initialised
	program := filepath.Join(t.TempDir(), "custody")
	// As make builds it. The test binary links more than the program, some of it slow.
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", program, ".")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for range 5 {
		packages = inits(t, program)
		for _, p := range packages {
			if ms, ok := best[p.name]; !ok || p.millis < ms {
				best[p.name] = p.millis
			}
		}
	}
	ours, all := 0, 0
	for _, p := range packages {
		limit := otherBytes
		if p.name == "main" || strings.HasPrefix(p.name, "custody/") {
			limit = ownBytes
			ours++
		}
		if p.bytes > limit {
			t.Errorf("%s allocates %d bytes while it initialises, at most %d are expected: make its tables and expressions at their first use (sync.OnceValue)", p.name, p.bytes, limit)
		}
		if best[p.name] > initMillis {
			t.Errorf("%s takes %.2f ms to initialise, at most %.0f are allowed", p.name, best[p.name], initMillis)
		}
		all += p.bytes
	}
	if ours < 10 {
		t.Fatalf("only %d packages of ours seen", ours)
	}
	if all > allBytes {
		t.Errorf("all packages allocate %d bytes while they initialise, at most %d are expected", all, allBytes)
	}
}

// An initialised package, as GODEBUG=inittrace=1 tells of it.
type initialised struct {
	name   string
	millis float64
	bytes  int
}

// inits starts the program and reads its trace.
func inits(t *testing.T, program string) (packages []initialised) {
	t.Helper()
	cmd := exec.Command(program, "version")
	cmd.Env = append(cmd.Environ(), "GODEBUG=inittrace=1")
	var trace strings.Builder
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, trace.String())
	}
	for line := range strings.Lines(trace.String()) {
		// init NAME @2.6 ms, 0.23 ms clock, 48248 bytes, 684 allocs
		f := strings.Fields(line)
		if len(f) != 11 || f[0] != "init" {
			continue
		}
		millis, err := strconv.ParseFloat(f[4], 64)
		bytes, err2 := strconv.Atoi(f[7])
		if err != nil || err2 != nil {
			t.Fatalf("unknown line of the trace: %q", line)
		}
		packages = append(packages, initialised{f[1], millis, bytes})
	}
	return packages
}
