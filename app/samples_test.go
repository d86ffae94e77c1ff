package app_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"custody/internal/githubtest"
	"custody/internal/store"
)

// Every kind of event that GitHub has a sample of, and what is left of such payloads when
// somebody tears at them, is accepted and decided on: no 500, nothing lost.
func TestEveryEvent(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); everyEvent(t, newWorld(t, policy)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); everyEvent(t, newWorld(t, policy, onPostgres)) })
}

func everyEvent(t *testing.T, w *world) {
	samples := w.gh.Samples()
	kinds := map[string]bool{}
	for i, s := range samples {
		kinds[s.Event] = true
		w.post(fmt.Sprint("sample-", i), s.Event, s.Payload)
	}
	if len(kinds) != 58 {
		t.Errorf("%d kinds of events", len(kinds))
	}
	mutants := 400
	if os.Getenv("CUSTODY_SLOW") != "" {
		mutants = 10_000
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	payloads := make([]githubtest.Sample, mutants)
	for i := range payloads {
		s := samples[rnd.IntN(len(samples))]
		payloads[i] = githubtest.Sample{Event: s.Event, Payload: mutate(rnd, s.Payload)}
	}
	var group sync.WaitGroup
	next := make(chan int)
	for range 8 {
		group.Go(func() {
			for i := range next {
				w.post(fmt.Sprint("mutant-", i), payloads[i].Event, payloads[i].Payload)
			}
		})
	}
	for i := range payloads {
		next <- i
	}
	close(next)
	group.Wait()
	w.until("every delivery is decided on", func() bool {
		counts, err := w.store.CountDeliveries(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return counts[store.Accepted] == 0
	})
	counts, err := w.store.CountDeliveries(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	if want := int64(len(samples) + mutants); total != want || counts[store.Failed] != 0 {
		t.Errorf("%v: %d of %d", counts, total, want)
	}
	if counts[store.Done] < 20 || counts[store.Unreadable] < 20 {
		t.Errorf("hardly anything was read, or torn: %v", counts)
	}
	// What could not be read is there whole.
	d, err := w.store.Delivery(context.Background(), "mutant-0")
	if err != nil || d.State == store.Unreadable && !bytes.Equal(d.Body, payloads[0].Payload) {
		t.Errorf("%v, %v", d.State, err)
	}
}

// post sends a signed delivery.
func (w *world) post(guid, event string, payload []byte) {
	r, err := http.NewRequest("POST", w.url+"/webhook", bytes.NewReader(payload))
	if err != nil {
		w.Error(err)
		return
	}
	r.Header.Set("X-GitHub-Delivery", guid)
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-Hub-Signature-256", githubtest.Sign(w.gh.App.WebhookSecret, payload))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Error(err)
		return
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		w.Errorf("%s %s: %d", event, guid, resp.StatusCode)
	}
}

var odd = []string{
	strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000), strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000),
	strings.Repeat("9", 5_000), "-" + strings.Repeat("9", 400) + "e-99999999999", "\"\xff\xfe\x80\"", `"\ud800"`, "\"" + strings.Repeat("x", 100_000) + "\"",
	`1,"id":2,"action":"opened","number":-9223372036854775808`,
	"null", "0", "-1", "1e999", "18446744073709551616", `""`, `"\u0000"`, "[]", "{}", `{"id":"x"}`, "true", `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, `[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]`}

// mutate tears at a payload: bytes, stretches, and values.
func mutate(rnd *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + rnd.IntN(3) {
		if len(b) == 0 {
			return b
		}
		i := rnd.IntN(len(b))
		switch rnd.IntN(5) {
		case 0:
			b[i] = byte(rnd.IntN(256))
		case 1: // a stretch is gone
			j := min(len(b), i+rnd.IntN(200))
			b = append(b[:i:i], b[j:]...)
		case 2: // cut
			if rnd.IntN(4) == 0 {
				b = b[:i]
			}
		default: // another value behind a colon
			colon := bytes.IndexByte(b[i:], ':')
			if colon < 0 {
				continue
			}
			at := i + colon + 1
			end := bytes.IndexAny(b[at:], ",}")
			if end < 0 {
				continue
			}
			b = append(append(append([]byte{}, b[:at]...), odd[rnd.IntN(len(odd))]...), b[at+end:]...)
		}
	}
	return b
}
