package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Effect is a write to the forge, by a key that stands for it once and for all.
type Effect struct {
	Key    string
	Done   bool   // else it was begun, and whether it happened is for the forge to say
	Result string // such as the id of what was made; while it is not done, what is intended
	At     int64  // when that was kept, in Unix milliseconds; or when to come back to it, see Later
}

// Effect finds one; the zero value when nobody began it.
func (s *Store) Effect(ctx context.Context, key string) (Effect, error) {
	e := Effect{Key: key}
	var state string
	err := s.db.row(ctx, `SELECT state, result, at FROM effects WHERE key = $1`, []any{key}, &state, &e.Result, &e.At)
	if errors.Is(err, ErrNotFound) {
		return Effect{}, nil
	}
	if err != nil {
		return Effect{}, fmt.Errorf("reading effect %s: %w", key, err)
	}
	e.Done = state == "done"
	return e, nil
}

// Begin says that an effect is about to happen, and what will have happened then. It is
// on the disk when Begin returns.
func (s *Store) Begin(ctx context.Context, key, intent string) error {
	return s.begin(ctx, s.db, key, intent, s.ms())
}

func (s *Store) begin(ctx context.Context, q querier, key, intent string, at int64) error {
	_, err := q.exec(ctx, `INSERT INTO effects (key, state, result, at) VALUES ($1, 'begun', $2, $3) ON CONFLICT (key) DO UPDATE SET state = 'begun', result = excluded.result, at = excluded.at`, key, intent, at)
	if err != nil {
		return fmt.Errorf("beginning effect %s: %w", key, err)
	}
	return nil
}

// Begun are keys of effects that begin with one of the prefixes, were begun before an instant, in
// Unix milliseconds, and are neither done nor refused: at most max, the oldest first.
func (s *Store) Begun(ctx context.Context, prefixes []string, before int64, max int) ([]string, error) {
	var kinds []string
	args := []any{before, max}
	for _, prefix := range prefixes {
		args = append(args, prefix)
		kinds = append(kinds, fmt.Sprintf("substr(key, 1, %d) = $%d", len(prefix), len(args)))
	}
	return s.begunWhere(ctx, `at < $1 AND (`+strings.Join(kinds, " OR ")+`) ORDER BY at, key LIMIT $2`, args...)
}

func (s *Store) begunWhere(ctx context.Context, where string, args ...any) (keys []string, err error) {
	err = s.db.rows(ctx, `SELECT key FROM effects WHERE state = 'begun' AND `+where, args, func(scan func(...any) error) error {
		var key string
		err := scan(&key)
		keys = append(keys, key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for effects that were begun: %w", err)
	}
	return keys, nil
}

// Later begins an effect to which is to be come back at an instant, in Unix milliseconds.
func (s *Store) Later(ctx context.Context, key, intent string, at int64) error {
	return s.begin(ctx, s.db, key, intent, at)
}

// Postpone has one be come back to at another instant, in Unix milliseconds, if it still is what it
// was. ok is false where somebody else came to it meanwhile.
func (s *Store) Postpone(ctx context.Context, e Effect, until int64) (ok bool, err error) {
	n, err := s.db.exec(ctx, `UPDATE effects SET at = $4 WHERE key = $1 AND state = 'begun' AND result = $2 AND at = $3`, e.Key, e.Result, e.At, until)
	if err != nil {
		return false, fmt.Errorf("putting off effect %s: %w", e.Key, err)
	}
	return n > 0, nil
}

// Due are keys of effects that begin with a prefix and to which is to be come back before an instant,
// in Unix milliseconds, or so much later than most that the clock was put back: at most max.
func (s *Store) Due(ctx context.Context, prefix string, before int64, most time.Duration, max int) ([]string, error) {
	return s.begunWhere(ctx, `(at < $1 OR at > $2) AND substr(key, 1, $3) = $4 ORDER BY at, key LIMIT $5`, before, before+most.Milliseconds(), len(prefix), prefix, max)
}

// Refuse says that the forge does not let it happen: it is tried again with the next review, and
// not asked for, see Begun.
func (s *Store) Refuse(ctx context.Context, key string) error {
	_, err := s.db.exec(ctx, `UPDATE effects SET state = 'refused' WHERE key = $1 AND state = 'begun'`, key)
	if err != nil {
		return fmt.Errorf("keeping that effect %s was refused: %w", key, err)
	}
	return nil
}

// Finish says that it happened.
func (s *Store) Finish(ctx context.Context, key, result string) error {
	_, err := s.db.exec(ctx, `INSERT INTO effects (key, state, result, at) VALUES ($1, 'done', $2, $3) ON CONFLICT (key) DO UPDATE SET state = 'done', result = excluded.result, at = excluded.at`, key, result, s.ms())
	if err != nil {
		return fmt.Errorf("finishing effect %s: %w", key, err)
	}
	return nil
}

// FinishIf says that what was intended has happened. ok is false where something else is intended
// by now, or was done.
func (s *Store) FinishIf(ctx context.Context, key, intent, result string) (ok bool, err error) {
	n, err := s.db.exec(ctx, `UPDATE effects SET state = 'done', result = $3, at = $4 WHERE key = $1 AND state <> 'done' AND result = $2`, key, intent, result, s.ms())
	if err != nil {
		return false, fmt.Errorf("finishing effect %s: %w", key, err)
	}
	return n > 0, nil
}

// Swap writes what an effect is, done or only begun, if it still is what it was; with an empty
// Result, if it is not there. ok is false where somebody else wrote meanwhile.
func (s *Store) Swap(ctx context.Context, was Effect, is string, done bool) (ok bool, err error) {
	query := `UPDATE effects SET state = $4, result = $5, at = $6 WHERE key = $1 AND state = $2 AND result = $3`
	if was.Result == "" {
		query = `INSERT INTO effects (key, state, result, at) SELECT $1, $4, $5, $6 WHERE $2 <> '' AND $3 = '' ON CONFLICT (key) DO NOTHING`
	}
	n, err := s.db.exec(ctx, query, was.Key, state(was.Done), was.Result, state(done), is, s.ms())
	if err != nil {
		return false, fmt.Errorf("writing effect %s: %w", was.Key, err)
	}
	return n > 0, nil
}

func state(done bool) string {
	if done {
		return "done"
	}
	return "begun"
}

// Forget makes as if an effect had never been begun: what it made is gone.
func (s *Store) Forget(ctx context.Context, key string) error {
	_, err := s.db.exec(ctx, `DELETE FROM effects WHERE key = $1`, key)
	return err
}

// ForgetIf forgets what still is what it was. ok is false where somebody else wrote meanwhile.
func (s *Store) ForgetIf(ctx context.Context, key, result string) (ok bool, err error) {
	n, err := s.db.exec(ctx, `DELETE FROM effects WHERE key = $1 AND result = $2`, key, result)
	if err != nil {
		return false, fmt.Errorf("forgetting effect %s: %w", key, err)
	}
	return n > 0, nil
}
