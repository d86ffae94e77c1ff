package store

import "context"

// Ticks counts those that wait or run.
func (s *Store) Ticks(ctx context.Context) (n int64, err error) {
	err = s.db.row(ctx, `SELECT count(*) FROM river_job WHERE kind = 'tick' AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`, nil, &n)
	return n, err
}

// AskedOfOpen are the conditions of statements about what is open, by the index that leads to it.
func AskedOfOpen() map[string][]string {
	all, _ := openOf(7, "pull_request", "merge", "")
	one, _ := openOf(7, "merge_group", "merge", "refs/heads/main")
	return map[string][]string{
		"subjects_open":       {all, one, openToMerge, openAtMerge, queuedBefore},
		"subjects_unrecorded": recorded[:1],
		"subjects_recorded":   recorded[1:],
	}
}
