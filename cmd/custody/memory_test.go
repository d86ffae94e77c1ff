package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// percentNow is with which percentage garbage is collected.
func percentNow() int {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}

func TestFirstCollection(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(70)) // as somebody may have asked for
	want := func(when string, percent int) {
		t.Helper()
		if now := percentNow(); now != percent {
			t.Errorf("%s, garbage is collected with %d %%, not with %d", when, now, percent)
		}
	}
	c := collectLater()
	want("at the start", 1600)
	c.expect(128 << 20)
	want("before the first collection", 3200)
	for c.mark.Value() != nil || percentNow() == 3200 { // finalizers run some time after it
		runtime.GC()
	}
	want("after the first collection", 70)
	c.expect(128 << 20)
	want("after the first collection, whatever is expected", 70)
	(*collection)(nil).expect(128 << 20)
	want("without a collection that was put off", 70)
}

func TestSeldomCollected(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	until := func(percent int) {
		t.Helper()
		for n := 0; percentNow() != percent; n++ { // finalizers run some time after a collection
			if n > 10_000 {
				t.Fatalf("garbage is collected with %d %%, not with %d", percentNow(), percent)
			}
			runtime.GC()
		}
	}
	c := collectLater()
	c.seldom()
	until(seldomPercent)
	used := make([]byte, seldomUntil+1<<20)
	until(100)
	runtime.KeepAlive(used)
	runtime.GC()
	until(100)

	debug.SetGCPercent(70) // somebody chose
	c = collectLater()
	c.seldom()
	until(70)
	(*collection)(nil).seldom()
}
