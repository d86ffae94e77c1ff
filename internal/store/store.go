// Package store is the server's state: SQLite for one process, or PostgreSQL for several.
//
// What is kept, a table each:
//
//	deliveries    every webhook delivery by its GUID; the body until it was decided on
//	subjects      what is reviewed (a pull request, a merge group, a push): what is
//	              wanted of it last (head, turn), and what was concluded last
//	reviews       every verdict that was reached: of what, from which pack
//	effects       every write to the forge by its key: intended, then done
//	repositories  where the App is installed
//	pushes        who moved a branch from where to where
//	brought       who pushed a commit otherwise: below a branch's tip, or as somebody did before
//	commands      what was asked on pull requests, and what came of it
//	marks         how far a sweep has come
//	processes     by what each works that shares the store
//	river_*       the queue's own
//
// It promises that a delivery which was accepted is on the disk together with the job
// that will decide on it; that a decision and the reviews it asks for are one
// transaction; that a job which died with its process runs again; that one review
// at a time works on a subject, whichever process it is in; and that a verdict is kept, with
// what follows from it, by who has the subject and of no older turn than the last. It knows
// nothing of the forge or of reviews: what the bytes mean is the App's.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// A Store is the state of a server. It is safe for concurrent use.
type Store struct {
	db    backend
	now   func() time.Time
	id    string
	queue queue

	accept gate[*acceptance]
	decide gate[*deciding]
}

// Options are what Open needs besides the address.
type Options struct {
	Now    func() time.Time
	Log    *slog.Logger // of the queue
	ID     string       // of this process, another for each
	Worker Worker       // who does the jobs; nil for one who only adds some
	Limits Limits
	Every  time.Duration // between two ticks of a kind; 0: minutes, see Tick
	// Pause is the break before a job that failed is tried again; those that follow grow with the
	// square of their number. 0: a second.
	Pause time.Duration
}

// Limits say how much is done at a time.
type Limits struct {
	Deliveries int // decided on at a time; 0: 16
	Reviews    int // 0: 2
}

// ErrNotFound says that there is no such row.
var ErrNotFound = errors.New("not in the store")

// Open opens the store at an address, sqlite:///absolute/path or postgres://..., and
// brings its tables up to date.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	u, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	s := &Store{now: o.Now, id: o.ID}
	if u.Scheme == "sqlite" {
		s.db, s.queue, err = openSQLite(ctx, u.Path, o)
	} else {
		s.db, s.queue, err = openPostgres(ctx, address, o)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return s, nil
}

// parseAddress reads an address as one of SQLite or PostgreSQL.
func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the store is no URL") // it may hold a password
	}
	switch u.Scheme {
	case "sqlite":
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return nil, errors.New("the store: write sqlite:///absolute/path/to/file.db for SQLite")
		}
	case "postgres", "postgresql":
	default:
		return nil, fmt.Errorf("the store: the scheme %q is not known: write sqlite:///path or postgres://user@host/name", u.Scheme)
	}
	return u, nil
}

// Start begins to work on jobs, those first that a dead process left behind.
func (s *Store) Start(ctx context.Context) error {
	if err := s.db.rescue(ctx); err != nil {
		return fmt.Errorf("taking over jobs: %w", err)
	}
	return s.queue.start(ctx)
}

// Stop takes no more jobs, and waits for those that run until ctx ends; then they are
// told to stop, and run again with the next Start.
func (s *Store) Stop(ctx context.Context) error { return s.queue.stop(ctx) }

// Rescue gives the jobs of processes that are no more to those that are.
func (s *Store) Rescue(ctx context.Context) error { return s.db.rescue(ctx) }

// Close ends all connections. Stop first.
func (s *Store) Close() error { return s.db.close() }

// Ping says whether the database answers and has the tables.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Mark(ctx, "ping")
	return err
}

func (s *Store) ms() int64 { return s.now().UnixMilli() }

// A Mark is a value that is kept by a name.
type Mark struct {
	Repo        int64 // that it is about
	Name, Value string
}

// Mark is the value of a mark, empty when it was never set.
func (s *Store) Mark(ctx context.Context, name string) (value string, err error) {
	err = s.db.row(ctx, `SELECT value FROM marks WHERE name = $1`, []any{name}, &value)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// SetMark remembers a value.
func (s *Store) SetMark(ctx context.Context, name, value string) error {
	return setMark(ctx, s.db, name, value)
}

func setMark(ctx context.Context, q querier, name, value string) error {
	_, err := q.exec(ctx, `INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// SwapMark changes a mark that still has the value was, which is empty for one that was never set.
// ok is false where somebody else changed it meanwhile.
func (s *Store) SwapMark(ctx context.Context, name, was, value string) (ok bool, err error) {
	change := `UPDATE marks SET value = $2 WHERE name = $1 AND value = $3`
	if was == "" {
		change = `INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE marks.value = $3`
	}
	n, err := s.db.exec(ctx, change, name, value, was)
	return n > 0, err
}

// Remember keeps a value under the name of a mark, unless one is kept already, and gives
// the one that is.
func (s *Store) Remember(ctx context.Context, name, value string) (string, error) {
	if err := remember(ctx, s.db, name, value); err != nil {
		return "", err
	}
	return s.Mark(ctx, name)
}

func remember(ctx context.Context, q querier, name, value string) error {
	_, err := q.exec(ctx, `INSERT INTO marks (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value)
	return err
}
