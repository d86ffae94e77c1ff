// Package web is the pages of the App: for now, that of one pack.
//
// It promises that a pack opens only for who was given its link, that no answer tells a
// pack which is there from one which is not without one, and that a page can load and run
// nothing, whatever the change was called. It trusts nothing that a request says.
package web

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"

	"custody/internal/pack/verify"
	"custody/internal/store"
)

// Packs are where packs are kept.
type Packs interface {
	Get(ctx context.Context, digest string) ([]byte, error)
}

// Pages serves packs.
type Pages struct {
	Packs Packs
	Links *Links
	Log   *logrus.Logger

	slots chan struct{}
}

// maxOpen is how many packs are in memory at a time: of a public repository anybody has the links,
// and may read slowly what they lead to. openWait is how long others wait for their turn.
const (
	maxOpen  = 16
	openWait = 5 * time.Second
)

// Register puts the pages on a server.
func (p *Pages) Register(mux *http.ServeMux) {
	p.slots = make(chan struct{}, maxOpen)
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /packs/{digest}", p.page)
	mux.HandleFunc("GET /packs/{digest}/pack.zip", p.file)
}

// home is where a check leads that has no pack.
func home(w http.ResponseWriter, _ *http.Request) {
	protect(w.Header())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "This is Custody. A check whose details lead here has no pack: what keeps it from a verdict, and what to do, is in the text of the check itself.\n")
}

// page shows what the pack's own page shows.
func (p *Pages) page(w http.ResponseWriter, r *http.Request) {
	file, _, ok := p.open(w, r)
	if !ok {
		return
	}
	defer p.leave()
	members, err := verify.Decode(file)
	if err != nil {
		p.Log.WithError(err).Error("a pack that we keep can not be read")
		refuse(w, http.StatusInternalServerError, "This pack can not be read. Who runs Custody finds the reason in its log.")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(members[verify.Page])
}

// file hands the pack out.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) {
	file, name, ok := p.open(w, r)
	if !ok {
		return
	}
	defer p.leave()
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="custody-`+name[:12]+`.zip"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file)
}

// leave makes room for another pack.
func (p *Pages) leave() { <-p.slots }

// open checks the link before it looks for the pack. Who is done with the pack calls leave.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) (file []byte, name string, ok bool) {
	protect(w.Header())
	name = r.PathValue("digest")
	if b, err := hex.DecodeString(name); err != nil || len(b) != 32 || hex.EncodeToString(b) != name {
		refuse(w, http.StatusNotFound, "This link does not open a pack. Open it anew from the check run.")
		return nil, "", false
	}
	digest := "sha256:" + name
	switch err := p.Links.check(digest, r.URL.Query()); {
	case errors.Is(err, ErrExpired):
		refuse(w, http.StatusForbidden, "This link has expired. While the pull request is open, press Review again on the check run: it gets a new one. Later, ask who runs Custody for the pack that the check run names.")
		return nil, "", false
	case err != nil:
		refuse(w, http.StatusNotFound, "This link does not open a pack. Open it anew from the check run.")
		return nil, "", false
	}
	wait := time.NewTimer(openWait)
	defer wait.Stop()
	select {
	case p.slots <- struct{}{}:
	case <-r.Context().Done():
		return nil, "", false
	case <-wait.C:
		w.Header().Set("Retry-After", "10")
		refuse(w, http.StatusServiceUnavailable, "Too many packs are being read just now. Try again.")
		return nil, "", false
	}
	defer func() {
		if !ok {
			p.leave()
		}
	}()
	file, err := p.Packs.Get(r.Context(), digest)
	switch {
	case errors.Is(err, store.ErrNotFound):
		p.Log.WithError(err).Warn("a pack that somebody has a link to is not there, or damaged")
		refuse(w, http.StatusNotFound, "This pack is no longer kept here.")
		return nil, "", false
	case err != nil:
		p.Log.WithError(err).Error("a pack could not be read")
		refuse(w, http.StatusServiceUnavailable, "This pack can not be read just now. Try again.")
		return nil, "", false
	}
	return file, name, true
}

// protect has browsers load, run, embed, guess and remember nothing. The page's own policy
// names its one style by its hash, and holds beside this one.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func refuse(w http.ResponseWriter, status int, text string) { http.Error(w, text, status) }
