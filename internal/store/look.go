package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// A Condition is how far the tables of a store are.
type Condition string

const (
	UpToDate Condition = "up to date"
	Older    Condition = "older"  // Open brings them up to date
	Unmade   Condition = "unmade" // there are none yet: Open makes them
)

// Look says in which condition the store at an address is, as Open would find it. It changes
// nothing: programs of an older version, which may be at work, do not start again on tables that
// were brought up to date.
func Look(ctx context.Context, address string) (Condition, error) {
	u, err := parseAddress(address)
	if err != nil {
		return "", err
	}
	var c Condition
	if u.Scheme == "sqlite" {
		c, err = lookSQLite(ctx, u.Path)
	} else {
		c, err = lookPostgres(ctx, address)
	}
	if err != nil {
		return "", fmt.Errorf("looking at the store: %w", err)
	}
	return c, nil
}

func lookSQLite(ctx context.Context, path string) (_ Condition, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return Unmade, nil
	} else if err != nil {
		return "", err
	}
	held, err := guard(path)
	if err != nil {
		return "", err
	}
	defer held.Close()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=rw&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return look(ctx, "sqlite", sqliteConn{db}, `SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'`, riversqlite.New(db))
}

func lookPostgres(ctx context.Context, address string) (Condition, error) {
	pool, err := pgxpool.New(ctx, address)
	if err != nil {
		return "", errors.New("the address of PostgreSQL can not be read") // the error may quote a password
	}
	defer pool.Close()
	c, err := look(ctx, "postgres", pgConn{pool}, `SELECT to_regclass('goose_db_version') IS NOT NULL`, riverpgxv5.New(pool))
	if err != nil || c == UpToDate {
		return c, err
	}
	var may bool
	if err := (pgConn{pool}).row(ctx, `SELECT COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)`, nil, &may); err != nil {
		return "", err
	}
	if !may {
		return "", errors.New("its user may make no tables there: grant it CREATE on the schema, or give it a database of its own")
	}
	return c, nil
}

// look compares the tables with the migrations of a folder, and with those of the queue. There asks
// whether any were ever made.
func look[Tx any](ctx context.Context, folder string, q querier, there string, queue riverdriver.Driver[Tx]) (Condition, error) {
	files, err := fs.ReadDir(migrations, "migrations/"+folder)
	if err != nil {
		return "", fmt.Errorf("migrations: %w", err)
	}
	known, err := goose.NumericComponent(files[len(files)-1].Name())
	if err != nil {
		return "", fmt.Errorf("migrations: %w", err)
	}
	var made bool
	if err := q.row(ctx, there, nil, &made); err != nil || !made {
		return Unmade, err
	}
	var at int64
	if err := q.row(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version`, nil, &at); err != nil {
		return "", err
	}
	if at > known {
		return "", newerError(at, known)
	}
	river, err := rivermigrate.New(queue, nil)
	if err != nil {
		return "", err
	}
	jobs, err := river.Validate(ctx, nil)
	if err != nil {
		return "", err
	}
	if at < known || !jobs.OK {
		return Older, nil
	}
	return UpToDate, nil
}

// newerError says that a program of a newer version was here: what that made of the tables, this
// one may spoil.
func newerError(at, known int64) error {
	return fmt.Errorf("it was made by a newer version of Custody (its tables are at version %d, this one knows %d): start that one, or go back to a copy of the store from before", at, known)
}
