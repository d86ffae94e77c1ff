// Command custody-app is the server of the GitHub App: webhooks in, check runs and signed
// audit packs out.
//
// Exit codes: 0 when it was told to stop; 2 when the configuration, the store or GitHub's
// answer is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // whoever asks twice does not wait
	p := &process{out: os.Stdout, err: os.Stderr, env: os.Getenv, environ: os.Environ(), now: time.Now}
	if err := newRoot(p).ExecuteContext(ctx); err != nil {
		stop()
		if code, ok := errors.AsType[exitError](err); ok {
			os.Exit(int(code))
		}
		fmt.Fprintf(os.Stderr, "custody-app: %s\n", inWords(err))
		os.Exit(2)
	}
}
