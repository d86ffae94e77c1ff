package sign

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// StatementType and PayloadType are those of in-toto attestations, version 1.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PayloadType   = "application/vnd.in-toto+json"
)

// BundleType is the media type of a Sigstore bundle, version 0.3.
const BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// A Statement is an in-toto Statement v1: it says Predicate of every subject.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     any       `json:"predicate"`
}

// A Subject is something by digest: {"sha256": hex} or {"gitCommit": hex}.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

// PAE is DSSE's pre-authentication encoding: the bytes that are signed.
func PAE(payloadType string, payload []byte) []byte {
	b := []byte("DSSEv1 ")
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(append(append(b, ' '), payloadType...), ' ')
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	return append(append(b, ' '), payload...)
}

// A Bundle is what Custody reads and writes of the Sigstore bundle: one DSSE envelope
// with one signature, made by a key that the hint names. There is no certificate and
// no log entry.
type Bundle struct {
	Payload   []byte // a canonical in-toto statement
	Signature []byte
	Hint      string // PublicKey.ID
}

// SignStatement signs a statement.
func SignStatement(ctx context.Context, st Statement, s Signer) (*Bundle, error) {
	payload, err := Canonical(st)
	if err != nil {
		return nil, fmt.Errorf("encoding the statement: %w", err)
	}
	return SignPayload(ctx, payload, s)
}

// SignPayload signs an in-toto statement that is encoded already, canonically.
func SignPayload(ctx context.Context, payload []byte, s Signer) (*Bundle, error) {
	sig, err := Sign(ctx, s, PAE(PayloadType, payload))
	if err != nil {
		return nil, err
	}
	return &Bundle{Payload: payload, Signature: sig, Hint: s.Public().ID()}, nil
}

// Verify returns nil if the bundle carries key's signature over its payload.
func (b *Bundle) Verify(key PublicKey) error {
	if b.Hint != key.ID() {
		return errors.New("the bundle's hint names another key")
	}
	return key.Verify(PAE(PayloadType, b.Payload), b.Signature)
}

// The layout of the JSON, after sigstore's bundle.proto and envelope.proto.
type bundleJSON struct {
	MediaType    string       `json:"mediaType"`
	Verification materialJSON `json:"verificationMaterial"`
	Envelope     envelopeJSON `json:"dsseEnvelope"`
}

type materialJSON struct {
	PublicKey hintJSON `json:"publicKey"`
}

type hintJSON struct {
	Hint string `json:"hint"`
}

type envelopeJSON struct {
	Payload     string          `json:"payload"`
	PayloadType string          `json:"payloadType"`
	Signatures  []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	Sig string `json:"sig"`
}

// Marshal writes the bundle as canonical JSON.
func (b *Bundle) Marshal() ([]byte, error) {
	return Canonical(bundleJSON{
		MediaType:    BundleType,
		Verification: materialJSON{hintJSON{b.Hint}},
		Envelope: envelopeJSON{
			Payload:     encodeBase64(b.Payload),
			PayloadType: PayloadType,
			Signatures:  []signatureJSON{{encodeBase64(b.Signature)}},
		},
	})
}

// ParseBundle reads what Marshal writes, and nothing else: a bundle with a field more
// or another encoding of the same would be a second file with the same meaning.
func ParseBundle(doc []byte) (*Bundle, error) {
	var j bundleJSON
	if err := json.Unmarshal(doc, &j); err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	if len(j.Envelope.Signatures) != 1 {
		return nil, fmt.Errorf("reading the bundle: %d signatures, want 1", len(j.Envelope.Signatures))
	}
	b := &Bundle{Hint: j.Verification.PublicKey.Hint}
	var err error
	if b.Payload, err = decodeBase64(j.Envelope.Payload); err != nil {
		return nil, fmt.Errorf("reading the bundle's payload: %w", err)
	}
	if b.Signature, err = decodeBase64(j.Envelope.Signatures[0].Sig); err != nil {
		return nil, fmt.Errorf("reading the bundle's signature: %w", err)
	}
	again, err := b.Marshal()
	if err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	if string(again) != string(doc) {
		return nil, errors.New("reading the bundle: it is not a Sigstore bundle v0.3 as Custody writes it")
	}
	return b, nil
}

func encodeBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
