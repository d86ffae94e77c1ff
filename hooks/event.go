package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/git"
	"custody/internal/review"
	"custody/internal/sign"
)

// An Event is the document custody/push/v1: what became of one update of a push. It waits
// in the spool, with the pack that it names, for a server that collects both and removes
// what it has. Verdicts are in the packs; that something was accepted is only here.
type Event struct {
	Schema   string          `json:"schema"`
	Hook     string          `json:"hook"` // "pre-receive", "update", "post-receive"
	Ref      string          `json:"ref"`  // escaped
	Target   string          `json:"target,omitempty"`
	Old      git.OID         `json:"old"` // as git told them: zeros, and tags that are not peeled
	New      git.OID         `json:"new"`
	Decision review.Decision `json:"decision"`
	Code     string          `json:"code,omitempty"` // why there is no verdict
	Why      string          `json:"why,omitempty"`
	Accepted bool            `json:"accepted"`         // by Custody: git, or another hook, may still refuse it
	Merged   bool            `json:"merged,omitempty"` // accepted, although incomplete, on a merge path that the floor trusts
	Mode     config.Mode     `json:"mode"`
	Pack     string          `json:"pack,omitempty"` // its digest, and the name of its file
	Server   string          `json:"server"`
	Via      string          `json:"via,omitempty"` // the path on which the server merged
	Pusher   *change.Pusher  `json:"pusher,omitempty"`
	At       string          `json:"at"` // RFC 3339, UTC, by the server's clock
}

// maxUnjudged is of how many refs of a refused push, that nobody judged, word is left.
const maxUnjudged = 100

// EventSchema is the value of Event.Schema.
const EventSchema = "custody/push/v1"

// Spool leaves word of an answer for a server: of every update that was judged or
// refused. What was judged is on the disk when it returns. Of others a push may have
// thousands, and whoever ends hooks that take too long does not wait for that many files:
// where they are refused, word of the first is enough, and none waits for the disk.
func (f *Folder) Spool(a *Answer, hook string) error {
	spooled, unjudged := false, 0
	for i := range a.Results {
		r := &a.Results[i]
		if r.Verdict == nil && !r.Refused {
			continue
		}
		if r.Verdict == nil && !a.Accepted {
			if unjudged++; unjudged > maxUnjudged {
				continue
			}
		}
		e := Event{
			Schema: EventSchema, Hook: hook, Ref: change.Path(r.Ref).Escaped(), Target: change.Path(r.Target).Escaped(),
			Old: r.Old, New: r.New, Decision: r.Decision, Code: r.Code, Why: change.Printable(r.Why),
			Accepted: r.Accepted || a.Mode == config.Report, Merged: r.Merged, Mode: a.Mode,
			Pack: r.Kept.Digest, Server: a.Server.Name, Via: change.Printable(a.Server.Via),
			At: f.now().UTC().Format(time.RFC3339Nano),
		}
		if p := a.Server.Pusher; p.Known() {
			e.Pusher = &change.Pusher{Login: change.Printable(p.Name), ID: change.Printable(p.ID), Type: p.Type, From: a.Server.Name}
		}
		if err := f.spool(e, r.Kept, r.Verdict != nil); err != nil {
			return fmt.Errorf("leaving word of %s in the spool: %w", change.Printable(r.Ref), err)
		}
		spooled = true
	}
	if !spooled {
		return nil
	}
	return syncFolder(f.in("spool"))
}

func (f *Folder) spool(e Event, k Kept, durable bool) error {
	if k.Path != "" {
		// One file under two names: what is pruned or collected in one place stays in the
		// other.
		err := os.Link(k.Path, f.in("spool/"+packName(k.Digest)))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	doc, err := sign.Canonical(e)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(doc)
	return f.put(f.in("spool/"+hex.EncodeToString(sum[:])+".json"), append(doc, '\n'), durable)
}
