package review

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/sign"
)

// Trust is what a context is worth.
type Trust string

const (
	Signed     Trust = "signed"     // by a key that is trusted for contexts
	Unsigned   Trust = "unsigned"   // as right as whoever gave it to the door
	Distrusted Trust = "distrusted" // it does not count: everything in it is a missing fact
)

// A ContextOrigin says who vouches for the context. With the payload's bytes, which are
// context.json, the signature can be verified without the file that was signed.
type ContextOrigin struct {
	Trust     Trust  `json:"trust"`
	Signer    string `json:"signer,omitempty"` // its name in the key ring
	KeyID     string `json:"key_id,omitempty"`
	Signature string `json:"signature,omitempty"` // base64, over the DSSE encoding of a context record
	Why       string `json:"why,omitempty"`       // it is not trusted
}

// ReasonContextTrust is the code of a context that does not count.
const ReasonContextTrust = "context-not-trusted"

// readContext reads the context, if it counts, and adds what the door saw itself.
func (r *run) readContext(context.Context) error {
	if r.Context != nil {
		err := r.openContext()
		var distrust *sign.DistrustError
		switch {
		case errors.As(err, &distrust):
			r.context, r.contextDoc = nil, nil
			r.origin = &ContextOrigin{Trust: Distrusted, Why: distrust.Why}
		case err != nil:
			return fmt.Errorf("the context %s: %w", r.ContextFile, err)
		}
	}
	r.ring.On(string(r.inForceOn()))
	r.given = r.context
	r.Pushers = clean(r.Pushers)
	if len(r.Pushers) > 0 {
		r.context = withPushers(r.context, r.Pushers)
	}
	return nil
}

// openContext takes the document out of a signed record, or as it stands.
func (r *run) openContext() error {
	if !sign.IsRecord(r.Context) {
		if r.ContextSigned {
			return &sign.DistrustError{Why: "it is not signed, and here only a signed context counts"}
		}
		var err error
		r.context, r.contextDoc, err = parseContext(r.Context)
		r.origin = &ContextOrigin{Trust: Unsigned}
		return err
	}
	payload, key, err := r.ring.VerifyRecord(r.Context, sign.ContextRecord)
	if err != nil {
		return err
	}
	if r.context, r.contextDoc, err = parseContext(payload); err != nil {
		return err
	}
	if err := r.isAboutThis(r.context); err != nil {
		return err
	}
	record, err := sign.ParseRecord(r.Context)
	if err != nil {
		return err
	}
	r.origin = &ContextOrigin{Trust: Signed, Signer: key.Name, KeyID: record.KeyID, Signature: base64.StdEncoding.EncodeToString(record.Signature)}
	return nil
}

// isAboutThis keeps a context that was signed for one change from speaking for another.
func (r *run) isAboutThis(c *change.Context) error {
	no := func(format string, a ...any) error {
		return &sign.DistrustError{Why: "it is signed, but " + fmt.Sprintf(format, a...)}
	}
	if c.Change == nil || c.Change.Head == "" {
		return no("does not say for which commit: change.head is missing")
	}
	if c.Change.Head != r.Head.String() {
		return no("for the head %.64q, and this is %s", c.Change.Head, r.Head)
	}
	if r.Ref != "" && c.Change.Target != "" {
		r.refDecided = true
	}
	if r.refDecided && c.Change.Target != r.Ref {
		return no("for the target %.200q, and this is for %.200q", c.Change.Target, r.Ref)
	}
	if c.Repository == nil {
		return nil
	}
	for _, part := range []struct{ name, says, is string }{
		{"host", c.Repository.Host, r.Place.Host}, {"owner", c.Repository.Owner, r.Place.Owner},
		{"name", c.Repository.Name, r.Place.Name}, {"id", c.Repository.ID, r.Place.ID},
	} {
		if part.says != "" && part.is != "" && !strings.EqualFold(part.says, part.is) {
			return no("for a repository whose %s is %.100q, and this one's is %.100q", part.name, part.says, part.is)
		}
	}
	return nil
}

// parseContext reads a context document, and gives its canonical form, in which it
// travels in a pack.
func parseContext(doc []byte) (*change.Context, []byte, error) {
	if len(doc) > change.MaxContext {
		return nil, nil, fmt.Errorf("it has more than %d bytes", change.MaxContext)
	}
	doc, err := sign.Canonicalize(doc)
	if err != nil {
		return nil, nil, err
	}
	c, err := change.ParseContext(doc)
	if err != nil {
		return nil, nil, err
	}
	return c, doc, nil
}

// clean makes what a server said of pushers fit for a document: a login of any bytes
// becomes text, and what is no number of an account is no id.
func clean(pushers []change.Pusher) []change.Pusher {
	var all []change.Pusher
	for _, p := range pushers {
		p.Login, p.From = change.Printable(p.Login), change.Printable(p.From)
		p.Type = change.PersonType(change.Printable(string(p.Type)))
		if !change.IsAccountID(p.ID) {
			p.ID = ""
		}
		all = append(all, p)
	}
	return all
}

// withPushers adds whom the door saw pushing. What was given is not changed.
func withPushers(given *change.Context, pushers []change.Pusher) *change.Context {
	c := change.Context{Schema: change.ContextSchema}
	if given != nil {
		c = *given
	}
	request := change.Request{}
	if c.Change != nil {
		request = *c.Change
	}
	request.Pushers = slices.Concat(request.Pushers, pushers)
	c.Change = &request
	return &c
}

// distrust is the reason why a context does not count, if it does not.
func (r *run) distrust() []finding.Reason {
	if r.origin == nil || r.origin.Trust != Distrusted {
		return nil
	}
	return []finding.Reason{{Code: ReasonContextTrust, Detail: "The context does not count, so what it says is missing: " + r.origin.Why + "."}}
}

// checkRing ends a review that held signatures against trusted keys which can not be
// read: nobody knows what it should have trusted.
func (r *run) checkRing(context.Context) error {
	if err := r.ring.Err(); err != nil {
		return fmt.Errorf("%s: %w", r.KeyRingFile, err)
	}
	return nil
}
