package lang

import (
	"fmt"
	"strings"
	"testing"
)

// samples make a file of each language: a head of imports and an ordinary body, many
// times over.
var samples = map[string]struct{ head, body string }{
	"go": {"package sample\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\n\t\"example.com/m/internal/store\"\n)\n", `
// Load reads one record. It returns nil when there is none.
func (s *Store) Load(ctx context.Context, id string) (*Record, error) {
	row := s.db.QueryRow(ctx, "select 'a', \"b\" from t where id = ?", id)
	if err := row.Err(); err != nil {
		return nil, fmt.Errorf("loading %q: %w", id, err)
	}
	return &Record{ID: id, Kind: 'x'}, nil
}
`},
	"python": {"from __future__ import annotations\n\nimport os\nfrom app.models import (\n    Record,\n    Store,\n)\n", `
class Loader(Base):
    """Reads one record. It's nothing when there is none."""

    def load(self, id: str, *, strict: bool = False) -> Record | None:
        # the store may be empty
        row = self.db.query("select 'a' from t where id = ?", [id])
        if row is None:
            raise LookupError(f"loading {id!r}: {row['x']:>10}")
        return Record(id=id, kind='x', path=os.path.join("a", "b"))
`},
	"typescript": {"import { a, b } from './a'\nimport type { C } from '../c'\nexport * from './d'\n", `
/** Reads one record. It's undefined when there is none. */
export async function load<T extends C>(id: string, options: Map<string, T> = new Map()): Promise<T | undefined> {
  const row = await db.query('select "a" from t where id = ?', [id])
  if (!row || /^['"]/.test(row.name)) throw new Error(` + "`loading ${id}: ${row ? 'bad' : \"none\"}`" + `)
  return options.get(row.id)! ?? (a(row) / b) // half of it
}
`},
	"java": {"package com.example.app;\n\nimport java.util.List;\nimport com.example.store.Store;\nimport static com.example.Util.check;\n", `
	/** Reads one record. It's null when there is none. */
	@Override
	public Optional<Record> load(String id, List<? extends Filter> filters) throws IOException {
		Row row = this.db.query("select 'a', \"b\" from t where id = ?", id);
		if (row == null || row.kind() == '\'') {
			throw new IllegalStateException("loading " + id);
		}
		return filters.stream().map(Filter::apply).findFirst();
	}
`},
}

// BenchmarkExtract measures bytes of source per second. Go's are not all read: nothing
// behind the imports.
func BenchmarkExtract(b *testing.B) {
	for _, l := range All {
		sample, ok := samples[strings.Replace(l.Name, "javascript", "typescript", 1)]
		if !ok {
			continue
		}
		src := []byte(sample.head + strings.Repeat(sample.body, 32<<10/len(sample.body)))
		b.Run(l.Name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				l.Extract(src)
			}
		})
	}
}

// BenchmarkResolver measures indexing a tree and resolving imports in it.
func BenchmarkResolver(b *testing.B) {
	const folders, files = 200, 20
	for _, l := range All {
		sample, ok := samples[strings.Replace(l.Name, "javascript", "typescript", 1)]
		if !ok {
			continue
		}
		tree := &cachedTree{memTree: memTree{"go.mod": []byte("module example.com/m"), "package.json": []byte(`{"name":"m"}`)}, facts: map[string]*Facts{}}
		for d := range folders {
			for f := range files {
				path := fmt.Sprintf("src/d%d/f%d%s", d, f, l.Extensions[0])
				tree.memTree[path] = []byte(sample.head)
				tree.facts[path] = tree.memTree.Facts(path)
			}
		}
		tree.files = tree.memTree.Files()
		b.Run(l.Name+"/index", func(b *testing.B) {
			for b.Loop() {
				l.NewResolver(tree)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(folders*files), "ns/file")
		})
		b.Run(l.Name+"/resolve", func(b *testing.B) {
			r := l.NewResolver(tree)
			n := 0
			for b.Loop() {
				for path, facts := range tree.facts {
					for _, imp := range facts.Imports {
						r.Resolve(path, imp)
						n++
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/import")
		})
	}
}

// cachedTree is a memTree that answers from memory, as a real one does.
type cachedTree struct {
	memTree
	files []string
	facts map[string]*Facts
}

func (c *cachedTree) Files() []string          { return c.files }
func (c *cachedTree) Facts(path string) *Facts { return c.facts[path] }
