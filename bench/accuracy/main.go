package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
)

// truths are the tools by language.
var truths = map[string]func(ctx context.Context, root string) (*truth, error){
	"go": goTruth,
}

type options struct {
	dir, language, name, version, out string
	list                              bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "C", "", "a folder with the files of one commit or package")
	flag.StringVar(&o.language, "language", "go", "which language to hold against its tool: go, python, script, java")
	flag.StringVar(&o.name, "name", "", "what to call it")
	flag.StringVar(&o.version, "version", "", "which version or commit it is")
	flag.StringVar(&o.out, "out", "", "file to write the results into; none: only print")
	flag.BoolVar(&o.list, "list", false, "print every miss and every extra with its class")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	root, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	r, err := measure(ctx, root, o.language)
	if err != nil {
		return err
	}
	r.Corpus, r.Version = o.name, o.version
	print(r, o.list)
	if o.out == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(text, '\n'), 0o644)
}

func measure(ctx context.Context, root, language string) (Result, error) {
	ask := truths[language]
	if ask == nil {
		return Result{}, fmt.Errorf("no tool for language %q", language)
	}
	t, err := ask(ctx, root)
	if err != nil {
		return Result{}, err
	}
	g, err := graphOf(ctx, root)
	if err != nil {
		return Result{}, err
	}
	r := compare(g, t)
	r.Language = language
	return r, nil
}

func print(r Result, list bool) {
	fmt.Printf("%-10s %-30s %6d files %7d edges %5d missed %6d extra, %d unexplained; recall %d, precision %d per mille (%s)\n",
		r.Language, r.Corpus, r.Files, r.Edges, r.Missed, r.Extra, r.Odd, r.Recall, r.Precise, r.Tool)
	for _, counts := range []map[string]int{r.Excused, r.Extras} {
		for _, class := range slices.Sorted(maps.Keys(counts)) {
			fmt.Printf("  %6d %s\n", counts[class], class)
		}
	}
	if list {
		for _, lines := range []struct {
			what  string
			lines []string
		}{{"missed", r.lists.missed}, {"excused", r.lists.excused}, {"extra", r.lists.extra}} {
			for _, line := range lines.lines {
				fmt.Println(" ", lines.what, line)
			}
		}
	}
}
