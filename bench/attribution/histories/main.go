//go:build unix

// Command histories holds custody's answer for every commit of real repositories
// against a reference that was written apart from it, and counts, with a judgement on
// each commit where they differ, how much visible attribution is found and
// how much of what is found is attribution.
package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "histories:", err)
		os.Exit(1)
	}
}

func run(args []string, w io.Writer) error {
	flags := flag.NewFlagSet("histories", flag.ContinueOnError)
	custody := flags.String("custody", "bin/custody", "measure the program at `FILE`")
	file := flags.String("judged", "bench/attribution/histories/judged.csv", "what was judged of commits where the two differ: a `FILE`")
	out := flags.String("out", "", "write the result into `FILE`")
	list := flags.Bool("list", false, "print every distinct line that both take for attribution, to be read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("name folders of repositories")
	}
	judged, err := readJudged(*file)
	if err != nil {
		return err
	}
	result := Result{}
	agreed := map[string]int{}
	var unjudged []Row
	for _, dir := range flags.Args() {
		r, rows, err := compare(*custody, dir, judged, agreed)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		result.Repositories = append(result.Repositories, r)
		unjudged = append(unjudged, rows...)
	}
	if *list {
		for _, line := range sortedKeys(agreed) {
			fmt.Fprintf(w, "%6d  %s\n", agreed[line], line)
		}
		return nil
	}
	result.add()
	if err := result.show(w); err != nil {
		return err
	}
	if len(unjudged) > 0 {
		c := csv.NewWriter(w)
		fmt.Fprintln(w, "\nto be judged (attribution or none) and added to", *file+":")
		for _, r := range unjudged {
			c.Write([]string{r.Repository, r.SHA, r.Side, r.What, "", ""})
		}
		c.Flush()
		return fmt.Errorf("%d commits are not judged", len(unjudged))
	}
	if *out == "" {
		return nil
	}
	text, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o644)
}

// A Row is one commit where the two differ, and what was judged of it. bench/README.md
// says how they were read.
type Row struct {
	Repository, SHA string
	Side            string // who says that an agent took part: "custody", "reference" or "both"
	What            string // the line that says so, nothing else of the message
	Judgement, Why  string // "attribution" or "none"
}

func readJudged(file string) (map[string]Row, error) {
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		return map[string]Row{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	out := map[string]Row{}
	for i, r := range rows {
		if i == 0 || len(r) != 6 {
			continue
		}
		if r[4] != "attribution" && r[4] != "none" || r[5] == "" {
			return nil, fmt.Errorf("%s: line %d has no judgement, or no why", file, i+1)
		}
		out[r[0]+" "+r[1]] = Row{r[0], r[1], r[2], r[3], r[4], r[5]}
	}
	return out, nil
}

// A Result is what bench/results keeps.
type Result struct {
	Repositories []Repository `json:"repositories"`
	Commits      int          `json:"commits"`
	True         int          `json:"true"`   // custody says so, and it is
	False        int          `json:"false"`  // custody says so, and it is not
	Missed       int          `json:"missed"` // it is, and custody does not say so
	Recall       Share        `json:"recall"`
	Precision    Share        `json:"precision"`
}

// A Repository is one of them.
type Repository struct {
	Name      string `json:"name"`
	Head      string `json:"head"`
	Commits   int    `json:"commits"`
	Custody   int    `json:"custody"`   // commits in which agents took part, as custody says
	Reference int    `json:"reference"` // candidates of the reference
	Both      int    `json:"both"`
	True      int    `json:"true"`
	False     int    `json:"false"`
	Missed    int    `json:"missed"`
}

// A Share is in per cent, with the ends of its 95 % interval (Wilson).
type Share struct {
	Percent float64 `json:"percent"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

func wilson(n, all int) Share {
	if all == 0 {
		return Share{}
	}
	const z = 1.959964
	p, a := float64(n)/float64(all), float64(all)
	mid := (p + z*z/(2*a)) / (1 + z*z/a)
	half := z / (1 + z*z/a) * math.Sqrt(p*(1-p)/a+z*z/(4*a*a))
	r := func(f float64) float64 { return math.Round(f*10000) / 100 }
	return Share{r(p), r(max(0, mid-half)), r(min(1, mid+half))}
}

func (r *Result) add() {
	for _, one := range r.Repositories {
		r.Commits += one.Commits
		r.True += one.True
		r.False += one.False
		r.Missed += one.Missed
	}
	r.Recall, r.Precision = wilson(r.True, r.True+r.Missed), wilson(r.True, r.True+r.False)
}

func (r *Result) show(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "repository\tcommits\tcustody\treference\tboth\ttrue\tfalse\tmissed\t")
	for _, one := range r.Repositories {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", one.Name, one.Commits, one.Custody, one.Reference, one.Both, one.True, one.False, one.Missed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d commits; recall %.2f %% (%.2f to %.2f), precision %.2f %% (%.2f to %.2f)\n", r.Commits,
		r.Recall.Percent, r.Recall.Low, r.Recall.High, r.Precision.Percent, r.Precision.Low, r.Precision.High)
	return err
}

// compare asks both about every commit of a repository.
func compare(custody, dir string, judged map[string]Row, agreed map[string]int) (Repository, []Row, error) {
	r := Repository{Name: name(dir)}
	ours, err := ask(custody, dir)
	if err != nil {
		return r, nil, err
	}
	var unjudged []Row
	err = eachCommit(dir, func(f []string) error {
		sha := f[0]
		if r.Commits++; r.Commits == 1 {
			r.Head = sha
		}
		signals := reference(f[1], f[2], f[3], f[4], f[5])
		detail, said := ours[sha]
		if said {
			r.Custody++
		}
		if len(signals) > 0 {
			r.Reference++
		}
		row := Row{Repository: r.Name, SHA: sha}
		j, ok := judged[r.Name+" "+sha]
		switch {
		case said && len(signals) > 0:
			r.Both++
			agreed[detail]++
			if ok && j.Judgement == "none" { // both are wrong
				r.False++
			} else {
				r.True++
			}
			return nil
		case said:
			row.Side, row.What = "custody", detail
		case len(signals) > 0:
			row.Side, row.What = "reference", signals[0].source+": "+signals[0].text
		default:
			return nil
		}
		switch {
		case !ok:
			unjudged = append(unjudged, row)
		case j.Judgement == "attribution" && said:
			r.True++
		case j.Judgement == "attribution":
			r.Missed++
		case said:
			r.False++
		}
		return nil
	})
	return r, unjudged, err
}

// name is the folder that says what the repository is, "owner+name".
func name(dir string) string {
	base := strings.TrimSuffix(filepath.Base(dir), ".git")
	if base == "" || base == "repo" {
		base = filepath.Base(filepath.Dir(dir))
	}
	return base
}

// visible are the sources that everybody sees in git log. What notes and signatures say
// is not the reference's to know.
var visible = []string{"author", "committer", "trailer", "message"}

// ask is what custody says: the commits in which agents took part, with what says so.
func ask(custody, dir string) (map[string]string, error) {
	cmd := exec.Command(custody, "-C", dir, "attest", "--history", "--format", "json")
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("asking custody: %w", err)
	}
	var doc struct {
		Commits []struct {
			SHA      string
			Evidence []struct{ Source, Strength, Class, Detail string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("reading what custody printed: %w", err)
	}
	out := map[string]string{}
	for _, c := range doc.Commits {
		for _, e := range c.Evidence {
			if _, had := out[c.SHA]; !had && strings.HasPrefix(e.Class, "ai-") && e.Strength != "F" && slices.Contains(visible, e.Source) {
				out[c.SHA] = e.Source + ": " + e.Detail
			}
		}
	}
	return out, nil
}

// eachCommit reads id, author, committer and message of every commit.
func eachCommit(dir string, fn func([]string) error) error {
	cmd := exec.Command("git", "-c", "safe.directory=*", "-C", dir, "log", "--format=%H%x00%an%x00%ae%x00%cn%x00%ce%x00%B%x00", "HEAD")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_NO_LAZY_FETCH=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	in := bufio.NewReaderSize(out, 1<<20)
	var fields []string
	for {
		f, err := in.ReadString(0)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		fields = append(fields, strings.TrimSuffix(f, "\x00"))
		if len(fields) == 6 {
			fields[0] = strings.TrimPrefix(fields[0], "\n")
			if err := fn(fields); err != nil {
				cmd.Process.Kill()
				cmd.Wait()
				return err
			}
			fields = fields[:0]
		}
	}
	return cmd.Wait()
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
	return keys
}
