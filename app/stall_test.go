package app_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"custody/internal/git/gittest"
)

// A disk that stalls for longer than GitHub waits, at whatever moment, costs the time of
// the stall, and no review: what was lost by it is asked for at once, and the queue goes on.
func TestStalled(t *testing.T) {
	t.Parallel()
	worlds, rounds := 1, 1
	if os.Getenv("CUSTODY_SLOW") != "" {
		worlds, rounds = 12, 4
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for i := range worlds {
		stalls := make([][2]time.Duration, rounds) // when, and for how long
		for r := range stalls {
			stalls[r] = [2]time.Duration{time.Duration(rnd.IntN(600)) * time.Millisecond, 11*time.Second + time.Duration(rnd.IntN(5000))*time.Millisecond}
		}
		stalls[0][0] = 0 // before anything comes
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, policy)
			db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(w.address, "sqlite://")+"?_txlock=immediate&_pragma=busy_timeout(20000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			w.until("the look around at the start is over", func() bool {
				n := 0
				err := db.QueryRow(`SELECT count(*) FROM river_job WHERE kind = 'tick' AND state = 'completed'`).Scan(&n)
				return err == nil && n >= 3
			})
			for r, s := range stalls {
				began, over := make(chan bool), make(chan error)
				go func() {
					time.Sleep(s[0])
					stall, err := db.Begin() // SQLite has one writer
					close(began)
					if err == nil {
						time.Sleep(s[1])
						err = stall.Rollback()
					}
					over <- err
				}()
				if s[0] == 0 {
					<-began
				}
				p := w.pull(fmt.Sprint("topic-", r), gittest.Write("a.py", fmt.Sprintf("x = %d\n", r)))
				if run := w.concluded(p.HeadSHA); run.Conclusion != "success" {
					t.Errorf("%+v", run)
				}
				if err := <-over; err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
