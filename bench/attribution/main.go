//go:build unix

// Command attribution asks about every case of the labelled corpus who wrote it, and
// prints how many of the commits by agents were found (recall) and how many of those
// found are by agents (precision).
//
// The cases are made by git, ssh-keygen and gpg in a temporary folder, and answered by
// the pipeline itself. Its test is the gate: no case that was right may become wrong.
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"text/tabwriter"

	"custody/attestation/corpus"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measure(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "attribution:", err)
		os.Exit(1)
	}
}

func measure(ctx context.Context, w io.Writer) error {
	answers, err := ask(ctx, corpus.All())
	if err != nil {
		return err
	}
	return write(w, answers)
}

// A score counts answers.
type score struct {
	cases, exact       int // exact: every label holds
	found, missed, bad int // commits by agents that were found, were not; others that were taken for one
}

func (s *score) add(a *answer) {
	s.cases++
	if len(a.wrong) == 0 {
		s.exact++
	}
	switch is, said := a.want.IsAI(), a.saidAI; {
	case is && said:
		s.found++
	case is:
		s.missed++
	case said:
		s.bad++
	}
}

func write(w io.Writer, answers []answer) error {
	scores := map[string]*score{}
	all := &score{}
	for i := range answers {
		a := &answers[i]
		if scores[a.want.Source] == nil {
			scores[a.want.Source] = &score{}
		}
		scores[a.want.Source].add(a)
		all.add(a)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "source\tcases\tall labels right\trecall\tprecision")
	line := func(name string, s *score) {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\n", name, s.cases, s.exact, of(s.found, s.found+s.missed), of(s.found, s.found+s.bad))
	}
	for _, source := range slices.Sorted(maps.Keys(scores)) {
		line(source, scores[source])
	}
	line("all", all)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, a := range answers {
		for _, wrong := range a.wrong {
			fmt.Fprintf(w, "\n%s: %s (%s)\n", a.want.Name, wrong, cmp.Or(a.want.Why, "no why"))
		}
	}
	return nil
}

// of is n of all in per cent.
func of(n, all int) string {
	if all == 0 {
		return "-"
	}
	return fmt.Sprintf("%d/%d = %d.%d %%", n, all, n*100/all, n*1000/all%10)
}
