package impact

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"custody/internal/change"
)

// What is assessed of a change whose lines are not known yet is what is assessed of it when
// they are, or it is not given.
func TestAhead(t *testing.T) {
	given := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		m := &memory{}
		from := realTree(r)
		head := map[string]string{}
		for name, text := range from {
			if head[name] = text; r.IntN(4) == 0 {
				head[name] = realText(r, name) + "\n"
			}
		}
		head["go.mod"] += []string{"", "require example.com/other v1.0.0\n"}[r.IntN(2)]
		if r.IntN(3) == 0 {
			head["p0/new.go"] = "package p\n"
		}
		if r.IntN(4) == 0 {
			delete(head, "README.md")
		}
		c := changeOf(m, from, head)
		told := *c
		told.Files = slices.Clone(c.Files)
		for i := range told.Files {
			told.Files[i].Unread = change.TooLarge // as ReadListed tells it
		}
		want, err := Assess(t.Context(), AssessInput{Source: m, Change: c})
		if err != nil {
			t.Fatal(err)
		}
		var a Ahead
		a.Begin(t.Context(), AssessInput{Source: m, Change: &told}, false)
		got, ok, err := a.End(c)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			given++
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %+v\nwant %+v", seed, got, want)
			}
		}
	}
	if given < 20 {
		t.Errorf("of 60 changes %d were assessed ahead", given)
	}
}

func TestAheadOfAnotherChange(t *testing.T) {
	m := &memory{}
	from := map[string]string{"go.mod": "module m\n", "a.go": "package m\n", "b.go": "package m\n"}
	both := changeOf(m, from, map[string]string{"go.mod": "module m\n\nrequire x v1.0.0\n", "a.go": "package m\n\nvar X int\n", "b.go": "package m\n"})
	moved := changeOf(m, from, map[string]string{"go.mod": "module m\n", "a.go": "package m\n", "c.go": "package m\n\nvar Y int\n"})
	for name, test := range map[string]struct {
		told *change.Change
		read func(c *change.Change)
		want bool
	}{
		"the same":               {both, func(*change.Change) {}, true},
		"a file more":            {both, func(c *change.Change) { c.Files = append(c.Files, change.File{Path: "z.go"}) }, false},
		"renamed":                {both, func(c *change.Change) { c.Files[0].OldPath = "old.go" }, false},
		"a limit":                {both, func(c *change.Change) { c.Limits = []change.Limit{{What: "lines"}} }, false},
		"a manifest not read":    {both, func(c *change.Change) { c.Files[1].Unread = change.Unreadable }, false},
		"a picture not compared": {both, func(c *change.Change) { c.Files[0].Unread = change.Opaque }, true},
		"may be renamed":         {moved, func(*change.Change) {}, false},
	} {
		read := *test.told
		read.Files = slices.Clone(read.Files)
		test.read(&read)
		var a Ahead
		a.Begin(t.Context(), AssessInput{Source: m, Change: test.told}, false)
		begun := a.task
		if a.Begin(t.Context(), AssessInput{Source: m, Change: test.told}, false); begun != a.task {
			t.Errorf("%s: told the same again, it began anew", name)
		}
		if r, ok, err := a.End(&read); err != nil || ok != test.want || ok == (r == nil) {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
		a.Drop() // once more is nothing
	}
}

// Once renames are known, it does not matter that a file came and another one went.
func TestAheadOfRenames(t *testing.T) {
	m := &memory{}
	from := map[string]string{"go.mod": "module m\n", "a.go": "package m\n\nfunc F() {}\n", "b.go": "package m\n\nfunc G() { F() }\n"}
	c := changeOf(m, from, map[string]string{"go.mod": "module m\n", "c.go": "package m\n\nfunc F() { G() }\n", "b.go": from["b.go"]})
	paired := *c
	paired.Files = nil
	var gone change.File
	for _, f := range c.Files {
		if f.Status == change.Deleted {
			gone = f
		}
	}
	for _, f := range c.Files {
		if f.Status == change.Added {
			f.Status, f.OldPath, f.OldID, f.OldMode = change.Renamed, gone.Path, gone.OldID, gone.OldMode
			paired.Files = append(paired.Files, f)
		}
	}
	if len(paired.Files) != 1 {
		t.Fatal(c.Files)
	}
	want, err := Assess(t.Context(), AssessInput{Source: m, Change: &paired})
	if err != nil {
		t.Fatal(err)
	}
	in := AssessInput{Source: m, Change: &paired}
	waited := false
	a := Ahead{Graphs: func(ctx context.Context) (*Sides, error) {
		waited = true
		return Prepare(ctx, AssessInput{Source: m, Change: c})
	}}
	a.Begin(t.Context(), AssessInput{Source: m, Change: c}, false)
	if a.Begin(t.Context(), in, true); a.task == nil {
		t.Fatal("nothing was begun")
	}
	got, ok, err := a.End(&paired)
	if err != nil || !ok || !waited || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, waited: %v; %+v\nwant %+v", ok, err, waited, got, want)
	}
	wrong := errors.New("no graphs")
	a = Ahead{Graphs: func(context.Context) (*Sides, error) { return nil, wrong }}
	a.Begin(t.Context(), in, true)
	if _, ok, err := a.End(&paired); !ok || err != wrong {
		t.Errorf("without graphs: %v, %v", ok, err)
	}
}
