// Package command reads what people ask of the App in comments of pull requests: a line
// that begins with /custody. It is pure.
//
// What it reads was written by anybody, so it promises that an id is one that a policy may
// have, that a reason is one printable line without what looks like a secret or an address
// of mail, and that what it says of one that can not be read holds no word of it.
package command

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control/checks/secrets"
	"custody/internal/sign"
)

// Word begins a command.
const Word = "/custody"

// A Kind is what is asked for.
type Kind string

const (
	Recheck Kind = "recheck" // another review
	Explain Kind = "explain" // what a rule asks, and what it found
	Waive   Kind = "waive"   // an exception from a rule
)

// A Command is one that can be read.
type Command struct {
	Kind   Kind
	ID     config.ID  // of the rule or requirement, for Explain and Waive
	Reason string     // for Waive
	Until  config.Day // its last day
}

// Bounds of a command, in bytes.
const (
	maxLine   = 2000
	MinReason = 10
	MaxReason = 500
)

// Usage says how commands are written.
const Usage = "Write one command on the first line of a comment: `/custody recheck`, `/custody explain RULE`, or `/custody waive RULE reason until YYYY-MM-DD`."

// Is says whether a comment is a command, readable or not.
func Is(body string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(body), Word)
	return ok && (rest == "" || strings.ContainsAny(rest[:1], " \t\r\n"))
}

// Parse reads the command of a comment for which Is holds: its first line. What it can not
// read it says why not, in a sentence or two for who wrote it.
func Parse(body string) (c Command, why string) {
	line, _, _ := strings.Cut(strings.TrimSpace(body), "\n")
	if len(line) > maxLine {
		return Command{}, fmt.Sprintf("The command is longer than %d bytes.", maxLine)
	}
	if !utf8.ValidString(line) {
		return Command{}, "The command is not text."
	}
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != Word {
		return Command{}, "That is no command. " + Usage
	}
	c = Command{Kind: Kind(words[1])}
	switch rest := words[2:]; c.Kind {
	case Recheck:
		if len(rest) > 0 {
			return Command{}, "Nothing stands behind `recheck`."
		}
		return c, ""
	case Explain:
		if len(rest) != 1 {
			return Command{}, "Write the id of one rule or requirement behind `explain`."
		}
		why = c.id(rest[0])
		return c, why
	case Waive:
		why = c.waive(rest)
		return c, why
	}
	return Command{}, "That is no command. " + Usage
}

func (c *Command) id(word string) string {
	if c.ID.UnmarshalText([]byte(word)) != nil {
		return "That is no id of a rule or requirement: the check lists them."
	}
	return ""
}

// waive reads "RULE reason until DAY". The reason may have the word until in it.
func (c *Command) waive(words []string) string {
	n := len(words)
	if n < 4 || words[n-2] != "until" || !sign.IsDay(words[n-1]) {
		return "Write `/custody waive RULE reason until YYYY-MM-DD`."
	}
	if why := c.id(words[0]); why != "" {
		return why
	}
	c.Until = config.Day(words[n-1])
	c.Reason = strings.Join(words[1:n-2], " ")
	switch {
	case len(c.Reason) < MinReason:
		return fmt.Sprintf("The reason is too short: say in at least %d characters why this may be.", MinReason)
	case len(c.Reason) > MaxReason:
		return fmt.Sprintf("The reason is longer than %d bytes.", MaxReason)
	case c.Reason != change.Printable(c.Reason):
		return "The reason has characters that can not be shown."
	case strings.Contains(c.Reason, "@"):
		return "The reason names an account or an address: it is kept for years, so leave people out of it."
	case secret(c.Reason):
		return "The reason looks as if it held a secret: it is kept for years, so leave it out. If it is one, change it: everybody who can read this has seen it."
	}
	return ""
}

// secret says whether a text may hold one. What could not be searched may.
func secret(text string) bool {
	hits, err := secrets.Default().Scan("comment.txt", []byte(text+"\n"), &secrets.Budget{Left: 10 << 20})
	return err != nil || len(hits) > 0
}
