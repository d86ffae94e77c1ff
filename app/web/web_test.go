package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"custody/internal/pack/verify"
	"custody/internal/store"
)

type packs map[string][]byte

func (p packs) Get(_ context.Context, digest string) ([]byte, error) {
	if b, ok := p[digest]; ok {
		return b, nil
	}
	return nil, store.ErrNotFound
}

// served is a server with one pack, and its clock.
func served(t *testing.T, secrets ...string) (links *Links, digest string, get func(address string) (int, string, http.Header), now *time.Time) {
	t.Helper()
	var ms verify.Members
	ms[verify.Page] = []byte("<!DOCTYPE html><title>it</title>")
	file, err := verify.Encode(&ms)
	if err != nil {
		t.Fatal(err)
	}
	digest = verify.Digest(file)
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	now = &at
	if links, err = NewLinks("https://custody.example", secrets, func() time.Time { return *now }); err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	mux := http.NewServeMux()
	(&Pages{Packs: packs{digest: file}, Links: links, Log: log}).Register(mux)
	get = func(address string) (int, string, http.Header) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", strings.TrimPrefix(address, "https://custody.example"), nil))
		return w.Code, w.Body.String(), w.Header()
	}
	return links, digest, get, now
}

func TestLink(t *testing.T) {
	links, digest, get, now := served(t, "first", "second")
	address := links.To(digest)
	code, body, h := get(address)
	if code != 200 || !strings.Contains(body, "<title>it") {
		t.Errorf("%d %s", code, body)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"} {
		if h.Get(name) != want {
			t.Errorf("%s: %q", name, h.Get(name))
		}
	}
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") || strings.Contains(csp, "script") {
		t.Errorf("policy %q", csp)
	}
	if code, body, _ := get("/"); code != 200 || !strings.Contains(body, "text of the check") {
		t.Errorf("where a check without a pack leads: %d %s", code, body)
	}
	u, _ := url.Parse(address)
	if code, body, _ := get(u.Path + "/pack.zip?" + u.RawQuery); code != 200 || verify.Digest([]byte(body)) != digest {
		t.Errorf("the file: %d", code)
	}
	*now = now.Add(LinkDays*24*time.Hour + time.Second)
	if code, body, _ := get(address); code != 403 || !strings.Contains(body, "expired") {
		t.Errorf("an old link: %d %s", code, body)
	}
}

// TestNoLink: without a link nothing is told, not even whether the pack is there.
func TestNoLink(t *testing.T) {
	links, digest, get, _ := served(t, "first")
	u, _ := url.Parse(links.To(digest))
	other := "/packs/" + strings.Repeat("a", 64)
	later := u.Query()
	later.Set("until", "99999999999")
	_, without, _ := get(other)
	for name, address := range map[string]string{
		"no key": u.Path, "another pack": other + "?" + u.RawQuery, "a later day": u.Path + "?" + later.Encode(),
		"upper case": strings.ToUpper(u.Path[:20]) + u.Path[20:] + "?" + u.RawQuery, "no digest": "/packs/x?" + u.RawQuery,
		"an empty key": u.Path + "?until=" + u.Query().Get("until") + "&key=",
	} {
		if code, body, _ := get(address); code != 404 || name != "upper case" && body != without {
			t.Errorf("%s: %d %q", name, code, body)
		}
	}
}

// TestRotation: links live through one change of the secret, and no further.
func TestRotation(t *testing.T) {
	links, digest, _, _ := served(t, "old")
	u, _ := url.Parse(links.To(digest))
	for _, c := range []struct {
		secrets []string
		want    error
	}{{[]string{"new", "old"}, nil}, {[]string{"new"}, ErrLink}} {
		l, err := NewLinks("", c.secrets, links.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.check(digest, u.Query()); err != c.want {
			t.Errorf("%v: %v", c.secrets, err)
		}
		if l.To(digest) != "" {
			t.Error("a link without a public address")
		}
	}
	if _, err := NewLinks("", nil, links.now); err == nil {
		t.Error("links without a secret")
	}
}

// A stalled reader keeps one place, and others wait until there is one.
type stalled struct {
	http.ResponseWriter
	begun, ends chan struct{}
}

func (s stalled) Write(b []byte) (int, error) {
	s.begun <- struct{}{}
	<-s.ends
	return len(b), nil
}

func TestSlowReaders(t *testing.T) {
	file := []byte("a pack")
	digest := verify.Digest(file)
	links, err := NewLinks("", []string{"first"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	links.base = "https://custody.example"
	log := logrus.New()
	log.SetOutput(io.Discard)
	mux := http.NewServeMux()
	(&Pages{Packs: packs{digest: file}, Links: links, Log: log}).Register(mux)
	u, err := url.Parse(links.To(digest))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(ctx context.Context) *http.Request {
		return httptest.NewRequest("GET", u.Path+"/pack.zip?"+u.RawQuery, nil).WithContext(ctx)
	}
	s := stalled{nil, make(chan struct{}), make(chan struct{})}
	for range maxOpen {
		s := s
		s.ResponseWriter = httptest.NewRecorder()
		go mux.ServeHTTP(s, ask(context.Background()))
		<-s.begun
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	if mux.ServeHTTP(w, ask(gone)); w.Body.Len() != 0 {
		t.Errorf("a pack was read beside %d others: %s", maxOpen, w.Body)
	}
	s.ends <- struct{}{} // one is done
	w = httptest.NewRecorder()
	if mux.ServeHTTP(w, ask(context.Background())); w.Code != 200 || w.Body.String() != "a pack" {
		t.Errorf("nobody made room: %d %s", w.Code, w.Body)
	}
	close(s.ends)
}
