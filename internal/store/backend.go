package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

// A querier runs SQL that both databases understand, with $1, $2 ... for arguments.
type querier interface {
	exec(ctx context.Context, sql string, args ...any) (rows int64, err error)
	// row reads one row; ErrNotFound when there is none.
	row(ctx context.Context, sql string, args []any, dst ...any) error
	// rows calls fn for each row.
	rows(ctx context.Context, sql string, args []any, fn func(scan func(dst ...any) error) error) error
}

// A tx is a transaction, in which jobs are added, too.
type tx interface {
	querier
	add(ctx context.Context, jobs ...job) error
}

// A backend is what differs between the databases.
type backend interface {
	querier
	inTx(ctx context.Context, fn func(tx) error) error
	tryLock(ctx context.Context, name string) (unlock func(), ok bool, err error)
	rescue(ctx context.Context) error
	close() error
}

//go:embed migrations
var migrations embed.FS

func migrationsOf(name string) (fs.FS, error) {
	sub, err := fs.Sub(migrations, "migrations/"+name)
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return sub, nil
}
