package review_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/git/gittest"
	"custody/internal/review"
	"custody/internal/sign"
)

// A context of a door that trusts signatures only: what it is worth, and that a rule
// that needs its facts is not assessed when it is worth nothing.
func TestSignedContext(t *testing.T) {
	repo := gittest.New(t)
	base := repo.Commit("main", "policy", gittest.Write(".custody.yaml", "version: 1\nrules:\n  - {id: two-eyes, kind: approvals, approvals: {humans: 1}}\n"))
	head := repo.Commit("feature", "change", gittest.From("main"), gittest.Write("a.txt", "a"))
	opened, err := git.Open(context.Background(), repo.Dir, git.WithEnviron(os.Environ()))
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	oid := func(s string) git.OID {
		id, err := git.ParseOID(s)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	key, err := sign.GenerateKey(strings.NewReader(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	ring := []byte(sign.TrustedKey{Key: key.Public(), Name: "merger", Purposes: sign.ForContext}.String())

	doc := func(request string) string {
		return fmt.Sprintf(`{"schema":"custody/context/v1","change":{%s"author":{"login":"ada","id":"1","type":"User"}},
			"repository":{"owner":"Acme","name":"shop"},
			"commits":[{"sha":"%[2]s","verified":false,"author":{"login":"ada","id":"1","type":"User"},"committer":{"login":"ada","id":"1","type":"User"}}],
			"reviews":[{"reviewer":{"login":"ben","id":"2","type":"User"},"state":"approved","commit":"%[2]s","at":"2026-11-23T09:30:00Z","permission":"write"},
				{"reviewer":{"login":"cid","id":"3","type":"User"},"state":"approved","commit":"%[2]s","at":"2026-11-23T09:30:00Z","permission":"write"}]}`, request, head)
	}
	signed := func(request string) []byte {
		record, err := sign.SignRecord(context.Background(), []byte(doc(request)), sign.ContextRecord, key)
		if err != nil {
			t.Fatal(err)
		}
		return record
	}
	good := `"head":"` + head + `","target":"refs/heads/main",`
	place := change.Repository{Host: "git.example.com", Owner: "acme", Name: "shop"}

	for name, c := range map[string]struct {
		in   review.Input
		want review.Trust
		why  string
	}{
		"plain":             {review.Input{Context: []byte(doc(good))}, review.Unsigned, ""},
		"plain, not enough": {review.Input{Context: []byte(doc(good)), ContextSigned: true, KeyRing: ring}, review.Distrusted, "it is not signed"},
		"no JSON":           {review.Input{Context: []byte("\x00{"), ContextSigned: true, KeyRing: ring}, review.Distrusted, "it is not signed"},
		"signed":            {review.Input{Context: signed(good), ContextSigned: true, KeyRing: ring}, review.Signed, ""},
		"everything known":  {review.Input{Context: signed(good), KeyRing: ring, Ref: "refs/heads/main", Place: place}, review.Signed, ""},
		"no ring":           {review.Input{Context: signed(good), ContextSigned: true}, review.Distrusted, "none of the 0 trusted keys"},
		"no head":           {review.Input{Context: signed(""), KeyRing: ring}, review.Distrusted, "change.head is missing"},
		"another head":      {review.Input{Context: signed(`"head":"` + base + `",`), KeyRing: ring}, review.Distrusted, "for the head"},
		"another ref":       {review.Input{Context: signed(good), KeyRing: ring, Ref: "refs/heads/release"}, review.Distrusted, "for the target"},
		"another place":     {review.Input{Context: signed(good), KeyRing: ring, Place: change.Repository{Owner: "mallory", Name: "shop"}}, review.Distrusted, "whose owner is"},
	} {
		in := c.in
		in.Repository, in.Base, in.Head, in.Stage, in.Day = opened, oid(base), oid(head), change.AtMerge, "2026-11-23"
		in.Pushers = []change.Pusher{{Login: "eve\xff\n", ID: "x7", From: "test"}, {Login: "ada", ID: "1"}}
		v, err := review.Run(context.Background(), in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		origin := v.Inputs.Context
		if origin == nil || origin.Trust != c.want || !strings.Contains(origin.Why, c.why) || (c.why == "") != (origin.Why == "") {
			t.Errorf("%s: %+v; want %s, %q", name, origin, c.want, c.why)
		}
		counts := c.want != review.Distrusted
		if _, has := v.Inputs.Files["context"]; has != counts || (v.Context != nil) != counts || (v.Decision == review.Pass) != counts {
			t.Errorf("%s: %s with %d bytes of context, digest %v", name, v.Decision, len(v.Context), has)
		}
		if _, has := v.Inputs.Files["key_ring"]; has != (c.in.KeyRing != nil && sign.IsRecord(c.in.Context)) {
			t.Errorf("%s: the key ring is an input: %v", name, has)
		}
		if got := v.Inputs.Pushers; !slices.Equal(got, []change.Pusher{{Login: "eve? ", From: "test"}, {Login: "ada", ID: "1"}}) {
			t.Errorf("%s: pushers %q", name, got)
		}
		if counts && strings.Contains(string(v.Context), "eve") {
			t.Errorf("%s: what the door saw became part of what was signed", name)
		}
	}
}
