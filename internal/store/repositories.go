package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Installed says that the App has, or has no longer, a repository.
type Installed struct {
	Repo         int64 // 0: every one of the installation
	Installation int64
	FullName     string
	State        InstallState // empty: as it was; of one that is not known yet, Active
}

// An InstallState is what became of an installation on a repository. Nothing is reviewed but where it
// is Active.
type InstallState string

const (
	Active    InstallState = "active"
	Suspended InstallState = "suspended"
	Archived  InstallState = "archived" // the forge lets nobody write there
	Removed   InstallState = "removed"
)

func (s *Store) installed(ctx context.Context, t querier, i Installed) error {
	if i.Repo == 0 {
		_, err := t.exec(ctx, `UPDATE repositories SET state = $2, at = $3 WHERE installation = $1 AND state <> 'removed'`, i.Installation, string(i.State), s.ms())
		return err
	}
	state := `excluded.state`
	if i.State == "" {
		state, i.State = `repositories.state`, Active
	}
	_, err := t.exec(ctx, `INSERT INTO repositories (id, installation, full_name, state, at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET installation = excluded.installation, full_name = CASE WHEN excluded.full_name = '' THEN repositories.full_name ELSE excluded.full_name END, state = `+state+`, at = excluded.at`,
		i.Repo, i.Installation, i.FullName, string(i.State), s.ms())
	return err
}

// Installed keeps what was learnt of a repository.
func (s *Store) Installed(ctx context.Context, i Installed) error {
	if err := s.installed(ctx, s.db, i); err != nil {
		return fmt.Errorf("keeping an installation: %w", err)
	}
	return nil
}

// Unreachable says that an installation does not lead to a repository any more, unless
// another one does by now.
func (s *Store) Unreachable(ctx context.Context, repo, installation int64) error {
	_, err := s.db.exec(ctx, `UPDATE repositories SET state = $3, at = $4 WHERE id = $1 AND installation = $2 AND state = 'active'`, repo, installation, string(Suspended), s.ms())
	if err != nil {
		return fmt.Errorf("keeping that a repository is not for us: %w", err)
	}
	return nil
}

// Repository says what is known of one; ok is false when nothing is.
func (s *Store) Repository(ctx context.Context, id int64) (i Installed, ok bool, err error) {
	i.Repo = id
	var state string
	err = s.db.row(ctx, `SELECT installation, full_name, state FROM repositories WHERE id = $1`, []any{id}, &i.Installation, &i.FullName, &state)
	if errors.Is(err, ErrNotFound) {
		return i, false, nil
	}
	i.State = InstallState(state)
	return i, err == nil, err
}

// Repositories are all where the App is at work.
func (s *Store) Repositories(ctx context.Context) ([]Installed, error) {
	var all []Installed
	err := s.db.rows(ctx, `SELECT id, installation, full_name, state FROM repositories WHERE state = 'active' ORDER BY id`, nil, func(scan func(...any) error) error {
		var i Installed
		var state string
		err := scan(&i.Repo, &i.Installation, &i.FullName, &state)
		i.State = InstallState(state)
		all = append(all, i)
		return err
	})
	return all, err
}

// A Push moved a ref.
type Push struct {
	Repo          int64
	Ref           string
	Before, After string
	Login, ID     string
	Type          string
	At            int64 // when somebody told of it first, in Unix milliseconds; who tells now leaves it out
	// Brought are commits besides After that the repository did not have. Who reads a push finds none.
	Brought []string
}

func (s *Store) push(ctx context.Context, t querier, p Push) error {
	n, err := t.exec(ctx, `INSERT INTO pushes (repo, ref, before, after, login, person, type, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (repo, ref, before, after) DO NOTHING`,
		p.Repo, p.Ref, p.Before, p.After, p.Login, p.ID, p.Type, s.ms())
	if err != nil {
		return err
	}
	commits := p.Brought
	if n == 0 { // the ref was moved so before, by somebody else maybe
		commits = append([]string{p.After}, commits...)
	}
	for some := range slices.Chunk(commits, maxNamed) {
		args, rows := []any{p.Repo, p.Ref, p.Login, p.ID, p.Type, s.ms()}, []string{}
		for _, commit := range some {
			args = append(args, commit)
			rows = append(rows, fmt.Sprintf("($1, $%d, $2, $4, $3, $5, $6)", len(args)))
		}
		if _, err := t.exec(ctx, `INSERT INTO brought (repo, id, ref, person, login, type, at) VALUES `+strings.Join(rows, ", ")+` ON CONFLICT (repo, id, ref, person) DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

// PushesTo are the pushes that moved a ref to a commit.
func (s *Store) PushesTo(ctx context.Context, repo int64, ref, after string) ([]Push, error) {
	return s.pushes(ctx, `repo = $1 AND ref = $2 AND after = $3 ORDER BY before`, repo, ref, after)
}

// maxNamed is how many values one statement names: databases bound them.
const maxNamed = 500

// PushesOf are the pushes that moved any ref to one of these commits, or brought one, which then is
// After, with others, in the order in which somebody told of them.
func (s *Store) PushesOf(ctx context.Context, repo int64, commits []string) (all []Push, err error) {
	for some := range slices.Chunk(commits, maxNamed) {
		args, named := []any{repo}, []string{}
		for _, commit := range some {
			args = append(args, commit)
			named = append(named, fmt.Sprintf("$%d", len(args)))
		}
		in := ` IN (` + strings.Join(named, ", ") + `)`
		pushes, err := s.pushes(ctx, `repo = $1 AND after`+in, args...)
		if err != nil {
			return nil, err
		}
		brought, err := s.pushesIn(ctx, `SELECT repo, ref, '', id, login, person, type, at FROM brought WHERE repo = $1 AND id`+in, args...)
		if err != nil {
			return nil, err
		}
		all = append(append(all, pushes...), brought...)
	}
	slices.SortFunc(all, func(a, b Push) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Before, b.Before), cmp.Compare(a.After, b.After), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// ToldOfPush is when somebody told of a push first, in Unix milliseconds; 0: nobody did.
func (s *Store) ToldOfPush(ctx context.Context, repo int64, ref, before, after string) (at int64, err error) {
	if strings.Trim(before, "0") == "" { // it made the ref
		before = ""
	}
	err = s.db.row(ctx, `SELECT at FROM pushes WHERE repo = $1 AND ref = $2 AND before = $3 AND after = $4`, []any{repo, ref, before, after}, &at)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return at, err
}

// PushesFrom are the pushes that moved a ref away from a commit, the newest first.
func (s *Store) PushesFrom(ctx context.Context, repo int64, ref, before string) ([]Push, error) {
	return s.pushes(ctx, `repo = $1 AND ref = $2 AND before = $3 ORDER BY at DESC, after`, repo, ref, before)
}

func (s *Store) pushes(ctx context.Context, where string, args ...any) ([]Push, error) {
	return s.pushesIn(ctx, `SELECT repo, ref, before, after, login, person, type, at FROM pushes WHERE `+where, args...)
}

func (s *Store) pushesIn(ctx context.Context, query string, args ...any) ([]Push, error) {
	var all []Push
	err := s.db.rows(ctx, query, args, func(scan func(...any) error) error {
		var p Push
		err := scan(&p.Repo, &p.Ref, &p.Before, &p.After, &p.Login, &p.ID, &p.Type, &p.At)
		all = append(all, p)
		return err
	})
	return all, err
}
