package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
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
	// alone waits until no other transaction has a name, and keeps it until this one ends.
	alone(ctx context.Context, name string) error
}

// A backend is what differs between the databases.
type backend interface {
	querier
	inTx(ctx context.Context, fn func(tx) error) error
	tryLock(ctx context.Context, name string) (held, bool, error)
	rescue(ctx context.Context) error
	// live has other processes know that this one lives; alives asks that of one.
	live(ctx context.Context) error
	alives(ctx context.Context, id string) (bool, error)
	close() error
}

// A held is a name that this process has, until unlock.
type held interface {
	// inTx is a transaction that ends well only if the name is still held.
	inTx(ctx context.Context, fn func(tx) error) error
	// check says ErrLost when it is not.
	check(ctx context.Context) error
	unlock()
}

//go:embed migrations
var migrations embed.FS

// migrate brings our tables and those of the queue up to date, by the files of a folder of
// migrations.
func migrate[Tx any](ctx context.Context, folder string, dialect goose.Dialect, db *sql.DB, queue riverdriver.Driver[Tx]) error {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	ours, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		return err
	}
	if there, known, err := ours.GetVersions(ctx); err != nil {
		return err
	} else if there > known {
		return newerError(there, known)
	}
	if _, err := ours.Up(ctx); err != nil {
		return err
	}
	river, err := rivermigrate.New(queue, nil)
	if err != nil {
		return err
	}
	_, err = river.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
