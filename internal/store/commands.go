package store

import (
	"context"
	"fmt"
)

// A Command is something that somebody asked of the App on a pull request: by a comment,
// or by a button of a check run. What the comment says is not kept, only its digest.
type Command struct {
	Repo    int64
	Name    string // tells commands of a repository apart: "comment/17", "button/GUID"
	Pull    int64  // number of the pull request
	Comment int64  // id; 0: a button
	Asks    string // digest of the comment's text as it was delivered, empty when that is over; the button's identifier
	Author  string // the login of who wrote the comment, as it was delivered; empty: not known
	Head    string // that the last verdict was about when the command came, empty for none
	State   CommandState
	Answer  string // Markdown, for who asked
	Record  string // the waiver that was granted: a signed record
	At      int64  // Unix milliseconds
}

// A CommandState says what became of a command.
type CommandState string

const (
	Asked    CommandState = "asked"    // nobody looked at it yet
	Answered CommandState = "answered" // it was done
	Refused  CommandState = "refused"  // it was not, and the answer says why
	Unheard  CommandState = "unheard"  // it is not for who wrote it to ask, or it is gone; nobody is answered
	Revoked  CommandState = "revoked"  // the waiver that it granted is over: its comment is gone or edited
)

func (s *Store) command(ctx context.Context, t querier, c Command) error {
	if c.Asks == "" { // what is not known yet is heard of behind this
		if _, err := t.exec(ctx, `UPDATE commands SET asks = '' WHERE repo = $1 AND name = $2`, c.Repo, c.Name); err != nil {
			return fmt.Errorf("keeping that a command is over: %w", err)
		}
		return nil
	}
	_, err := t.exec(ctx, `INSERT INTO commands (repo, name, pull, comment, asks, state, at, author, head) VALUES ($1, $2, $3, $4, $5, 'asked', $6, $7, COALESCE((SELECT done_head FROM subjects WHERE repo = $1 AND kind = 'pull_request' AND stage = 'merge' AND number = $3), '')) ON CONFLICT (repo, name) DO NOTHING`,
		c.Repo, c.Name, c.Pull, c.Comment, c.Asks, s.ms(), c.Author)
	if err != nil {
		return fmt.Errorf("keeping a command: %w", err)
	}
	return nil
}

// Command keeps one that no delivery brought by itself.
func (s *Store) Command(ctx context.Context, c Command) error { return s.command(ctx, s.db, c) }

// Commands are those on a pull request, in the order in which they came.
func (s *Store) Commands(ctx context.Context, repo, pull int64) ([]Command, error) {
	var all []Command
	err := s.db.rows(ctx, `SELECT repo, name, pull, comment, asks, author, head, state, answer, record, at FROM commands WHERE repo = $1 AND pull = $2 ORDER BY at, comment, name`, []any{repo, pull}, func(scan func(...any) error) error {
		var c Command
		var state string
		err := scan(&c.Repo, &c.Name, &c.Pull, &c.Comment, &c.Asks, &c.Author, &c.Head, &state, &c.Answer, &c.Record, &c.At)
		c.State = CommandState(state)
		all = append(all, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading commands: %w", err)
	}
	return all, nil
}

// Settle keeps what became of a command.
func (s *Store) Settle(ctx context.Context, c Command) error {
	_, err := s.db.exec(ctx, `UPDATE commands SET state = $3, answer = $4, record = $5 WHERE repo = $1 AND name = $2`, c.Repo, c.Name, string(c.State), c.Answer, c.Record)
	if err != nil {
		return fmt.Errorf("keeping what became of a command: %w", err)
	}
	return nil
}
