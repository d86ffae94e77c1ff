// Package corpus is the labelled corpus of attestation: changes, what is right to say
// of who wrote them, and why. It is data: tests and bench/attribution make the commits
// and ask. Nothing else imports it.
//
// A label says what a reader who knows the sources would say. It is written before the
// code that answers it, and changed only when the reader was wrong.
package corpus

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The classes, spelled here again so that a change of the code's own does not carry the
// labels along.
const (
	AIVerified    = "ai-verified"
	AIDeclared    = "ai-declared"
	HumanAttested = "human-attested"
	HumanDeclared = "human-declared"
	Mixed         = "mixed"
	Unknown       = "unknown"
	Conflict      = "conflict"
)

// A Message is a case in which the commit itself says everything.
type Message struct {
	Name, Author, Committer, Message string
	Class                            string
	Agents                           string // "id", "id:model", sorted, joined by a space
	People                           string // joined by "|"; "" is not looked at, "-" nobody
	Why                              string
}

// A Case is a change with everything around it.
//
// Texts may hold {base}, the commit before the change; {c1}, {c2}, ..., the commits of
// the case as far as they are made; and {key:NAME}, the public key of that name.
type Case struct {
	Name    string
	Source  string // what is asked about: "note", "trace", "header", ...
	Base    Files  // before the change
	Commits []Commit
	Context string // a custody/context/v1 document
	Floor   string // the organisation's floor
	Of      int    // the commit that Class, Agents and People are about, from 1; 0 is the last of the change

	Class, Agents, People string // as of a Message
	Lines                 string // of the change: "ai-declared 3, unknown 1"; "" is not looked at
	Sessions              string // joined by a space; "" is not looked at, "-" none
	Findings              string // rules, joined by a space; "" is not looked at, "-" none
	Cut                   bool   // not everything could be read, which must be said
	Why                   string
}

// Files are paths and what they hold. A path that starts with "-" is removed; one that
// holds "<- OLD" is OLD, moved.
type Files map[string]string

// A Commit of a case, on top of the one before it.
type Commit struct {
	Author, Committer, Message string
	Files                      Files
	On                         string // its parent, "{base}" or "{c1}"; "" is the commit before
	Merge                      string // another parent
	Aside                      bool   // not part of the change: what a squash or rebase left behind
	Notes                      map[string]string
	Sign                       string      // name of the key: "agent-ssh", "person-ssh", "agent-pgp", "stranger-ssh"
	Statements                 []Statement // in a note under refs/notes/custody
}

// A Statement is an in-toto statement in a DSSE envelope.
type Statement struct {
	Type      string // predicateType
	Subject   string // JSON of the list
	Predicate string // JSON
	Key       string // "trusted", "stranger", "packs" (trusted, for something else), "expired"
	Bare      bool   // the envelope alone, without Sigstore's bundle around it
	Tamper    bool   // the payload is changed after it was signed
}

// All are the cases, by source and in order.
func All() []Case {
	var all []Case
	for _, source := range slices.Sorted(maps.Keys(messages)) {
		for _, m := range messages[source] {
			all = append(all, m.Case(source))
		}
	}
	return slices.Concat(all, headers, notes, rewritten, traces, statements, signatures, contexts, people)
}

// Messages are the cases of the commit alone.
func Messages() []Message {
	var all []Message
	for _, source := range slices.Sorted(maps.Keys(messages)) {
		all = append(all, messages[source]...)
	}
	return all
}

// Case is a message as a change of one commit that adds a file of three lines.
func (m Message) Case(source string) Case {
	return Case{
		Name: m.Name, Source: source, Class: m.Class, Agents: m.Agents, People: m.People, Why: m.Why,
		Commits: []Commit{{Author: m.Author, Committer: m.Committer, Message: m.Message, Files: Files{"a.go": lines("new", 3)}}},
		Lines:   m.Class + " 3",
	}
}

// IsAI says whether the label is that an agent took part, as far as is known.
func (c *Case) IsAI() bool { return c.Agents != "" }

// Who makes a commit.
func (c *Commit) Who() (author, committer string) {
	author = cmp.Or(c.Author, Ada)
	return author, cmp.Or(c.Committer, author)
}

// lines are n different ones: "new 1", "new 2", ...
func lines(word string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", word, i+1)
	}
	return b.String()
}
