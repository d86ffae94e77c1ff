package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"custody/internal/filelock"
)

// A sqliteDB is a database in one file, for one process at a time.
type sqliteDB struct {
	sqliteConn         // reads
	write      *sql.DB // one connection: SQLite has one writer
	queue      *riverQueue[*sql.Tx]
	bell       *bell
	guard      *os.File // held for as long as the process lives
	id         string

	mu   sync.Mutex
	held map[string]bool
}

// ErrInUse says that another process has the store.
var ErrInUse = errors.New("it is in use by another process: SQLite is for one, PostgreSQL for several")

func openSQLite(ctx context.Context, path string, o Options) (_ *sqliteDB, _ queue, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	d := &sqliteDB{id: o.ID, held: map[string]bool{}, bell: newBell()}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.guard, err = guard(path); err != nil {
		return nil, nil, err
	}
	if err := private(path); err != nil {
		return nil, nil, err
	}
	// Commits are on the disk before they return: synchronous=FULL, which in WAL mode is
	// one fsync.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"
	if d.write, err = sql.Open("sqlite", dsn); err != nil {
		return nil, nil, err
	}
	d.write.SetMaxOpenConns(1)
	if err := d.migrate(ctx); err != nil {
		return nil, nil, err
	}
	read, err := sql.Open("sqlite", dsn+"&_pragma=query_only(1)")
	if err != nil {
		return nil, nil, err
	}
	read.SetMaxOpenConns(8)
	d.sqliteConn = sqliteConn{read}
	o.Log = silent(o.Log)
	if d.queue, err = newQueue(bellDriver{riversqlite.New(d.write), d.bell}, o); err != nil {
		return nil, nil, err
	}
	return d, d.queue, nil
}

// guard keeps other processes from a database for as long as it is not closed.
func guard(path string) (*os.File, error) {
	f, err := filelock.Hold(path + ".lock")
	if errors.Is(err, filelock.ErrHeld) {
		err = ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return f, nil
}

// private makes the file nobody else's to read, before there is anything in it: the files that
// SQLite puts beside it have its mode. The folder stays as it is, and may be one that others use.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func (d *sqliteDB) migrate(ctx context.Context) error {
	return migrate(ctx, "sqlite", goose.DialectSQLite3, d.write, riversqlite.New(d.write))
}

func (d *sqliteDB) close() error {
	var errs []error
	if r, ok := d.sqliteConn.c.(*sql.DB); ok {
		errs = append(errs, r.Close())
	}
	if d.write != nil {
		errs = append(errs, d.write.Close())
	}
	if d.guard != nil {
		errs = append(errs, d.guard.Close())
	}
	return errors.Join(errs...)
}

// writing waits for the one connection that writes, until ctx ends. What has it then writes to the
// end, which takes milliseconds: SQLite interrupts whatever runs on a connection, which is of no
// further use then, and everybody waits for this one.
func (d *sqliteDB) writing(ctx context.Context) (*sql.Conn, error) { return d.write.Conn(ctx) }

// exec writes; reads are the embedded connection's.
func (d *sqliteDB) exec(ctx context.Context, text string, args ...any) (int64, error) {
	c, err := d.writing(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return sqliteConn{toTheEnd{c}}.exec(ctx, text, args...)
}

func (d *sqliteDB) inTx(ctx context.Context, fn func(tx) error) error {
	c, err := d.writing(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	t, err := c.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer t.Rollback() // after a commit it does nothing
	with := &sqliteTx{sqliteConn{toTheEnd{t}}, t, d.queue, nil}
	if err := fn(with); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return err
	}
	for _, j := range with.added {
		d.bell.ring(j.options().Queue)
	}
	return nil
}

func (d *sqliteDB) tryLock(_ context.Context, name string) (held, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held[name] {
		return nil, false, nil
	}
	d.held[name] = true
	return &sqliteLock{d, sync.OnceFunc(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.held, name)
	})}, true, nil
}

// A sqliteLock is held by the process, which has the database to itself: it can not be lost.
type sqliteLock struct {
	*sqliteDB
	release func()
}

func (*sqliteLock) check(context.Context) error { return nil }
func (l *sqliteLock) unlock()                   { l.release() }

// live has nobody to tell: the file is for one process.
func (d *sqliteDB) live(context.Context) error { return nil }

func (d *sqliteDB) alives(_ context.Context, id string) (bool, error) { return id == d.id, nil }

// rescue takes over all jobs that run and are not ours: nobody else is there.
func (d *sqliteDB) rescue(ctx context.Context) error {
	_, err := d.exec(ctx, rescueText("$1 = (SELECT value FROM json_each(attempted_by) ORDER BY key DESC LIMIT 1)", ""), d.id)
	return err
}

// rescueText gives jobs back that run without being ours. A job that took its process
// with it every time is not tried for ever.
func rescueText(ours, cast string) string {
	return `UPDATE river_job SET
	state = (CASE WHEN attempt >= max_attempts THEN 'discarded' ELSE 'available' END)` + cast + `,
	finalized_at = CASE WHEN attempt >= max_attempts THEN CURRENT_TIMESTAMP ELSE NULL END,
	scheduled_at = CURRENT_TIMESTAMP
WHERE state = 'running' AND NOT (` + ours + `)`
}

// A sqliteConn is whatever runs SQL: a database or a transaction.
type sqliteConn struct{ c sqlRunner }

type sqlRunner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// toTheEnd runs SQL whoever gives up meanwhile.
type toTheEnd struct{ c sqlRunner }

func (e toTheEnd) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return e.c.ExecContext(context.WithoutCancel(ctx), query, args...)
}

func (e toTheEnd) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return e.c.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// dollars writes $1 as SQLite does, ?1.
func dollars(text string) string { return strings.ReplaceAll(text, "$", "?") }

func (c sqliteConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	r, err := c.c.ExecContext(ctx, dollars(text), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c sqliteConn) row(ctx context.Context, text string, args []any, dst ...any) error {
	found := false
	err := c.rows(ctx, text, args, func(scan func(...any) error) error {
		found = true
		return scan(dst...)
	})
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

func (c sqliteConn) rows(ctx context.Context, text string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := c.c.QueryContext(ctx, dollars(text), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

type sqliteTx struct {
	sqliteConn
	t     *sql.Tx
	queue *riverQueue[*sql.Tx]
	added []job
}

// alone has nothing to wait for: there is one transaction at a time.
func (*sqliteTx) alone(context.Context, string) error { return nil }

func (t *sqliteTx) add(ctx context.Context, jobs ...job) error {
	t.added = append(t.added, jobs...)
	return t.queue.add(context.WithoutCancel(ctx), t.t, jobs...)
}
