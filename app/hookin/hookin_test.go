package hookin_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"custody/app/hookin"
	"custody/internal/store"
)

// An inbox keeps deliveries in memory, or fails.
type inbox struct {
	mu   sync.Mutex
	got  map[string]store.Delivery
	fail error
}

func (i *inbox) Accept(_ context.Context, d store.Delivery) (bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail != nil {
		return false, i.fail
	}
	if _, known := i.got[d.GUID]; known {
		return true, nil
	}
	i.got[d.GUID] = d
	return false, nil
}

func quiet() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return l
}

func sum(h func() hash.Hash, secret, body string) string {
	m := hmac.New(h, []byte(secret))
	m.Write([]byte(body))
	return hex.EncodeToString(m.Sum(nil))
}

const secret, old = "It's a Secret to Everybody", "the one before"

func TestReceive(t *testing.T) {
	good := "sha256=" + sum(sha256.New, secret, "body")
	for name, c := range map[string]struct {
		method, body string
		header       map[string][]string
		code         int
		stored       bool
	}{
		"signed":                {header: map[string][]string{"X-Hub-Signature-256": {good}}, code: 202, stored: true},
		"with the old secret":   {header: map[string][]string{"X-Hub-Signature-256": {"sha256=" + sum(sha256.New, old, "body")}}, code: 202, stored: true},
		"no JSON at all":        {body: "\x00\xff{", header: map[string][]string{"X-Hub-Signature-256": {"sha256=" + sum(sha256.New, secret, "\x00\xff{")}}, code: 202, stored: true},
		"not signed":            {code: 401},
		"SHA-1 alone":           {header: map[string][]string{"X-Hub-Signature": {"sha1=" + sum(sha1.New, secret, "body")}}, code: 401},
		"SHA-1 as SHA-256":      {header: map[string][]string{"X-Hub-Signature-256": {"sha1=" + sum(sha1.New, secret, "body")}}, code: 401},
		"another secret":        {header: map[string][]string{"X-Hub-Signature-256": {"sha256=" + sum(sha256.New, "x", "body")}}, code: 401},
		"the empty secret":      {header: map[string][]string{"X-Hub-Signature-256": {"sha256=" + sum(sha256.New, "", "body")}}, code: 401},
		"another body":          {body: "bodY", header: map[string][]string{"X-Hub-Signature-256": {good}}, code: 401},
		"cut":                   {header: map[string][]string{"X-Hub-Signature-256": {good[:70]}}, code: 401},
		"two signatures":        {header: map[string][]string{"X-Hub-Signature-256": {good, good}}, code: 401},
		"no GUID":               {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Delivery": {""}}, code: 400},
		"a GUID with a newline": {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Delivery": {"a b"}}, code: 400},
		"a long GUID":           {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Delivery": {strings.Repeat("a", 101)}}, code: 400},
		"two GUIDs":             {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Delivery": {"1", "2"}}, code: 400},
		"two events":            {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Event": {"push", "ping"}}, code: 400},
		"no event":              {header: map[string][]string{"X-Hub-Signature-256": {good}, "X-GitHub-Event": {""}}, code: 400},
		"GET":                   {method: "GET", header: map[string][]string{"X-Hub-Signature-256": {good}}, code: 405},
	} {
		in := &inbox{got: map[string]store.Delivery{}}
		h, err := hookin.New(in, []string{secret, old}, quiet(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.method == "" {
			c.method = "POST"
		}
		if c.body == "" {
			c.body = "body"
		}
		r := httptest.NewRequest(c.method, "/webhook", strings.NewReader(c.body))
		r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
		r.Header.Set("X-GitHub-Event", "push")
		for k, v := range c.header {
			r.Header[http.CanonicalHeaderKey(k)] = v
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.code || (len(in.got) == 1) != c.stored {
			t.Errorf("%s: %d, stored %v", name, w.Code, in.got)
		}
		for _, d := range in.got {
			if string(d.Body) != c.body || d.Event != "push" {
				t.Errorf("%s: stored %+v", name, d)
			}
		}
	}
}

// GitHub's own example of a signature.
func TestGitHubsExample(t *testing.T) {
	if got, want := sum(sha256.New, secret, "Hello, World!"), "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"; got != want {
		t.Fatal(got)
	}
}

func TestSecrets(t *testing.T) {
	for _, secrets := range [][]string{nil, {}, {""}, {secret, ""}, {"  "}} {
		if _, err := hookin.New(&inbox{}, secrets, quiet(), nil); err == nil {
			t.Errorf("it starts with the secrets %q", secrets)
		}
	}
}

func serve(t *testing.T, in hookin.Inbox) *httptest.Server {
	h, err := hookin.New(in, []string{secret}, quiet(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func post(t *testing.T, s *httptest.Server, body io.Reader, signature string) int {
	t.Helper()
	r, err := http.NewRequest("POST", s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-GitHub-Delivery", "a")
	r.Header.Set("X-GitHub-Event", "push")
	r.Header.Set("X-Hub-Signature-256", signature)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// What can not be stored is not accepted: GitHub lists it as failed, and a sweep finds it.
func TestNotStored(t *testing.T) {
	s := serve(t, &inbox{fail: errors.New("the disk is full")})
	if code := post(t, s, strings.NewReader("body"), "sha256="+sum(sha256.New, secret, "body")); code != http.StatusServiceUnavailable {
		t.Error(code)
	}
}

func TestSize(t *testing.T) {
	in := &inbox{got: map[string]store.Delivery{}}
	s := serve(t, in)
	whole := bytes.Repeat([]byte("a"), hookin.MaxBody)
	if code := post(t, s, bytes.NewReader(whole), "sha256="+sum(sha256.New, secret, string(whole))); code != 202 {
		t.Errorf("25 MB: %d", code)
	}
	more := append(whole, 'a')
	for name, body := range map[string]io.Reader{"told": bytes.NewReader(more), "not told": io.MultiReader(bytes.NewReader(more))} {
		// A server that refuses may close the connection while the client still writes.
		if code := post(t, s, body, "sha256="+sum(sha256.New, secret, string(more))); code != 413 && code != 0 {
			t.Errorf("more than 25 MB, %s: %d", name, code)
		}
	}
	if len(in.got) != 1 {
		t.Errorf("%d were stored", len(in.got))
	}
}

// A body of which nobody says how large it is waits for a large one only if it is large.
func TestUntold(t *testing.T) {
	in := &inbox{got: map[string]store.Delivery{}}
	s := serve(t, in)
	for _, size := range []int{0, 10, 256<<10 - 1, 256 << 10, 256<<10 + 1, hookin.MaxBody} {
		in.got = map[string]store.Delivery{}
		body := bytes.Repeat([]byte("a"), size)
		if code := post(t, s, io.MultiReader(bytes.NewReader(body)), "sha256="+sum(sha256.New, secret, string(body))); code != 202 || !bytes.Equal(in.got["a"].Body, body) {
			t.Errorf("%d bytes: %d, %d of them stored", size, code, len(in.got["a"].Body))
		}
	}
}

// Senders that never end hold their connection for a while, and nobody else up.
func TestSlowSenders(t *testing.T) {
	in := &inbox{got: map[string]store.Delivery{}}
	s := serve(t, in)
	for i := range 200 {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		size := []string{"Content-Length: 100", fmt.Sprint("Content-Length: ", hookin.MaxBody/2), "Transfer-Encoding: chunked"}[i%3]
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nX-GitHub-Delivery: slow\r\nX-GitHub-Event: push\r\nX-Hub-Signature-256: sha256=%s\r\n%s\r\n\r\n1\r\n{", strings.Repeat("0", 64), size)
	}
	begin := time.Now()
	if code := post(t, s, strings.NewReader("body"), "sha256="+sum(sha256.New, secret, "body")); code != 202 {
		t.Error(code)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it waited %s for others", took)
	}
	s.CloseClientConnections()
}

// A wrong signature is in the log, since GitHub's own may be of another secret; but not as often as
// anybody likes.
func TestRefusedIsLogged(t *testing.T) {
	var said bytes.Buffer
	log := logrus.New()
	log.SetOutput(&said)
	h, err := hookin.New(&inbox{got: map[string]store.Delivery{}}, []string{secret}, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	for range 5 {
		if code := post(t, s, strings.NewReader("body"), "sha256="+sum(sha256.New, "another", "body")); code != 401 {
			t.Errorf("%d", code)
		}
	}
	s.Close()
	if n := strings.Count(said.String(), "wrong signature"); n != 1 {
		t.Errorf("it was said %d times:\n%s", n, said.String())
	}
}
