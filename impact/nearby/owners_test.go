package nearby

import (
	"fmt"
	"strings"
	"testing"

	"custody/impact"
	"custody/internal/control/owners"
)

func TestOwners(t *testing.T) {
	file := owners.Parse(".github/CODEOWNERS", []byte("* @all\n/pay/ @acme/billing mail@acme.org\n/free/\n/odd/ !!!\n"))
	r := &impact.Report{
		Changed: []impact.Changed{{Path: "pay/a.go"}, {Path: "free/x.go"}, {Path: "pay/new.go", OldPath: "web/old.go"}},
		Reached: []impact.Reached{
			{Node: "package:pay", Kind: impact.KindPackage, Path: "pay"},
			{Node: "file:web/b.go", Kind: impact.KindFile, Path: "web/b.go"},
			{Node: "file:pay/100%25.go", Kind: impact.KindTest, Path: "pay/100%25.go"},
			{Node: "file:odd/c.go", Kind: impact.KindFile, Path: "odd/c.go"},
		},
	}
	o := Owners(file, r)
	var got strings.Builder
	for _, w := range o.Owners {
		fmt.Fprintf(&got, "%s %d %d %v %v\n", w.Node, w.Owns.Changed, w.Owns.Reached, w.Changed, w.Reached)
	}
	fmt.Fprintf(&got, "nobody %d %d, %d in doubt", o.Unowned.Changed, o.Unowned.Reached, len(o.Doubts))
	// A file that moved has the owners of both places.
	want := `owner:@acme/billing 2 1 [pay/a.go pay/new.go] [pay/100%25.go]
owner:mail@acme.org 2 1 [pay/a.go pay/new.go] [pay/100%25.go]
owner:@all 1 1 [pay/new.go] [web/b.go]
nobody 1 0, 1 in doubt`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if o := Owners(nil, r); o.File != "" || len(o.Owners) != 0 || o.Unowned != (impact.Count{Changed: 3, Reached: 3}) {
		t.Errorf("without a CODEOWNERS: %+v", o)
	}
	if o := Owners(owners.Broken("CODEOWNERS", "too large"), r); len(o.Doubts) != 6 || o.Unowned != (impact.Count{}) {
		t.Errorf("with a broken one: %+v", o)
	}
}
