package custody_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// The "never" list of docs/architecture.md, as data. A folder stands for itself and
// for everything below it. Tests are exempt: they may look at a clock, run git and
// speak HTTP to prove what they prove.

// order is the one way of the data flow. A package imports its own row and the rows
// above it, nothing below it.
var order = [][]string{
	{"internal/filelock", "internal/finding", "internal/git", "internal/parallel", "internal/private", "internal/program", "internal/sign"},
	{"internal/change"},
	{"impact", "attestation", "internal/config", "internal/control"},
	{"internal/review"},
	{"internal/pack", "internal/example"},
	{"internal/report", "internal/ledger", "internal/store"},
	{"app", "hooks"},
	{"cmd", "bench"},
}

// pure packages answer the same for the same arguments. Whatever is neither in their
// arguments nor in the repository does not exist for them.
var pure = []string{
	"impact", "attestation", "internal/change", "internal/config", "internal/control",
	"internal/finding", "internal/review", "internal/pack", "internal/sign", "internal/example",
}

// A ban keeps imports or uses of names to the folders that may have them.
type ban struct {
	imports []string // import paths; a trailing "/..." takes everything below, too
	uses    []string // "os.Getenv"; "time.*" is every name that the package exports
	in      []string // folders where the ban holds; nil: everywhere
	but     []string // folders that may
	why     string
}

var (
	network   = []string{"net", "net/http/...", "net/rpc/...", "net/smtp", "net/textproto", "golang.org/x/net/...", "golang.org/x/oauth2/...", "google.golang.org/grpc/..."}
	github    = []string{"github.com/google/go-github/...", "github.com/bradleyfalzon/ghinstallation/..."}
	databases = []string{"database/sql/...", "modernc.org/sqlite/...", "github.com/mattn/go-sqlite3/...", "github.com/ncruces/go-sqlite3/...",
		"github.com/jackc/pgx/...", "github.com/lib/pq/...", "github.com/pressly/goose/...", "go.etcd.io/bbolt/...",
		"github.com/cockroachdb/pebble/...", "github.com/dgraph-io/badger/...", "github.com/redis/...", "go.mongodb.org/..."}
	servers = []string{"github.com/riverqueue/...", "riverqueue.com/...", "github.com/nats-io/...", "github.com/segmentio/kafka-go/...",
		"github.com/minio/...", "github.com/aws/...", "cloud.google.com/...", "github.com/Azure/...", "gocloud.dev/...", "k8s.io/...",
		"github.com/prometheus/...", "go.opentelemetry.io/...", "expvar"}
)

var bans = []ban{
	{imports: slices.Concat(network, github, databases), in: pure,
		why: "it reads nothing but its arguments and the repository: no network, forge or database"},
	{uses: []string{"time.Now", "time.Since", "time.Until", "time.After", "time.AfterFunc", "time.Tick", "time.NewTicker", "time.NewTimer", "time.Sleep", "time.Local", "time.LoadLocation",
		"context.WithTimeout", "context.WithTimeoutCause", "context.WithDeadline", "context.WithDeadlineCause"}, in: pure,
		why: "a clock is not an argument: time enters as one UTC day, limits count bytes"},
	{imports: []string{"math/rand/...", "crypto/rand", "hash/maphash"}, in: pure,
		why: "a random source comes in as an argument"},
	{uses: []string{"crypto/rsa.GenerateKey", "crypto/ecdsa.GenerateKey", "crypto/dsa.GenerateKey"}, in: pure,
		why: "it takes randomness from the system, whatever reader it is given"},

	{imports: github, but: []string{"app"},
		why: "only app/ knows GitHub's types"},
	{imports: []string{"github.com/go-git/..."}, but: []string{"internal/git"},
		why: "only internal/git opens an object store"},
	{imports: []string{"os/exec"}, uses: []string{"os.StartProcess", "syscall.Exec", "syscall.ForkExec", "syscall.StartProcess"}, but: []string{"internal/git", "cmd", "bench"},
		why: "only internal/git and cmd/ start a process"},
	{uses: []string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv", "os.UserHomeDir", "os.UserCacheDir", "os.UserConfigDir", "os.TempDir", "os.Hostname",
		"syscall.Getenv", "syscall.Environ"}, but: []string{"cmd", "bench"},
		why: "only cmd/ reads the environment"},
	{imports: []string{"flag", "github.com/spf13/..."}, uses: []string{"os.Args"}, but: []string{"cmd", "bench"},
		why: "only cmd/ reads flags"},

	{imports: []string{"custody/cmd/..."},
		why: "nothing imports a command"},
	{imports: []string{"custody/bench/..."}, but: []string{"bench"},
		why: "measurements are no part of a program"},
	{imports: []string{"custody/app/..."}, but: []string{"cmd", "app"},
		why: "nothing but its command imports app/"},
	{imports: []string{"custody/hooks/..."}, but: []string{"cmd", "hooks"},
		why: "nothing but its command imports hooks/"},
	{imports: []string{"C"},
		why: "Custody is pure Go, so that one static binary runs in a git server's chroot"},
	{imports: []string{"plugin"},
		why: "nothing is loaded into a running Custody"},
}

// links says what a program or package must not contain, however it comes in.
var links = []struct {
	folder string
	banned []string
	why    string
}{
	{"cmd/custody", slices.Concat(databases, servers, github),
		"the command line links no database, queue, cloud or metrics library"},
	{"cmd/custody", []string{"net/http/...", "net/rpc/..."},
		"the command line and the hooks speak to no network"},
	{"internal/pack/verify", slices.Concat(network, databases, servers, github, []string{"html/template", "text/template", "os/exec", "custody/internal/git/..."}),
		"a pack is checked with no renderer, no git and no network"},
}

func TestLayers(t *testing.T) {
	broken, err := checkLayers(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// TestLayersCatch gives the checker modules that break the list and wants exactly the
// violations that the comment of each file names.
func TestLayersCatch(t *testing.T) {
	files, err := filepath.Glob("testdata/layers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	caught := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := txtar.Write(archive, dir); err != nil {
				t.Fatal(err)
			}
			got, err := checkLayers(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got {
				parts := strings.SplitN(g, ": ", 3)
				caught[parts[2]] = true
			}
			var want []string
			for line := range strings.Lines(string(archive.Comment)) {
				if w, ok := strings.CutPrefix(line, "want: "); ok {
					want = append(want, strings.TrimSpace(w))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
			}
		})
	}
	var rules []string
	for _, b := range bans {
		rules = append(rules, b.why)
	}
	for _, l := range links {
		rules = append(rules, l.why)
	}
	for _, why := range rules {
		if !caught[why] {
			t.Errorf("no fixture breaks %q: nothing shows that it is kept", why)
		}
	}
}

// checkLayers lists what breaks the rules in the module at root, one line each,
// sorted: "file:line: what: why".
func checkLayers(root string) ([]string, error) {
	sources, err := readSources(root)
	if err != nil {
		return nil, err
	}
	built, err := goList(root)
	if err != nil {
		return nil, err
	}
	var broken []string
	for _, s := range sources {
		broken = append(broken, s.breaks()...)
	}
	broken = append(broken, breaksThroughOthers(built)...)
	broken = append(broken, breaksLinks(built)...)
	slices.Sort(broken)
	return slices.Compact(broken), nil
}

// A source is one Go file that is not a test, whatever its build constraints.
type source struct {
	folder string // "internal/git", "." for the root
	name   string // path from the root, with slashes
	fset   *token.FileSet
	ast    *ast.File
}

func readSources(root string) ([]source, error) {
	var sources []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && notOurs(root, rel) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		sources = append(sources, source{path.Dir(rel), rel, fset, f})
		return nil
	})
	return sources, err
}

// notOurs says whether the go command, too, sees no package of this module there.
func notOurs(root, folder string) bool {
	base := path.Base(folder)
	if base == "testdata" || base == "vendor" || base == "node_modules" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(root, filepath.FromSlash(folder), "go.mod"))
	return err == nil
}

// forTests says whether a package is there for tests, by its name: githubtest, like
// the standard library's httptest. What holds for tests holds for it.
func forTests(folder string) bool { return strings.HasSuffix(folder, "test") }

func (s source) breaks() []string {
	if forTests(s.folder) {
		return nil
	}
	var broken []string
	report := func(pos token.Pos, what, why string) {
		broken = append(broken, fmt.Sprintf("%s:%d: %s: %s", s.name, s.fset.Position(pos).Line, what, why))
	}
	names := map[string]string{} // what the file calls a package: its import path
	for _, spec := range s.ast.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value) // parsed, so well quoted
		local := lastName(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		names[local] = imported
		if folder, ok := strings.CutPrefix(imported, "custody/"); ok {
			switch {
			case forTests(folder):
				report(spec.Pos(), "imports "+folder, "only tests import it")
			case !mayImport(s.folder, folder):
				report(spec.Pos(), "imports "+folder, "the data flow goes one way")
			}
		}
		for _, b := range bans {
			if !b.holds(s.folder) {
				continue
			}
			if matches(imported, b.imports) {
				report(spec.Pos(), "imports "+imported, b.why)
			}
			// A dot import hides where a name comes from.
			if local == "." && slices.ContainsFunc(b.uses, func(u string) bool { return strings.HasPrefix(u, imported+".") }) {
				report(spec.Pos(), "dot-imports "+imported, b.why)
			}
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			// A local variable named like a package is taken for it: it errs on the
			// side of a violation, and renaming the variable helps the reader as well.
			if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
				use := names[x.Name] + "." + n.Sel.Name
				for _, b := range bans {
					if b.holds(s.folder) && slices.Contains(b.uses, use) {
						report(n.Pos(), "uses "+use, b.why)
					}
				}
			}
		case *ast.CallExpr:
			if runsGit(n, names) && !under(s.folder, "internal/git") && !under(s.folder, "bench") {
				report(n.Pos(), "runs git", "only internal/git runs git")
			}
		}
		return true
	})
	for _, group := range s.ast.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:linkname") {
				report(c.Pos(), "go:linkname", "it reaches around every other rule")
			}
		}
	}
	return broken
}

func runsGit(call *ast.CallExpr, names map[string]string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || names[x.Name] != "os/exec" {
		return false
	}
	return slices.ContainsFunc(call.Args, func(e ast.Expr) bool {
		lit, ok := e.(*ast.BasicLit)
		return ok && lit.Kind == token.STRING && (lit.Value == `"git"` || lit.Value == "`git`")
	})
}

func (b ban) holds(folder string) bool {
	in := b.in == nil || slices.ContainsFunc(b.in, func(f string) bool { return under(folder, f) })
	return in && !slices.ContainsFunc(b.but, func(f string) bool { return under(folder, f) })
}

func mayImport(from, to string) bool {
	if under(from, "internal/finding") {
		return false // the leaf that everybody may import
	}
	f, t := row(from), row(to)
	return f >= 0 && t >= 0 && t <= f
}

// row is the place of a folder in order, -1 if it has none.
func row(folder string) int {
	return slices.IndexFunc(order, func(r []string) bool {
		return slices.ContainsFunc(r, func(f string) bool { return under(folder, f) })
	})
}

func under(folder, top string) bool { return folder == top || strings.HasPrefix(folder, top+"/") }

func matches(imported string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		if top, ok := strings.CutSuffix(p, "/..."); ok {
			return under(imported, top)
		}
		return imported == p
	})
}

// lastName is the name that a package has by convention: the last element of its
// path, without a major version.
func lastName(imported string) string {
	dir, base := path.Split(imported)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" && dir != "" {
		base = path.Base(dir)
	}
	return base
}

// A listed package is one line of "go list -deps -json": as it is built here, with
// what it imports.
type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string } // nil in the standard library
	Error      *struct{ Err string }
}

// goList lists the module's packages and all that they are built from.
func goList(root string) (map[string]listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports,Module,Error", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", root, err, stderr.Bytes())
	}
	packages := map[string]listed{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("go list: %s: %s", p.ImportPath, p.Error.Err)
		}
		packages[p.ImportPath] = p
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("go list in %s: no packages", root)
	}
	return packages, nil
}

// breaksThroughOthers finds pure packages that get at the network or a database
// through a library. The standard library is let off (crypto/x509 knows net), and
// internal/git is where the repository comes in.
func breaksThroughOthers(built map[string]listed) []string {
	banned := slices.Concat(network, github, databases)
	var broken []string
	for name := range built {
		folder, ours := strings.CutPrefix(name, "custody/")
		if !ours || !slices.ContainsFunc(pure, func(f string) bool { return under(folder, f) }) {
			continue
		}
		walk(built, name, func(via []string, p listed) bool {
			for _, imported := range p.Imports {
				if !strings.HasPrefix(p.ImportPath, "custody/") && matches(imported, banned) {
					broken = append(broken, fmt.Sprintf("%s: imports %s through %s: it reads nothing but its arguments and the repository",
						folder, imported, strings.Join(append(via, p.ImportPath), ", ")))
				}
			}
			return p.ImportPath != "custody/internal/git"
		})
	}
	return broken
}

func breaksLinks(built map[string]listed) []string {
	var broken []string
	for _, l := range links {
		name := "custody/" + l.folder
		if _, ok := built[name]; !ok {
			continue
		}
		walk(built, name, func(via []string, p listed) bool {
			for _, imported := range p.Imports {
				if matches(imported, l.banned) {
					broken = append(broken, fmt.Sprintf("%s: links %s through %s: %s", l.folder, imported, p.ImportPath, l.why))
				}
			}
			return true
		})
	}
	return broken
}

// walk visits start and every package that it is built from, outside of the standard
// library, once each, with one way to it. A visit that answers false goes no deeper.
func walk(built map[string]listed, start string, visit func(via []string, p listed) bool) {
	seen := map[string]bool{}
	var step func(via []string, name string)
	step = func(via []string, name string) {
		p, ok := built[name]
		if !ok || p.Standard || seen[name] {
			return
		}
		seen[name] = true
		if !visit(via, p) {
			return
		}
		for _, imported := range p.Imports {
			step(append(slices.Clone(via), name), imported)
		}
	}
	step(nil, start)
}
