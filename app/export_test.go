package app

import "context"

// Overtake stops a review of another head of a subject, as a decision on a delivery does.
func (a *App) Overtake(repo int64, name, head string) {
	a.overtake(subjectKey(repo, name), head, false)
}

// SetRight looks once at the check runs at which that is due.
func (a *App) SetRight(ctx context.Context) error { return a.setRight(ctx) }
