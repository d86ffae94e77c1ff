package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"custody/internal/finding"
	"custody/internal/parallel"
	"custody/internal/sign"
)

// A Result is the document custody/verification/v1: the three answers about a pack,
// and each step that led to them. Its zero value says that nothing was checked.
type Result struct {
	Schema  string          `json:"schema"`
	Intact  finding.Outcome `json:"intact"`
	Signed  finding.Outcome `json:"signed"`
	Trusted finding.Outcome `json:"trusted"` // not-assessed: the signer is unknown
	Outcome finding.Outcome `json:"outcome"` // satisfied only if all three are
	Steps   []Step          `json:"steps"`   // in order; checking stops at the first that fails

	PackDigest string  `json:"pack_digest"`
	Signer     *Signer `json:"signer,omitempty"` // whose signature verifies
	Says       *Says   `json:"says,omitempty"`   // what an intact pack says of itself

	Waivers []Waiver `json:"waivers,omitempty"` // of the context, in its order; they decide nothing here
}

// ResultSchema is the value of Result.Schema.
const ResultSchema = "custody/verification/v1"

// A Step is one thing that was checked, in words.
type Step struct {
	Question string          `json:"question"` // "intact", "signed" or "trusted"; "waiver" for one of the context
	Outcome  finding.Outcome `json:"outcome"`
	Detail   string          `json:"detail"` // one sentence
}

// A Signer is the key that made the signature.
type Signer struct {
	KeyID     string `json:"key_id"`
	Algorithm string `json:"algorithm"`
	Line      string `json:"line"`           // as a trusted_keys file would pin it, without its name
	Name      string `json:"name,omitempty"` // in the trusted keys
}

// Says is what the pack says. It is worth what the signer is worth.
type Says struct {
	ID            string `json:"id"`
	VerdictDigest string `json:"verdict_digest"`
	Decision      string `json:"decision"`
	Stage         string `json:"stage"`
	Base          string `json:"base"`
	Head          string `json:"head"`
	Day           string `json:"day"`
}

// Verify checks a pack against the keys that the caller has pinned. The key that
// travels in the pack only tells who claims to have signed it.
func Verify(pack []byte, trusted sign.TrustedKeys) *Result {
	r := &Result{Schema: ResultSchema, PackDigest: Digest(pack), Steps: []Step{}}
	if doc, payload, context, ok := r.checkIntact(pack); ok {
		r.checkSignature(doc, payload, trusted)
		r.checkWaivers(doc, context, trusted)
	}
	r.Outcome = finding.Worst(r.Intact, r.Signed, r.Trusted)
	return r
}

func (r *Result) step(question string, o finding.Outcome, format string, a ...any) {
	r.Steps = append(r.Steps, Step{question, o, fmt.Sprintf(format, a...)})
}

// fail records why a question is answered with no.
func (r *Result) fail(question string, answer *finding.Outcome, err error) {
	*answer = finding.NotSatisfied
	if _, ok := errors.AsType[*schemaError](err); ok {
		*answer = finding.NotAssessed
	}
	r.step(question, *answer, "%v", err)
}

// signed is an intact pack's statement and the key that it names.
type signed struct {
	bundle *sign.Bundle
	key    sign.PublicKey
}

func (r *Result) checkIntact(pack []byte) (_ *Document, _ *signed, judged []byte, ok bool) {
	const q = "intact"
	no := func(err error) (*Document, *signed, []byte, bool) {
		r.fail(q, &r.Intact, err)
		return nil, nil, nil, false
	}
	good := func(format string, a ...any) { r.step(q, finding.Satisfied, format, a...) }

	ms, err := Decode(pack)
	if err != nil {
		return no(err)
	}
	good("The file holds the %d members of a pack and no byte more.", count)

	// What these say counts only if all is canonical, which is found out meanwhile.
	canonical := parallel.Begin(context.Background(), func(context.Context) error { return checkCanonical(ms) })
	manifestErr := checkManifest(ms)
	doc, docErr := ReadDocument(ms[PackJSON])
	if err := canonical.End(); err != nil {
		return no(err)
	}
	good("Every JSON member is in its one canonical form (RFC 8785).")

	if manifestErr != nil {
		return no(manifestErr)
	}
	good("Every member has the SHA-256 that the manifest names.")

	if docErr != nil {
		return no(docErr)
	}
	if doc.id != doc.derivedID {
		return no(fmt.Errorf("pack.json has the id %s, but its content has %s", doc.id, doc.derivedID))
	}
	if err := checkContext(doc, ms[Context]); err != nil {
		return no(err)
	}
	good("The verdict's id is derived from its content, and the context is the one that was judged.")

	st, err := readStatement(doc, ms)
	if err != nil {
		return no(err)
	}
	good("The statement speaks of this manifest, this head and this verdict.")

	r.Intact = finding.Satisfied
	r.Says = &Says{doc.id, doc.digest, doc.decision, doc.stage, doc.base, doc.head, doc.day}
	return doc, st, ms[Context], true
}

func checkCanonical(ms *Members) error {
	for m, b := range ms {
		if !Member(m).isJSON() {
			continue
		}
		if err := sign.IsCanonical(b); err != nil {
			return fmt.Errorf("%s: %w", Member(m), err)
		}
	}
	return nil
}

func checkManifest(ms *Members) error {
	want, err := NewManifest(ms)
	if err != nil {
		return err
	}
	if bytes.Equal(want, ms[Manifest]) {
		return nil
	}
	for m := PackJSON; m < Manifest; m++ {
		if !bytes.Contains(ms[Manifest], []byte(hexSHA256(ms[m]))) {
			return fmt.Errorf("%s is not the one that the manifest names", m)
		}
	}
	return errors.New("manifest.json does not list the members as Custody does")
}

// checkContext compares the context with the digest under which it was judged.
func checkContext(doc *Document, context []byte) error {
	none := string(context) == "null"
	switch {
	case doc.context == "" && !none:
		return errors.New("context.json holds a context, but the verdict was reached without one")
	case doc.context != "" && doc.context != Digest(context):
		return errors.New("context.json is not the context that the verdict was reached with")
	}
	return nil
}

// readStatement reads the signed statement and demands that it be the very one that
// its key may sign over these members.
func readStatement(doc *Document, ms *Members) (*signed, error) {
	bundle, err := sign.ParseBundle(ms[Statement])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Statement, err)
	}
	var claimed struct {
		Predicate struct {
			Signer signer `json:"signer"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(bundle.Payload, &claimed); err != nil {
		return nil, fmt.Errorf("%s: the payload is not an in-toto statement", Statement)
	}
	key, err := sign.NewPublicKey(claimed.Predicate.Signer.Key)
	if err != nil {
		return nil, fmt.Errorf("%s: the signer's key: %w", Statement, err)
	}
	want, err := sign.Canonical(doc.Statement(ms[Manifest], key))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Statement, err)
	}
	if !bytes.Equal(want, bundle.Payload) {
		return nil, fmt.Errorf("%s: the statement is about something else, or contradicts pack.json", Statement)
	}
	return &signed{bundle, key}, nil
}

func (r *Result) checkSignature(doc *Document, st *signed, trusted sign.TrustedKeys) {
	if err := st.bundle.Verify(st.key); err != nil {
		r.fail("signed", &r.Signed, fmt.Errorf("key %s: %w", st.key.ID(), err))
		return
	}
	r.Signed = finding.Satisfied
	pin := sign.TrustedKey{Key: st.key, Name: "NAME"}
	r.Signer = &Signer{KeyID: st.key.ID(), Algorithm: string(st.key.Algorithm()), Line: pin.String()}
	r.step("signed", finding.Satisfied, "The statement is signed by the %s key %s.", st.key.Algorithm(), st.key.ID())

	known, ok := trusted.Lookup(st.key)
	if !ok {
		r.step("trusted", finding.NotAssessed, "That key is none of your trusted keys (%d): who holds it is unknown, and anybody can make one.", len(trusted))
		return
	}
	r.Signer.Name = known.Name
	if !known.Is(sign.ForPacks) {
		r.fail("trusted", &r.Trusted, fmt.Errorf("the key %q is trusted for %s only, not for packs", known.Name, known.Purposes))
		return
	}
	if why := known.RefusedOn(doc.day); why != "" {
		r.fail("trusted", &r.Trusted, fmt.Errorf("the pack is of %s, and %s", doc.day, why))
		return
	}
	r.Trusted = finding.Satisfied
	r.step("trusted", finding.Satisfied, "That key is trusted under the name %q on %s, the day of the pack.", known.Name, doc.day)
}

// Good says whether the pack is intact, signed, and by a trusted key.
func (r *Result) Good() bool { return r.Outcome == finding.Satisfied }
