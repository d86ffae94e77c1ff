package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
)

// WaiverSchema is the value of WaiverRecord.Schema.
const WaiverSchema = "custody/waiver/v1"

// grantPermission is the least that who grants a waiver outside of the repository had.
const grantPermission config.Permission = "maintain"

// A WaiverRecord is the document custody/waiver/v1: a waiver that was granted outside
// of the repository, and signed by a key that is trusted for waivers.
type WaiverRecord struct {
	Schema     string            `json:"schema"`
	ID         config.ID         `json:"id"`
	Covers     config.ID         `json:"covers"` // the rule or requirement
	Paths      []config.Glob     `json:"paths"`
	Repository change.Repository `json:"repository"`       // where it counts: host, owner and name
	Head       string            `json:"head,omitempty"`   // the one commit for which it counts, or another that makes the same change; absent: any
	Target     string            `json:"target,omitempty"` // the one ref for which it counts, "refs/heads/main": the same commit brings other things to another; absent: any
	Base       string            `json:"base,omitempty"`   // the commit that the target was at, so that head made the change for which it counts; absent: not known
	Owner      string            `json:"owner"`            // who will put an end to the exception
	Approver   change.Person     `json:"approver"`         // who granted it
	Permission config.Permission `json:"permission"`       // theirs when they did
	Reason     string            `json:"reason"`
	LastDay    config.Day        `json:"last_day"`
}

// ParseWaiver reads a waiver record, strictly: what is not understood might be what
// narrows it.
func ParseWaiver(doc []byte) (*WaiverRecord, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.DisallowUnknownFields()
	var w WaiverRecord
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("reading a waiver: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("reading a waiver: something stands behind the document")
	}
	for _, part := range []struct {
		name string
		ok   bool
	}{
		{`schema "` + WaiverSchema + `"`, w.Schema == WaiverSchema},
		{"id", w.ID != ""}, {"covers", w.Covers != ""}, {"paths", len(w.Paths) > 0},
		{"repository with host, owner and name", w.Repository.Host != "" && w.Repository.Owner != "" && w.Repository.Name != ""},
		{"owner", strings.TrimSpace(w.Owner) != ""}, {"approver with a numeric id", w.Approver.ID != "" && change.IsAccountID(w.Approver.ID)},
		{"permission", w.Permission != ""}, {"reason", strings.TrimSpace(w.Reason) != ""}, {"last_day", w.LastDay != ""},
	} {
		if !part.ok {
			return nil, fmt.Errorf("reading a waiver: it lacks %s", part.name)
		}
	}
	if w.ID.Reserved() {
		return nil, fmt.Errorf("reading a waiver: it can not be called %q: that marks what something else excepts", w.ID)
	}
	return &w, nil
}

// Granted is a waiver of the context, or why there is none.
type Granted struct {
	Waiver *WaiverRecord // nil when it could not be read or nobody who is trusted signed it
	Signer string        // the name of the key that signed it
	Why    string        // Waiver is nil
}

// name is what a waiver is called where it is reported.
func (g Granted) name(i int) string {
	if g.Waiver == nil {
		return UnnamedWaiver(i)
	}
	return string(g.Waiver.ID)
}

// UnnamedWaiver is what the waiver at an index of the context is called if it can not be
// read, or nobody who is trusted signed it.
func UnnamedWaiver(i int) string { return fmt.Sprintf("number %d of the context", i+1) }

// grants weighs the waivers of the context: those that count, and of each why not, or
// "". A change can not grant its own.
func (e *evaluation) grants() (count []config.LayeredWaiver, why []string) {
	if e.granted != nil {
		return e.granted.waivers, e.granted.why
	}
	for _, g := range e.Granted {
		w := e.refuses(g)
		why = append(why, w)
		if w == "" {
			count = append(count, config.LayeredWaiver{Origin: config.GrantedOrigin, Waiver: config.Waiver{
				ID: g.Waiver.ID, Covers: g.Waiver.Covers, Paths: g.Waiver.Paths, Owner: g.Waiver.Owner,
				Approver: g.Waiver.Approver.Login, Reason: g.Waiver.Reason, LastDay: g.Waiver.LastDay,
			}})
		}
	}
	e.granted = &grants{count, why}
	return count, why
}

type grants struct {
	waivers []config.LayeredWaiver
	why     []string
}

// refuses says why a waiver of the context does not count, or "".
func (e *evaluation) refuses(g Granted) string {
	w := g.Waiver
	if w == nil {
		return g.Why
	}
	var here change.Repository
	if e.Context != nil && e.Context.Repository != nil {
		here = *e.Context.Repository
	}
	for _, part := range [][2]string{{w.Repository.Host, here.Host}, {w.Repository.Owner, here.Owner}, {w.Repository.Name, here.Name}} {
		if !strings.EqualFold(part[0], part[1]) {
			return fmt.Sprintf("it is for the repository %s/%s/%s", clip(w.Repository.Host), clip(w.Repository.Owner), clip(w.Repository.Name))
		}
	}
	if c := e.Context.Change; w.Target != "" && (c == nil || c.Target != w.Target) { // here is not empty, so there is a context
		return fmt.Sprintf("it is for a change to %s", clip(w.Target))
	}
	if same := e.sameChange(Seen{w.Head, w.Base}); w.Head != "" && !same.Same {
		if w.Head == e.Change.Head.String() {
			return fmt.Sprintf("it is for commit %s when the branch that it is for was at %s:%s", shortCommit(w.Head), shortCommit(w.Base), same.note())
		}
		return fmt.Sprintf("it is for commit %s:%s", shortCommit(w.Head), same.note())
	}
	switch {
	case w.Approver.Type != change.User:
		return fmt.Sprintf("%s, who granted it, is not known to be a person", clip(w.Approver.Login))
	case !w.Permission.AtLeast(grantPermission):
		return fmt.Sprintf("%s, who granted it, had permission %s, and it takes %s", clip(w.Approver.Login), w.Permission, grantPermission)
	case strings.EqualFold(strings.TrimPrefix(strings.TrimSpace(w.Owner), "@"), strings.TrimSpace(w.Approver.Login)):
		return "its own owner granted it"
	}
	if why, whole := commitsWhole(e.Change); !whole {
		return why + ", so it is not known whether an author of the change granted it"
	}
	// An identity map joins accounts; none settles here who an unknown author is.
	wrote := authorsOf(e.Change, e.Context, e.Attestation, e.identities(), config.FloorOrigin, e.landing())
	if _, author := wrote.known[wrote.ids.account(w.Approver.ID)]; author {
		return fmt.Sprintf("%s, who granted it, wrote some of the change", clip(w.Approver.Login))
	}
	if why := e.refusesPusher(w.Approver, wrote); why != "" {
		return why
	}
	if len(wrote.unknown) > 0 {
		return "the forge does not know all authors of the change, and one of them may have granted it"
	}
	return ""
}

// refusesPusher says why who granted a waiver may not have, since they pushed some of the
// change or may have, or "".
func (e *evaluation) refusesPusher(by change.Person, wrote authors) string {
	c := e.Context.Change
	if c == nil || len(c.Pushers) == 0 {
		return "the context does not say who pushed the change (`change.pushers`), and one of them may have granted it"
	}
	logins := namedLogins(c.Pushers, wrote, nil)
	for _, p := range c.Pushers {
		switch {
		case wrote.ids.account(p.ID) == wrote.ids.account(by.ID), p.ID == "" && strings.EqualFold(p.Login, by.Login):
			return fmt.Sprintf("%s, who granted it, pushed some of the change", clip(by.Login))
		case p.ID == "" && !logins[strings.ToLower(p.Login)]:
			return "the context does not say by id who pushed the change (`change.pushers`), and one of them may have granted it"
		}
	}
	return ""
}

// waivers are all that may except something: of the policies, and of the context.
func (e *evaluation) waivers() []config.LayeredWaiver {
	if e.excepting == nil {
		granted, _ := e.grants()
		e.excepting = append(slices.Concat(e.Config.Waivers, granted), config.LayeredWaiver{})
	}
	return e.excepting[:len(e.excepting)-1] // the last only makes it not nil
}
