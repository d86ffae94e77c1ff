package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// A postgresDB is a database that several processes share.
type postgresDB struct {
	pgConn
	pool  *pgxpool.Pool
	queue *riverQueue[pgx.Tx]
	id    string
	works bool // it takes jobs, and holds a lock that says that it lives

	mu    sync.Mutex
	alive *pgxpool.Conn // that holds the lock
	lived bool          // one did: who has it now may be our own connection, which the server is ending
}

func openPostgres(ctx context.Context, address string, o Options) (_ *postgresDB, _ queue, err error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, nil, errors.New("the address of PostgreSQL can not be read") // the error may quote a password
	}
	// Each review that is under way holds a connection for its lock, and up to two for those of
	// check runs.
	config.MaxConns = max(config.MaxConns, int32(3*orDefault(o.Limits.Reviews, 2)+24))
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	d := &postgresDB{pgConn: pgConn{pool}, pool: pool, id: o.ID}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.migrate(ctx); err != nil {
		return nil, nil, err
	}
	if o.Worker != nil {
		d.works = true
		if err := d.live(ctx); err != nil {
			return nil, nil, err
		}
	}
	o.Log = silent(o.Log)
	if d.queue, err = newQueue(riverpgxv5.New(pool), o); err != nil {
		return nil, nil, err
	}
	return d, d.queue, nil
}

// migrate brings the tables up to date, one process after the other.
func (d *postgresDB) migrate(ctx context.Context) error {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockKey("migrate")); err != nil {
		return err
	}
	defer c.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, lockKey("migrate"))
	db := stdlib.OpenDBFromPool(d.pool)
	defer db.Close()
	return migrate(ctx, "postgres", goose.DialectPostgres, db, riverpgxv5.New(d.pool))
}

func (d *postgresDB) close() error {
	d.mu.Lock()
	if d.alive != nil {
		d.alive.Conn().Close(context.Background()) // with the connection, the lock goes
		d.alive.Release()
		d.alive = nil
	}
	d.mu.Unlock()
	d.pool.Close()
	return nil
}

// live takes the lock that says that this process lives, anew if the connection that had
// it is gone, such as with a server that was started again.
func (d *postgresDB) live(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.alive != nil {
		if d.alive.Ping(ctx) == nil {
			return nil
		}
		d.alive.Release()
		d.alive = nil
	}
	patience := 0 // tries while somebody has the lock
	if d.lived {
		patience = 100
	}
	var err error
	for dead := int32(0); dead < d.pool.Config().MaxConns; { // every idle connection may be dead
		var c *pgxpool.Conn
		if c, err = d.pool.Acquire(ctx); err != nil {
			return err
		}
		var ok bool
		if err = c.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockKey(aliveLock+d.id)).Scan(&ok); err == nil && ok {
			d.alive, d.lived = c, true
			return nil
		}
		c.Release()
		switch {
		case err != nil:
			dead++
		case patience == 0:
			return fmt.Errorf("another process has the id %s", d.id)
		default:
			patience--
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	return err
}

func (d *postgresDB) inTx(ctx context.Context, fn func(tx) error) error {
	return d.txOn(ctx, d.pool, fn)
}

func (d *postgresDB) txOn(ctx context.Context, on interface {
	Begin(context.Context) (pgx.Tx, error)
}, fn func(tx) error) error {
	return pgx.BeginFunc(ctx, on, func(t pgx.Tx) error { return fn(pgTx{pgConn{t}, t, d.queue}) })
}

// aliveLock begins the name of the lock that each process holds while it lives.
const aliveLock = "alive "

// tryLock takes an advisory lock, which the server lets go of when the connection ends,
// also because its process died.
func (d *postgresDB) tryLock(ctx context.Context, name string) (held, bool, error) {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, false, err
	}
	var ok bool
	if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockKey(name)).Scan(&ok); err != nil || !ok {
		c.Release()
		return nil, false, err
	}
	return &pgLock{db: d, key: lockKey(name), c: c}, true, nil
}

// A pgLock is held by a session. The server may end that, or something on the way to it, while
// this process goes on: then somebody else may have the lock. So what must not happen without it
// is done in the same session.
type pgLock struct {
	db  *postgresDB
	key int64

	mu sync.Mutex
	c  *pgxpool.Conn // nil: it was let go
}

func (l *pgLock) inTx(ctx context.Context, fn func(tx) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil { // to begin with it would end the session
		return ctx.Err()
	}
	if l.c == nil || l.c.Conn().IsClosed() {
		return ErrLost
	}
	err := l.db.txOn(ctx, l.c, fn)
	if err != nil && l.c.Conn().IsClosed() {
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return err
}

func (l *pgLock) check(ctx context.Context) error {
	if !l.mu.TryLock() { // something is asked of the session already, and that tells
		return nil
	}
	defer l.mu.Unlock()
	if l.c == nil {
		return ErrLost
	}
	if err := l.c.Ping(ctx); err != nil {
		l.c.Conn().Close(ctx) // what does not answer may be gone, or come back: it is not held any more
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	return nil
}

func (l *pgLock) unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.c == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := l.c.Exec(ctx, `SELECT pg_advisory_unlock($1)`, l.key); err != nil {
		l.c.Conn().Close(ctx) // with the connection, the lock goes
	}
	l.c.Release()
	l.c = nil
}

func lockKey(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte("custody " + name))
	return int64(h.Sum64())
}

// alives says whether somebody holds the lock of a process.
func (d *postgresDB) alives(ctx context.Context, id string) (bool, error) {
	if id == d.id {
		return true, nil
	}
	l, dead, err := d.tryLock(ctx, aliveLock+id)
	if dead {
		l.unlock()
	}
	return !dead, err
}

// rescue finds out which processes with running jobs are no more: their lock can be had.
func (d *postgresDB) rescue(ctx context.Context) error {
	if d.works {
		if err := d.live(ctx); err != nil {
			return err
		}
	}
	var ids []string
	err := d.rows(ctx, `SELECT DISTINCT attempted_by[array_length(attempted_by, 1)] FROM river_job WHERE state = 'running' AND attempted_by IS NOT NULL`, nil,
		func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id == d.id {
			continue
		}
		l, dead, err := d.tryLock(ctx, aliveLock+id)
		if err != nil {
			return err
		}
		if !dead {
			continue
		}
		_, err = d.exec(ctx, rescueText("attempted_by[array_length(attempted_by, 1)] <> $1", "::river_job_state"), id)
		l.unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// A pgConn is whatever runs SQL: the pool or a transaction.
type pgConn struct {
	c interface {
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	}
}

func (c pgConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	tag, err := c.c.Exec(ctx, text, args...)
	return tag.RowsAffected(), err
}

func (c pgConn) row(ctx context.Context, text string, args []any, dst ...any) error {
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

func (c pgConn) rows(ctx context.Context, text string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := c.c.Query(ctx, text, args...)
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

type pgTx struct {
	pgConn
	t     pgx.Tx
	queue *riverQueue[pgx.Tx]
}

func (t pgTx) alone(ctx context.Context, name string) error {
	_, err := t.exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("tx "+name))
	return err
}

func (t pgTx) add(ctx context.Context, jobs ...job) error {
	if err := t.queue.add(ctx, t.t, jobs...); err != nil {
		return err
	}
	var queues []string
	for _, j := range jobs {
		if ring := wakeUp(j.options().Queue); !slices.Contains(queues, ring) {
			queues = append(queues, ring)
		}
	}
	if len(queues) == 0 {
		return nil
	}
	if err := t.queue.driver.UnwrapExecutor(t.t).NotifyMany(ctx, &riverdriver.NotifyManyParams{Topic: insertTopic, Payload: queues}); err != nil {
		return fmt.Errorf("telling of jobs: %w", err)
	}
	return nil
}
