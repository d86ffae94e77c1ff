package attestation

import (
	"fmt"
	"strings"
	"testing"

	"custody/attestation/corpus"
	"custody/internal/change"
	"custody/internal/git"
)

// ada is who makes a commit unless a test says otherwise.
const ada = corpus.Ada

// Every message of the corpus is a real commit in a real repository, its trailers read
// by git.
func TestCorpus(t *testing.T) {
	cases := corpus.Messages()
	if len(cases) < 130 {
		t.Fatalf("only %d cases", len(cases))
	}
	r := newRepo(t)
	var in strings.Builder
	for i, c := range cases {
		author, committer := or(c.Author, ada), or(c.Committer, or(c.Author, ada))
		fmt.Fprintf(&in, "commit refs/heads/c%03d\nauthor %s 1700000000 +0000\ncommitter %s 1700000000 +0000\ndata %d\n%s\n\n", i, author, committer, len(c.Message), c.Message)
	}
	r.feed([]byte(in.String()), "fast-import", "--quiet")
	for i, want := range cases {
		t.Run(want.Name, func(t *testing.T) {
			c := r.commits("-1", fmt.Sprintf("c%03d", i))[0]
			got := known().classify(&c.Commit, c.Trailers)
			got.settle()
			got.trim()
			var agents []string
			for _, a := range got.Agents {
				agents = append(agents, strings.TrimSuffix(a.ID+":"+a.Model, ":"))
			}
			if string(got.Class) != want.Class || strings.Join(agents, " ") != want.Agents {
				t.Errorf("%s [%s], want %s [%s]: %s\n%+v", got.Class, strings.Join(agents, " "), want.Class, want.Agents, want.Why, got.Evidence)
			}
			people := strings.Join(got.People, "|")
			if want.People != "" && people != strings.TrimPrefix(want.People, "-") {
				t.Errorf("people %q, want %q", people, want.People)
			}
			if got.Class != Unknown && len(got.Evidence) == 0 {
				t.Error("a class without evidence")
			}
			for _, e := range got.Evidence {
				if e.Scope != "commit:"+c.ID.String() || len(e.Detail) > 300 || e.Source == "" {
					t.Errorf("evidence %+v", e)
				}
			}
		})
	}
}

// Every row of the table is recognised by its own examples and by nobody else's, has a
// source, and shares nothing with another row.
func TestTable(t *testing.T) {
	for key := range trailerRules {
		if len(key) > longestKey || key != strings.ToLower(key) {
			t.Errorf("trailer key %q is never found", key)
		}
	}
	rows := Identities()
	claimed := map[string]string{}
	claim := func(row Identity, what string) {
		if had, ok := claimed[what]; ok && had != row.ID {
			t.Errorf("%s and %s both claim %q", had, row.ID, what)
		}
		claimed[what] = row.ID
	}
	for _, row := range rows {
		claim(row, "id "+row.ID)
		if row.Source == "" || row.Name == "" || len(row.Yes) == 0 || len(row.No) == 0 {
			t.Errorf("%s: a row needs a name, a source and examples for and against", row.ID)
		}
		for _, e := range row.Emails {
			claim(row, "address "+e)
			if e != strings.ToLower(e) || strings.Count(e, "@") != 1 {
				t.Errorf("%s: address %q", row.ID, e)
			}
		}
		for _, a := range row.Accounts {
			claim(row, "login "+strings.ToLower(a.Login))
		}
		for _, n := range append(append([]string{}, row.Names...), row.Short...) {
			claim(row, "name "+n)
			if n != strings.ToLower(n) {
				t.Errorf("%s: name %q is not in lower case", row.ID, n)
			}
		}
		for _, l := range row.Lines {
			claim(row, "line "+l)
			if !strings.HasPrefix(l, "Generated ") && !strings.HasPrefix(l, "Made with [") && !strings.HasPrefix(l, "# Aider ") {
				t.Errorf("%s: the scan of messages passes over lines such as %q", row.ID, l)
			}
		}
		for _, example := range row.Yes {
			if got := recognise(example); got != row.ID {
				t.Errorf("%s: %q is recognised as %q", row.ID, example, got)
			}
		}
		for _, example := range row.No {
			got := recognise(example)
			if got != "" && !(row.ID == "copilot" && got == "web-flow") {
				t.Errorf("%s: %q is recognised as %q", row.ID, example, got)
			}
		}
	}
}

// recognise gives the one tool that an example of the table speaks of.
func recognise(example string) string {
	c := git.Commit{Author: git.Signature{Name: "Ada", Email: "ada@example.com"}, Message: []byte("Subject\n\n" + example + "\n\nEnd.\n")}
	var trailers []change.Trailer
	if who, ok := strings.CutPrefix(example, "author: "); ok {
		c.Author.Name, c.Author.Email = parsePerson(who)
		c.Message = nil
	} else if k, v, ok := trailerLine([]byte(example)); ok {
		trailers = []change.Trailer{{Key: string(k), Value: string(v)}}
	}
	c.Committer = c.Author
	got := known().classify(&c, trailers)
	got.settle()
	if len(got.Agents) > 0 {
		return got.Agents[0].ID
	}
	return got.Automation
}
