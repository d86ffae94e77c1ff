// Package hookin receives webhook deliveries: it checks who sent one, puts its bytes on
// the disk, and answers. What they mean is decided later, by a worker.
//
// It promises that nothing unsigned is stored, that 202 is said only when the delivery is
// on the disk, that nothing of a body is parsed before the answer, and that no sender can
// hold more than a bounded amount of memory and time.
package hookin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"custody/internal/store"
)

// MaxBody is the size over which GitHub delivers nothing, in bytes.
const MaxBody = 25 << 20

// An Inbox puts deliveries on the disk.
type Inbox interface {
	Accept(ctx context.Context, d store.Delivery) (known bool, err error)
}

// A Handler is POST /webhook.
type Handler struct {
	inbox   Inbox
	secrets [][]byte
	log     *logrus.Logger
	slots   chan struct{} // large bodies that are held in memory
	smalls  chan struct{} // small ones
	seen    func(outcome string)
	said    atomic.Int64 // when a wrong signature was logged, in Unix nanoseconds
}

// maxHeld is how many large bodies are read at a time: each may have MaxBody. Who sends
// many of them slowly keeps other large ones waiting, and no small one, which nearly all
// are. Of those maxSmall are read at a time, which is half a gigabyte. A body of which nobody
// says how large it is counts as small for as long as it is.
const (
	maxHeld  = 16
	maxSmall = 2000
	small    = 256 << 10
)

const (
	// NotStored is the outcome of a signed delivery that could not be put on the disk.
	NotStored = "not stored"
	// Busy is that of one, whoever sent it, for which there was no room in time.
	Busy = "busy"
)

// readTime is how long a sender may take for a body. GitHub gives up after ten seconds.
const readTime = 20 * time.Second

// New makes a handler. A delivery counts if it is signed with one of the secrets, of which
// there must be at least one, none of them empty. seen is told the outcome of each.
func New(inbox Inbox, secrets []string, log *logrus.Logger, seen func(outcome string)) (*Handler, error) {
	h := &Handler{inbox: inbox, log: log, slots: make(chan struct{}, maxHeld), smalls: make(chan struct{}, maxSmall), seen: seen}
	for _, s := range secrets {
		if strings.TrimSpace(s) == "" {
			return nil, errors.New("a webhook secret is empty: everybody could sign with it")
		}
		h.secrets = append(h.secrets, []byte(s))
	}
	if len(h.secrets) == 0 {
		return nil, errors.New("there is no webhook secret: everybody could send deliveries")
	}
	return h, nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	outcome, code := h.receive(w, r)
	if h.seen != nil {
		h.seen(outcome)
	}
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	io.WriteString(w, outcome+"\n")
}

// receive takes one delivery, and says what became of it.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (outcome string, code int) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		return "only POST", http.StatusMethodNotAllowed
	}
	guid, event := single(r.Header, "X-GitHub-Delivery"), single(r.Header, "X-GitHub-Event")
	if !isName(guid) || !isName(event) {
		return "no delivery of GitHub", http.StatusBadRequest
	}
	// Only SHA-256, and exactly one: a second one would be for somebody else to read.
	sums := r.Header.Values("X-Hub-Signature-256")
	if len(sums) != 1 {
		return "not signed", http.StatusUnauthorized
	}
	sum, ok := parseSum(sums[0])
	if !ok {
		return "not signed", http.StatusUnauthorized
	}
	if r.ContentLength > MaxBody {
		return "too large", http.StatusRequestEntityTooLarge
	}
	slots := h.smalls
	if r.ContentLength > small {
		slots = h.slots
	}
	leave := room(r.Context(), slots)
	if leave == nil {
		return Busy, http.StatusServiceUnavailable
	}
	defer leave()
	// Not every ResponseWriter has deadlines; the server's own hold then.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTime))
	from := http.MaxBytesReader(w, r.Body, MaxBody)
	first := int64(MaxBody)
	if r.ContentLength < 0 {
		first = small
	}
	body, err := io.ReadAll(io.LimitReader(from, first))
	if err == nil && r.ContentLength < 0 && len(body) == small { // it may be a large one
		leave := room(r.Context(), h.slots)
		if leave == nil {
			return Busy, http.StatusServiceUnavailable
		}
		defer leave()
		var rest []byte
		rest, err = io.ReadAll(from)
		body = append(body, rest...)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return "too large", http.StatusRequestEntityTooLarge
	case err != nil:
		return "not read", http.StatusBadRequest
	}
	if !h.signed(body, sum) {
		h.refused(guid)
		return "wrong signature", http.StatusUnauthorized
	}
	log := h.log.WithFields(logrus.Fields{"delivery": guid, "event": event})
	known, err := h.inbox.Accept(r.Context(), store.Delivery{GUID: guid, Event: event, Body: body})
	if err != nil {
		log.WithError(err).Error("a delivery could not be stored")
		return NotStored, http.StatusServiceUnavailable
	}
	if known {
		log.Debug("known delivery")
		return "known", http.StatusAccepted
	}
	log.Debug("accepted")
	return "accepted", http.StatusAccepted
}

// refusedEvery is how often a wrong signature is logged: anybody can send one.
const refusedEvery = time.Minute

// refused tells the operator of a wrong signature: it may be GitHub's, with another secret.
func (h *Handler) refused(guid string) {
	now, last := time.Now().UnixNano(), h.said.Load()
	if now-last >= int64(refusedEvery) && h.said.CompareAndSwap(last, now) {
		h.log.WithField("delivery", guid).Warn("a delivery with a wrong signature was refused, and maybe others: if it is GitHub's, the secret in the App's settings is none of webhook_secret_file")
	}
}

// room waits for one, for a while; leave is nil when there is none.
func room(ctx context.Context, slots chan struct{}) (leave func()) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }
	case <-time.After(readTime / 4):
	case <-ctx.Done():
	}
	return nil
}

// signed holds a signature against every secret, in a time that does not tell which.
func (h *Handler) signed(body, sum []byte) bool {
	good := false
	for _, s := range h.secrets {
		mac := hmac.New(sha256.New, s)
		mac.Write(body)
		good = hmac.Equal(mac.Sum(nil), sum) || good
	}
	return good
}

func parseSum(s string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(s, "sha256=")
	sum, err := hex.DecodeString(digits)
	return sum, ok && err == nil && len(sum) == sha256.Size
}

// single is a header that is there once; empty for any other. Of two, who passes a request
// on may believe the other one.
func single(h http.Header, name string) string {
	if all := h.Values(name); len(all) == 1 {
		return all[0]
	}
	return ""
}

// isName says whether a header is one of the short names that GitHub sends.
func isName(s string) bool {
	if s == "" || len(s) > 100 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}) < 0
}
