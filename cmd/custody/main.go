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
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(Main(collectLater()))
}

// Main runs the command line of this process and returns its exit code. Without garbage,
// garbage is collected as usual.
func Main(garbage *collection) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever asks twice does not wait
	// Whoever reads our output may stop early. That is a failed write like any other,
	// not a death without a word: nobody got the answer. Git still dies of it.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	p := thisProcess()
	p.garbage = garbage
	out := &output{to: p.out}
	p.out = out
	code := run(ctx, os.Args[1:], p)
	if out.failed != nil && code != exitUsage {
		fmt.Fprintf(p.err, "custody: not everything could be printed: %v\n", out.failed)
		return exitUsage
	}
	return code
}

// output remembers that a write failed, so that no command has to ask each time: an
// answer that nobody could read whole is none.
type output struct {
	to     io.Writer
	failed error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if err != nil && o.failed == nil {
		o.failed = err
	}
	return n, err
}
