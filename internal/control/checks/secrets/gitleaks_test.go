package secrets

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"custody/internal/control/checks/checkstest"
	"custody/internal/git/gittest"
)

const (
	gitleaksVersion = "v8.30.1"
	frozen          = "testdata/gitleaks-" + gitleaksVersion + ".txt"
)

// A made file: texts that rules match, nearly match, and ordinary code.
type made struct{ path, text string }

// corpus makes the same files on every machine, each times for a rule.
func corpus(each int) []made {
	var files []made
	for i, r := range Default().rules {
		if r.Regex == "" {
			continue
		}
		s := sampler{rand.New(rand.NewPCG(uint64(i), 7))}
		for k := range each {
			name := fmt.Sprintf("src/%s-%d.txt", r.ID, k)
			for _, special := range []string{"a.php", "main.tf", "a.hcl", "a.yaml", "nuget.config", "a.bb"} {
				if r.ready() == nil && r.path != nil && r.path.MatchString(special) {
					name = fmt.Sprintf("src/%s-%d/%s", r.ID, k, special)
				}
			}
			var b strings.Builder
			for n := range 12 {
				sample := s.text(r.Regex)
				switch (n + k) % 8 {
				case 1:
					sample = strings.ToUpper(sample)
				case 2:
					sample = s.spoil(sample)
				case 3:
					sample = `x := "` + sample + `" // ` + s.text(`[a-z]{3,9} [a-z]{3,9}`)
				case 4:
					sample = "key = '" + sample + "'; " + s.text(r.Regex)
				case 5:
					sample = strings.Replace(sample, s.text(`[a-z0-9]`), "example", 1)
				case 6:
					sample = sample + sample
				case 7:
					sample = s.text(`[a-z ]{0,60}`) + sample + s.text(`[a-z ]{0,60}`)
				}
				b.WriteString(sample)
				b.WriteString("\n")
				if s.IntN(3) > 0 {
					b.WriteString(s.text(`(if|for|return|password|api_key|token)[ =:(]{1,3}["']?[a-zA-Z0-9+/_-]{4,40}["';) ]{0,3}`) + "\n")
				}
			}
			files = append(files, made{name, b.String()})
		}
	}
	return files
}

func (s sampler) spoil(text string) string {
	b := []byte(text)
	for range 1 + s.IntN(3) {
		if len(b) == 0 {
			break
		}
		switch i := s.IntN(len(b)); s.IntN(3) {
		case 0:
			b[i] = byte(' ' + s.IntN('~'-' '))
		case 1:
			b = slices.Delete(b, i, i+1)
		default:
			b = slices.Insert(b, i, byte(' '+s.IntN('~'-' ')))
		}
	}
	return string(b)
}

// ours lists what our engine finds, one line each: path, line, rule.
func ours(t testing.TB, files []made) []string {
	var lines []string
	budget := &Budget{math.MaxInt64}
	for _, f := range files {
		hits, err := Default().Scan(f.path, []byte(f.text), budget)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			lines = append(lines, fmt.Sprintf("%s:%d %s", f.path, h.Start+1, h.Rule.ID))
		}
	}
	slices.Sort(lines)
	return lines
}

// TestLikeGitleaks holds what our engine finds in a corpus against what gitleaks finds,
// frozen as places and rules. CUSTODY_SLOW=1 builds gitleaks and asks it anew, and about
// a larger corpus.
func TestLikeGitleaks(t *testing.T) {
	files := corpus(2)
	if os.Getenv("CUSTODY_SLOW") != "" {
		program := buildGitleaks(t)
		more := corpus(8)
		compare(t, more, gitleaks(t, program, more), ours(t, more))
		text := digest(files) + "\n" + short(gitleaks(t, program, files))
		if *checkstest.Update {
			if err := os.WriteFile(frozen, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(frozen); err != nil || string(got) != text {
			t.Errorf("%s is not what gitleaks finds today (%v): run with -update", frozen, err)
		}
	}
	src, err := os.ReadFile(frozen)
	if err != nil {
		t.Fatal(err)
	}
	sum, rest, _ := strings.Cut(string(src), "\n")
	if sum != digest(files) {
		t.Fatalf("the corpus is not the one that gitleaks was asked about: run with CUSTODY_SLOW=1 and -update")
	}
	want := strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	compare(t, files, want, strings.Split(strings.TrimSuffix(short(ours(t, files)), "\n"), "\n"))
	if rules := Default().rules; len(want) < len(rules) {
		t.Errorf("gitleaks finds secrets in only %d files: the corpus tries little", len(want))
	}
}

func compare(t *testing.T, files []made, want, got []string) {
	t.Helper()
	missed, more := without(want, got), without(got, want)
	t.Logf("%d files: gitleaks finds %d, we find %d", len(files), len(want), len(got))
	if len(missed)+len(more) > 0 {
		t.Errorf("%d are missed, such as\n%s\n%d are found besides, such as\n%s", len(missed), strings.Join(missed[:min(20, len(missed))], "\n"),
			len(more), strings.Join(more[:min(20, len(more))], "\n"))
	}
}

// short writes a line for each file, with the lines of each rule.
func short(found []string) string {
	type key struct{ path, rule string }
	var keys []key
	lines := map[key][]int{}
	for _, f := range found {
		place, rule, _ := strings.Cut(f, " ")
		i := strings.LastIndexByte(place, ':')
		n, _ := strconv.Atoi(place[i+1:])
		k := key{place[:i], rule}
		if lines[k] == nil {
			keys = append(keys, k)
		}
		lines[k] = append(lines[k], n)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.rule, b.rule)) })
	var b strings.Builder
	for _, k := range keys {
		slices.Sort(lines[k])
		fmt.Fprintf(&b, "%s %s %v\n", k.path, k.rule, lines[k])
	}
	return b.String()
}

func digest(files []made) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s\n%d\n%s", f.path, len(f.text), f.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// without lists what a has and b has not, each as often.
func without(a, b []string) []string {
	left := map[string]int{}
	for _, s := range b {
		left[s]++
	}
	var out []string
	for _, s := range a {
		if left[s]--; left[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// gitleaks asks the real one about a commit that adds the files.
func gitleaks(t *testing.T, program string, files []made) []string {
	r := gittest.New(t)
	var edits []gittest.Edit
	for _, f := range files {
		edits = append(edits, gittest.Write(f.path, f.text))
	}
	r.Commit("main", "all", edits...)
	report := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(program, "git", "--max-decode-depth=0", "--ignore-gitleaks-allow", "--no-banner", "--exit-code=0", "--report-format=json", "--report-path="+report, r.Dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	src, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var found []struct {
		RuleID, File string
		StartLine    int
	}
	if err := json.Unmarshal(src, &found); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range found {
		lines = append(lines, fmt.Sprintf("%s:%d %s", f.File, f.StartLine, f.RuleID))
	}
	slices.Sort(lines)
	return lines
}

// buildGitleaks builds it in a module of its own, outside of the product's.
func buildGitleaks(t *testing.T) string {
	dir := t.TempDir()
	program := filepath.Join(dir, "gitleaks")
	if given := os.Getenv("CUSTODY_GITLEAKS"); given != "" {
		return given
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n\ngo 1.26.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	const module = "github.com/zricethezav/gitleaks/v8"
	for _, args := range [][]string{{"get", module + "@" + gitleaksVersion}, {"build", "-o", program, module}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "CGO_ENABLED=0", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	return program
}

// Every rule loads and compiles; none waits to be found out when its keyword comes by.
func TestRulesLoad(t *testing.T) {
	const sum = "e163e53b9e7e8a8511e77271e2b323ed057759542a6d988258afe3a1fa329caf"
	if got := sha256.Sum256(gitleaksRules); hex.EncodeToString(got[:]) != sum {
		t.Errorf("gitleaks.toml is not that of %s: see README.md", gitleaksVersion)
	}
	e, err := Load(gitleaksRules)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.rules) != 222 {
		t.Errorf("%d rules", len(e.rules))
	}
	whole := []string{}
	for _, r := range e.rules {
		if err := r.ready(); err != nil {
			t.Errorf("rule %s: %v", r.ID, err)
		}
		if r.pattern != nil && (!r.pattern.bound || r.pattern.lines >= many) {
			whole = append(whole, r.ID)
		}
	}
	t.Logf("tried on whole blocks: %s", strings.Join(whole, " "))
}
