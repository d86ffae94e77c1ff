package web

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Links make and check addresses of packs that only who was given one can open, for some
// days. Who can see a check run is given its link by GitHub, which is who can read the
// repository; who only knows a digest is given nothing.
type Links struct {
	base string // public address of the server, without a slash at its end
	keys [][]byte
	last time.Duration
	now  func() time.Time
}

// LinkDays is how long a link opens.
const LinkDays = 90

// NewLinks derives the keys of links from the webhook's secrets: the first makes links,
// all of them are taken, so that links survive one change of the secret. base is the
// server's public address; without one no links are made.
func NewLinks(base string, secrets []string, now func() time.Time) (*Links, error) {
	l := &Links{base: base, last: LinkDays * 24 * time.Hour, now: now}
	for _, s := range secrets {
		key, err := hkdf.Key(sha256.New, []byte(s), nil, "custody pack link v1", sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("the key of links: %w", err)
		}
		l.keys = append(l.keys, key)
	}
	if len(l.keys) == 0 {
		return nil, errors.New("the key of links: there is no secret")
	}
	return l, nil
}

// To is the address of the page of a pack; empty where the server has no public one.
func (l *Links) To(digest string) string {
	if l == nil || l.base == "" {
		return ""
	}
	until := strconv.FormatInt(l.now().Add(l.last).Unix(), 10)
	q := url.Values{"until": {until}, "key": {sign(l.keys[0], digest, until)}}
	return l.base + "/packs/" + strings.TrimPrefix(digest, "sha256:") + "?" + q.Encode()
}

// Home is the server's public address, which leads to no pack; empty where it has none.
func (l *Links) Home() string {
	if l == nil {
		return ""
	}
	return l.base
}

// ErrLink says that an address opens nothing: it was not made here, or altered.
var ErrLink = errors.New("this link does not open a pack")

// ErrExpired says that it did once.
var ErrExpired = errors.New("this link has expired")

// check says whether an address opens the pack.
func (l *Links) check(digest string, q url.Values) error {
	until, key := q.Get("until"), q.Get("key")
	good := false
	for _, k := range l.keys {
		if hmac.Equal([]byte(sign(k, digest, until)), []byte(key)) {
			good = true
		}
	}
	if !good {
		return ErrLink
	}
	last, err := strconv.ParseInt(until, 10, 64)
	if err != nil {
		return ErrLink
	}
	if l.now().Unix() > last {
		return ErrExpired
	}
	return nil
}

func sign(key []byte, digest, until string) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s\n%s", digest, until)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
