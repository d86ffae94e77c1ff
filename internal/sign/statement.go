package sign

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// Bounds of a statement that somebody else signed.
const (
	MaxStatement  = 4 << 20
	maxSignatures = 16
)

// An Envelope is a DSSE envelope around an in-toto statement, as any program may have
// written it: bare, or inside of a Sigstore bundle. Nothing in it is believed but what
// VerifyStatement says.
type Envelope struct {
	Payload    []byte
	signatures [][]byte
}

// ParseEnvelope reads an envelope, or a bundle that holds one. It verifies nothing.
func ParseEnvelope(doc []byte) (*Envelope, error) {
	if len(doc) > MaxStatement {
		return nil, fmt.Errorf("reading a signed statement: it has more than %d bytes", MaxStatement)
	}
	type envelope struct {
		Payload     *string `json:"payload"`
		PayloadType string  `json:"payloadType"`
		Signatures  []struct {
			Sig string `json:"sig"`
		} `json:"signatures"`
	}
	var j struct {
		envelope
		Inside *envelope `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(doc, &j); err != nil {
		return nil, fmt.Errorf("reading a signed statement: %w", err)
	}
	e := &j.envelope
	if j.Inside != nil {
		e = j.Inside
	}
	switch {
	case e.Payload == nil:
		return nil, errors.New("reading a signed statement: it is neither a DSSE envelope nor a Sigstore bundle with one")
	case e.PayloadType != PayloadType:
		return nil, fmt.Errorf("reading a signed statement: its payload is %.60q, want %s", e.PayloadType, PayloadType)
	case len(e.Signatures) > maxSignatures:
		return nil, fmt.Errorf("reading a signed statement: more than %d signatures", maxSignatures)
	}
	out := &Envelope{}
	var err error
	if out.Payload, err = anyBase64(*e.Payload); err != nil {
		return nil, fmt.Errorf("reading a signed statement: its payload: %w", err)
	}
	for _, s := range e.Signatures {
		sig, err := anyBase64(s.Sig)
		if err != nil {
			return nil, fmt.Errorf("reading a signed statement: a signature: %w", err)
		}
		out.signatures = append(out.signatures, sig)
	}
	return out, nil
}

// anyBase64 reads either alphabet, as DSSE wants it.
func anyBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return base64.URLEncoding.DecodeString(s)
	}
	return b, nil
}

// VerifyStatement gives the key that signed an envelope, if it is trusted for statements
// on the ring's day. Every other answer is a *DistrustError.
func (r *KeyRing) VerifyStatement(e *Envelope) (TrustedKey, error) {
	if r == nil {
		return TrustedKey{}, &DistrustError{Why: "no key is trusted"}
	}
	r.used = true
	why := &DistrustError{Why: fmt.Sprintf("none of the %d trusted keys signed it", len(r.keys))}
	message := PAE(PayloadType, e.Payload)
	for _, sig := range e.signatures {
		for _, k := range r.keys {
			if !k.Key.made(message, sig) {
				continue
			}
			switch {
			case !k.Is(ForStatements):
				why = &DistrustError{Why: fmt.Sprintf("the key %q is not trusted for statements: its line in the trusted keys would say for=statements", k.Name)}
			case k.RefusedOn(r.day) != "":
				why = &DistrustError{Why: k.RefusedOn(r.day)}
			default:
				return k, nil
			}
		}
	}
	return TrustedKey{}, why
}

// made is Verify for what other programs sign: of the two forms that an ECDSA signature
// has they write either.
func (k PublicKey) made(message, sig []byte) bool {
	if k.algorithm == P256 {
		low, err := lowS(sig)
		if err != nil {
			return false
		}
		sig = low
	}
	return k.Verify(message, sig) == nil
}
