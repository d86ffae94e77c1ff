package store

import (
	"context"
	"fmt"
)

// Works says by what this process does its jobs: anything that tells it from processes that do
// them otherwise. Those that are no more are forgotten.
func (s *Store) Works(ctx context.Context, by string) error {
	if _, err := s.db.exec(ctx, `INSERT INTO processes (id, judges, at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET judges = excluded.judges, at = excluded.at`, s.id, by, s.ms()); err != nil {
		return fmt.Errorf("saying by what this process works: %w", err)
	}
	var all []string
	err := s.db.rows(ctx, `SELECT id FROM processes ORDER BY id`, nil, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range all {
		if alive, err := s.db.alives(ctx, id); err != nil {
			return err
		} else if alive {
			continue
		}
		if _, err := s.db.exec(ctx, `DELETE FROM processes WHERE id = $1`, id); err != nil {
			return err
		}
	}
	return nil
}

// Workers are the processes that live and work by that.
func (s *Store) Workers(ctx context.Context, by string) (ids []string, err error) {
	var all []string
	err = s.db.rows(ctx, `SELECT id FROM processes WHERE judges = $1 ORDER BY id`, []any{by}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	for _, id := range all {
		alive, aerr := s.db.alives(ctx, id)
		if aerr != nil {
			return nil, aerr
		}
		if alive {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// Live has the others know that this process lives, also where the database was started anew.
func (s *Store) Live(ctx context.Context) error { return s.db.live(ctx) }
