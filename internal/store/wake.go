package store

import (
	"context"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// River tells its workers of new jobs once in a while at most, and not of those that come
// in between: those wait for a poll, a second later. Its listener on SQLite polls, too. So
// the store tells of each transaction with jobs itself: on SQLite a bell in the process
// rings when it is on the disk; PostgreSQL sends its notification then.

// insertTopic is River's, on which it hears that a queue has new jobs.
const insertTopic = "river_insert"

func wakeUp(queue string) string { return fmt.Sprintf(`{"queue": %q}`, queue) }

// A bell is a riverdriver.Listener of one process. Rings that nobody has heard yet are
// one ring for each queue.
type bell struct{ rings map[string]chan struct{} }

func newBell() *bell {
	b := &bell{map[string]chan struct{}{}}
	for _, queue := range []string{deliveryQueue, reviewQueue, tickQueue, sweepQueue} {
		b.rings[queue] = make(chan struct{}, 1)
	}
	return b
}

func (b *bell) ring(queue string) {
	select {
	case b.rings[queue] <- struct{}{}:
	default: // it rings
	}
}

func (b *bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	queue := ""
	select {
	case <-b.rings[deliveryQueue]:
		queue = deliveryQueue
	case <-b.rings[reviewQueue]:
		queue = reviewQueue
	case <-b.rings[tickQueue]:
		queue = tickQueue
	case <-b.rings[sweepQueue]:
		queue = sweepQueue
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &riverdriver.Notification{Topic: insertTopic, Payload: wakeUp(queue)}, nil
}

// There is no connection to keep, and no other topic.
func (*bell) Connect(context.Context) error          { return nil }
func (*bell) Close(context.Context) error            { return nil }
func (*bell) Ping(context.Context) error             { return nil }
func (*bell) Listen(context.Context, string) error   { return nil }
func (*bell) Unlisten(context.Context, string) error { return nil }
func (*bell) Schema() string                         { return "" }
func (*bell) SetAfterConnectExec(string)             {}

// A bellDriver is River's driver for SQLite with a bell in place of notifications in a
// table.
type bellDriver struct {
	*riversqlite.Driver
	bell *bell
}

func (d bellDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return d.bell }
func (bellDriver) SupportsListenNotify() bool                                          { return false }
