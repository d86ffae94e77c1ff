package store

import "context"

// Ticks counts those that wait or run.
func (s *Store) Ticks(ctx context.Context) (n int64, err error) {
	err = s.db.row(ctx, `SELECT count(*) FROM river_job WHERE kind = 'tick' AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`, nil, &n)
	return n, err
}
