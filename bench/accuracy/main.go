// Command accuracy holds the edges of Custody's graph against what tools say that are not
// ours: the go command, dependency-cruiser, Python's own parser, javac.
//
//	go run ./bench/accuracy                                    # the corpora of the gate
//	go run ./bench/accuracy -C DIR -language go -name a/b      # a folder of one's own
//
// What the graph lacks is a miss. What it has beyond the tool's is an extra, and has a
// class that explains it, or none. Its test is part of the gate.
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
	"strings"
)

// truths are the tools by language.
var truths = map[string]func(ctx context.Context, root string, ask question) (*truth, error){
	"go":     goTruth,
	"python": pythonTruth,
	"script": scriptTruth,
	"java":   javaTruth,
}

// A question is what a tool has to be told besides the folder.
type question struct {
	whole bool     // ask everything, however long it takes
	parse bool     // Java: compare import statements alone
	lists string   // the folder corpora/
	roots []string // Python: folders that the project puts on its path; none: the folder itself
}

type options struct {
	dir, language, name, version, out string
	lists, roots                      string
	list, fetch, parse                bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "C", "", "a folder with the files of one commit or package")
	flag.StringVar(&o.language, "language", "go", "which language to hold against its tool: go, python, script, java")
	flag.StringVar(&o.roots, "roots", "", "Python: folders that the project puts on its path, separated by spaces; none: the folder itself")
	flag.StringVar(&o.name, "name", "", "what to call it")
	flag.StringVar(&o.version, "version", "", "which version or commit it is")
	flag.StringVar(&o.out, "out", "", "file to write the results into; none: only print")
	flag.BoolVar(&o.list, "list", false, "print every miss and every extra with its class")
	flag.StringVar(&o.lists, "corpora", "bench/accuracy/corpora", "without -C: the folder that lists the corpora of the gate")
	flag.BoolVar(&o.parse, "parse", false, "Java: hold only import statements against javac's parser, where the dependencies are not there")
	flag.BoolVar(&o.fetch, "fetch", false, "only download what the gate needs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	results, err := o.results(ctx)
	if err != nil || o.fetch {
		return err
	}
	for _, r := range results {
		print(r, o.list)
	}
	if o.out == "" {
		return nil
	}
	text, err := json.MarshalIndent(results, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.out, append(text, '\n'), 0o644)
}

// results are those of one folder, or of the corpora of the gate.
func (o options) results(ctx context.Context) ([]Result, error) {
	if o.dir != "" {
		root, err := filepath.EvalSymlinks(o.dir)
		if err != nil {
			return nil, err
		}
		if root, err = filepath.Abs(root); err != nil {
			return nil, err
		}
		r, err := measure(ctx, root, o.language, question{whole: true, parse: o.parse, lists: o.lists, roots: strings.Fields(o.roots)})
		r.Corpus, r.Version = o.name, o.version
		return []Result{r}, err
	}
	var results []Result
	for _, c := range corpora {
		scratch, err := os.MkdirTemp("", "accuracy")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(scratch)
		if o.fetch {
			if _, _, err := c.place(ctx, o.lists, scratch); err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			continue
		}
		r, err := c.measure(ctx, o.lists, scratch, true)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func (c *corpus) measure(ctx context.Context, lists, scratch string, whole bool) (Result, error) {
	root, version, err := c.place(ctx, lists, scratch)
	if err != nil {
		return Result{}, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return Result{}, err
	}
	r, err := measure(ctx, root, c.language, question{whole: whole, lists: lists, roots: c.roots})
	r.Corpus, r.Version = c.name, version
	return r, err
}

func measure(ctx context.Context, root, language string, q question) (Result, error) {
	ask := truths[language]
	if ask == nil {
		return Result{}, fmt.Errorf("no tool for language %q", language)
	}
	t, err := ask(ctx, root, q)
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
