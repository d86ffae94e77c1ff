package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"custody/internal/store"
)

// Many deliveries at a time: each is answered soon, in units of what the disk takes for
// one durable write at the same time, and none is lost.
func TestLoad(t *testing.T) {
	if os.Getenv("CUSTODY_SLOW") == "" { // where it is held against the disk, it is alone
		t.Parallel()
	}
	t.Run("sqlite", func(t *testing.T) { load(t, newWorld(t, policy)) })
	t.Run("postgres", func(t *testing.T) { load(t, newWorld(t, policy, onPostgres)) })
}

func load(t *testing.T, w *world) {
	const rate = 200 // a second
	seconds := 1
	if os.Getenv("CUSTODY_SLOW") != "" {
		seconds = 60
	}
	var payloads [][]byte
	var events []string
	for _, s := range w.gh.Samples() {
		switch s.Event {
		case "status", "check_run", "label", "star", "issues", "push", "fork", "issue_comment":
			payloads, events = append(payloads, s.Payload), append(events, s.Event)
		}
	}
	acks := make([]time.Duration, rate*seconds)
	var disk []time.Duration
	stop := make(chan bool)
	var group sync.WaitGroup
	group.Go(func() { // what one durable write takes meanwhile
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				disk = append(disk, durable(t, filepath.Join(w.dir, "probe")))
			}
		}
	})
	begin := time.Now()
	var sent sync.WaitGroup
	for i := range acks {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / rate)))
		sent.Go(func() {
			at := time.Now()
			w.post(fmt.Sprint("load-", i), events[i%len(events)], payloads[i%len(payloads)])
			acks[i] = time.Since(at)
		})
	}
	sent.Wait()
	took := time.Since(begin)
	close(stop)
	group.Wait()
	w.until("every delivery is decided on", func() bool {
		counts, err := w.store.CountDeliveries(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return counts[store.Accepted] == 0
	})
	counts, err := w.store.CountDeliveries(context.Background())
	if err != nil || counts[store.Done]+counts[store.Ignored]+counts[store.Unreadable] != int64(len(acks)) {
		t.Errorf("%v, %v", counts, err)
	}
	slices.Sort(acks)
	slices.Sort(disk)
	at := func(d []time.Duration, permille int) time.Duration { return d[len(d)*permille/1000] }
	t.Logf("%d deliveries in %s: answered in p50 %s, p99 %s; one durable write p50 %s, p99 %s; decided after %s",
		len(acks), took.Round(time.Millisecond), at(acks, 500), at(acks, 990), at(disk, 500), at(disk, 990), time.Since(begin).Round(time.Millisecond))
	if seconds > 10 && at(acks, 990) > 10*at(disk, 990) {
		t.Errorf("p99 of the answers is %s, more than ten durable writes (%s)", at(acks, 990), at(disk, 990))
	}
}

// durable writes a few kilobytes and waits until they are on the disk.
func durable(t *testing.T, path string) time.Duration {
	begin := time.Now()
	f, err := os.Create(path)
	if err != nil {
		t.Error(err)
		return 0
	}
	f.Write(make([]byte, 8192))
	f.Sync()
	f.Close()
	return time.Since(begin)
}
