package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"custody/internal/store"
)

// waiting shows how many jobs of a store wait or are under way.
func (m *Metrics) waiting(s *store.Store) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "custody_jobs", Help: "Deliveries and reviews that wait or are under way; -1 when the store does not answer."}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		n, err := s.Jobs(ctx)
		if err != nil {
			return -1
		}
		return float64(n)
	}))
}

// leaving shows whether this process leaves reviews to others, see judges.
func (m *Metrics) leaving(overtaken *atomic.Bool) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "custody_overtaken", Help: "1 while reviews are left to processes of another version or configuration that came later, else 0."}, func() float64 {
		if overtaken.Load() {
			return 1
		}
		return 0
	}))
}

// Metrics are what GET /metrics shows. None has a name of a repository or a person.
type Metrics struct {
	registry   *prometheus.Registry
	received   *prometheus.CounterVec
	decisions  *prometheus.CounterVec
	reviews    *prometheus.CounterVec
	reviewTime prometheus.Histogram
	lost       prometheus.Counter
	published  *prometheus.CounterVec
	putOff     prometheus.Counter
	looks      *prometheus.GaugeVec
}

func newMetrics() *Metrics {
	m := &Metrics{
		registry:   prometheus.NewRegistry(),
		received:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "custody_deliveries_received_total", Help: "Requests to the webhook by what became of them."}, []string{"outcome"}),
		decisions:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "custody_deliveries_decided_total", Help: "Deliveries that were decided on, by state."}, []string{"state"}),
		reviews:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "custody_reviews_total", Help: "Reviews that ended, by decision; error for those that will be tried again, later for those that wait for a rate limit, stopped for those that the end of the process stopped."}, []string{"decision"}),
		reviewTime: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "custody_review_seconds", Help: "Time of one review, from the job to what the check run says.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 14)}),
		lost:       prometheus.NewCounter(prometheus.CounterOpts{Name: "custody_deliveries_redelivered_total", Help: "Deliveries that never came, and were asked for again."}),
	}
	m.published = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "custody_published_total", Help: "Answers to commands, comments, attached packs and attestations, by what became of them."}, []string{"what", "outcome"})
	m.putOff = prometheus.NewCounter(prometheus.CounterOpts{Name: "custody_reviews_put_off_total", Help: "Reviews that wait, since their head was looked at often within an hour and nobody with a say in the repository asked."})
	m.looks = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "custody_look_timestamp_seconds", Help: "When this process last came to the end of each regular look, in Unix time: sweep for deliveries that never came, reconcile with what GitHub says, prune of what is too old."}, []string{"what"})
	m.registry.MustRegister(m.looks, m.putOff, m.published, m.received, m.decisions, m.reviews, m.reviewTime, m.lost, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) seen(outcome string)           { m.received.WithLabelValues(outcome).Inc() }
func (m *Metrics) decided(s store.DeliveryState) { m.decisions.WithLabelValues(string(s)).Inc() }

func (m *Metrics) ticked(what store.Tick, at time.Time) {
	m.looks.WithLabelValues(string(what)).Set(float64(at.Unix()))
}

func (m *Metrics) reviewed(decision string, took time.Duration) {
	m.reviews.WithLabelValues(decision).Inc()
	m.reviewTime.Observe(took.Seconds())
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}
