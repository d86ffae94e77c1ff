package store

import (
	"context"
	"fmt"
)

// Works says by what this process does its jobs, until it leaves: anything that tells it from
// processes that do them otherwise.
func (s *Store) Works(ctx context.Context, by string) error {
	if _, err := s.db.exec(ctx, `INSERT INTO processes (id, judges, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET judges = excluded.judges, at = excluded.at`, s.id, by, s.ms()); err != nil {
		return fmt.Errorf("saying by what this process works: %w", err)
	}
	return nil
}

// Leave says that this process is about to end.
func (s *Store) Leave(ctx context.Context) error {
	if _, err := s.db.exec(ctx, `DELETE FROM processes WHERE id = $1`, s.id); err != nil {
		return fmt.Errorf("saying that this process leaves: %w", err)
	}
	return nil
}

// ForgetDead forgets processes that are no more, and did not say that they leave.
func (s *Store) ForgetDead(ctx context.Context) error {
	_, dead, err := s.working(ctx, `TRUE`)
	for _, id := range dead {
		if _, err := s.db.exec(ctx, `DELETE FROM processes WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return err
}

// Workers are the processes that work by that: those that live, and those of which that is not
// known, which did not say that they leave.
func (s *Store) Workers(ctx context.Context, by string) (live, gone []string, err error) {
	return s.working(ctx, `judges = $1`, by)
}

func (s *Store) working(ctx context.Context, where string, args ...any) (live, gone []string, err error) {
	var all []string
	err = s.db.rows(ctx, `SELECT id FROM processes WHERE `+where+` ORDER BY id`, args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	for _, id := range all {
		alive, aerr := s.db.alives(ctx, id)
		if aerr != nil {
			return nil, nil, aerr
		}
		if alive {
			live = append(live, id)
		} else {
			gone = append(gone, id)
		}
	}
	return live, gone, err
}

// Live has the others know that this process lives, also where the database was started anew.
func (s *Store) Live(ctx context.Context) error { return s.db.live(ctx) }
