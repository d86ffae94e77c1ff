package impact

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"custody/internal/git"
)

// watched is a memory that says which blobs were read, and how often.
type watched struct {
	*memory
	mu    sync.Mutex
	times map[git.OID]int
}

func (w *watched) Blobs(ctx context.Context, ids []git.OID, limit int64, fn func(int, []byte, error) error) error {
	w.mu.Lock()
	for _, id := range ids {
		w.times[id]++
	}
	w.mu.Unlock()
	return w.memory.Blobs(ctx, ids, limit, fn)
}

// records is a FactStore that keeps what is written into a file.
type records map[FactKey]string

func (r records) Get(k FactKey) (*Fact, bool) {
	text, ok := r[k]
	if !ok {
		return nil, false
	}
	f, err := DecodeRecord(text)
	if err != nil {
		panic(err)
	}
	return f, true
}

func (r records) Put(k FactKey, f *Fact) {
	b, ok := AppendRecord(nil, f)
	if !ok {
		panic("a fact that can not be written")
	}
	r[k] = string(b)
}

// What is read for a change is read once, with its digests, and not again for the next review
// of it; what is kept of a whole tree has none.
func TestDigestsAreKept(t *testing.T) {
	m := &memory{}
	head := map[string]string{"new/new.go": "package new\n\nfunc New() {}\n"}
	for name, text := range storeModule {
		head[name] = text
		if name != "go.mod" {
			head[name] = strings.Replace(text, "return &Store{}", "s := &Store{}; return s", 1) + "\nfunc more() int { return 1 }\n"
		}
	}
	c := changeOf(m, storeModule, head)
	want, err := Assess(t.Context(), AssessInput{Source: m, Change: c})
	if err != nil || len(want.Reached) == 0 {
		t.Fatalf("%v, %v", want, err)
	}
	for _, before := range []string{"nothing", "the tree of base"} {
		kept := records{}
		if before != "nothing" {
			if _, err := BuildKnown(t.Context(), BuildInput{Source: m, Tree: c.FromTree, Facts: kept}); err != nil {
				t.Fatal(err)
			}
		}
		for _, round := range []struct {
			name  string
			times int
		}{{"first", 1}, {"second", 0}} {
			w := &watched{memory: m, times: map[git.OID]int{}}
			got, err := Assess(t.Context(), AssessInput{Source: w, Change: c, Facts: kept})
			if err != nil {
				t.Fatal(err)
			}
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			if string(a) != string(b) {
				t.Errorf("%s kept, %s review:\n%s\nwant\n%s", before, round.name, a, b)
			}
			for i := range c.Files {
				f := &c.Files[i]
				for _, id := range []git.OID{f.OldID, f.ID} {
					if !id.IsZero() && w.times[id] != round.times {
						t.Errorf("%s kept, %s review: a side of %s was read %d times, want %d", before, round.name, f.Path, w.times[id], round.times)
					}
				}
			}
		}
	}
}
