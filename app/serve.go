package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"custody/app/hookin"
	"custody/app/web"
	"custody/internal/store"
)

// A Server is the App with its store, on the network.
type Server struct {
	App     *App
	Store   *store.Store
	Secrets []string
	Log     *logrus.Logger

	stopping atomic.Bool
	missed   chan struct{} // a delivery could not be stored
}

// How long a stop waits: for requests that are under way, and for reviews, which begin
// anew with the next start if they do not end until then.
const (
	stopRequests = 10 * time.Second
	stopReviews  = 25 * time.Second
)

// Handler serves the webhook and what operators watch.
func (s *Server) Handler() (http.Handler, error) {
	hook, err := hookin.New(s.Store, s.Secrets, s.Log, s.told)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/webhook", hook)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.App.metrics.handler())
	if s.App.Links != nil {
		(&web.Pages{Packs: s.App.Blobs, Links: s.App.Links, Log: s.Log}).Register(mux)
	}
	return mux, nil
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	switch err := s.Store.Ping(ctx); {
	case s.stopping.Load():
		http.Error(w, "stopping", http.StatusServiceUnavailable)
	case err != nil:
		s.Log.WithError(err).Warn("the store does not answer")
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
	case s.App.overtaken.Load(): // deliveries it takes as any other
		fmt.Fprintln(w, "ready; "+overtakenText)
	default:
		fmt.Fprintln(w, "ready")
	}
}

// Serve works until ctx ends, and then stops in order: no new requests, those under way
// and the reviews under way to their end, as far as there is time.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.missed = make(chan struct{}, 1)
	handler, err := s.Handler()
	if err != nil {
		return err
	}
	if err := s.App.starting(ctx); err != nil {
		return fmt.Errorf("asking for what was judged by something else: %w", err)
	}
	if err := s.Store.Start(ctx); err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      40 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          nil,
	}
	looking, enough := context.WithCancel(ctx)
	var soon sync.WaitGroup
	soon.Go(func() { s.catchUp(looking) })
	soon.Go(func() { s.watch(looking) })
	soon.Go(func() { s.setRight(looking) })
	defer soon.Wait()
	defer enough()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	s.Log.WithField("address", l.Addr().String()).Info("serving")
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = nil
	}
	s.stopping.Store(true)
	s.Log.Info("stopping")
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopRequests)
	defer cancel()
	if serr := server.Shutdown(last); serr != nil {
		server.Close()
	}
	reviews, cancelReviews := context.WithTimeout(context.WithoutCancel(ctx), stopReviews)
	defer cancelReviews()
	if serr := s.Store.Stop(reviews); serr != nil && !errors.Is(serr, context.DeadlineExceeded) {
		err = errors.Join(err, serr)
	}
	enough() // who looks says that this process works
	soon.Wait()
	leaving, cancelLeaving := context.WithTimeout(context.WithoutCancel(ctx), stopRequests)
	defer cancelLeaving()
	if serr := s.Store.Leave(leaving); serr != nil {
		s.Log.WithError(serr).Warn("the others do not know that this process stopped in order")
	}
	return err
}

// QueueLog hands what the queue has to say over to our log: warnings and errors.
func QueueLog(log *logrus.Logger) *slog.Logger { return slog.New(&queueLog{log: log}) }

type queueLog struct {
	log    *logrus.Logger
	fields []slog.Attr
}

func (q *queueLog) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (q *queueLog) Handle(_ context.Context, r slog.Record) error {
	fields := logrus.Fields{}
	stopping := false
	add := func(a slog.Attr) bool {
		text := a.Value.String()
		fields["queue_"+a.Key] = text
		stopping = stopping || strings.HasSuffix(text, context.Canceled.Error())
		return true
	}
	for _, a := range q.fields {
		add(a)
	}
	r.Attrs(add)
	level := logrus.WarnLevel
	if r.Level >= slog.LevelError {
		level = logrus.ErrorLevel
	}
	if stopping { // what the queue was about to do is done with the next start
		level = logrus.DebugLevel
	}
	q.log.WithFields(fields).Log(level, r.Message)
	return nil
}

func (q *queueLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &queueLog{q.log, append(q.fields[:len(q.fields):len(q.fields)], attrs...)}
}

func (q *queueLog) WithGroup(string) slog.Handler { return q }
