// Command custody reviews a change of a git repository: what it reaches, who or what
// wrote it, which requirements and rules it meets. It answers with an exit code and a
// signed audit pack.
//
// Exit codes: 0 pass, 1 fail, 3 incomplete; 2 when the command, the configuration or
// the repository is wrong and nothing was judged. Commands that only print facts
// answer 0 when they printed them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(Main())
}

// Main runs the command line of this process and returns its exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], thisProcess())
}
