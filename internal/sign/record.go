package sign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// A RecordType is the DSSE payload type of a signed record: what its payload is, and so
// which purpose a key must be trusted for to speak of it.
type RecordType string

const (
	ContextRecord   RecordType = "application/vnd.custody.context+json"
	WaiverRecord    RecordType = "application/vnd.custody.waiver+json"
	StatementRecord RecordType = "application/vnd.custody.statement+json"
)

// recordPurposes say what a key must be trusted for; a type that is not here is none.
var recordPurposes = map[RecordType]Purposes{
	ContextRecord:   ForContext,
	WaiverRecord:    ForWaivers,
	StatementRecord: ForStatements,
}

// MaxRecord bounds a signed record, in bytes: more than the base64 of any payload that
// Custody reads.
const MaxRecord = 48 << 20

// A Record is a canonical JSON document that somebody signed, whole in one file: a DSSE
// envelope with one signature, whose keyid is the key's PublicKey.ID.
type Record struct {
	Type      RecordType
	Payload   []byte // canonical JSON
	KeyID     string // who claims to have signed it
	Signature []byte
}

// The envelope after DSSE's envelope.md, members in canonical order.
type recordJSON struct {
	Payload     string               `json:"payload"`
	PayloadType RecordType           `json:"payloadType"`
	Signatures  []keyedSignatureJSON `json:"signatures"`
}

type keyedSignatureJSON struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

// SignRecord signs a JSON document, in its canonical form, as a record of the type.
func SignRecord(ctx context.Context, doc []byte, t RecordType, s Signer) ([]byte, error) {
	if recordPurposes[t] == 0 {
		return nil, fmt.Errorf("signing a record: %.60q is no type of record", t)
	}
	payload, err := Canonicalize(doc)
	if err != nil {
		return nil, fmt.Errorf("signing a record: %w", err)
	}
	sig, err := Sign(ctx, s, PAE(string(t), payload))
	if err != nil {
		return nil, err
	}
	file, err := (&Record{Type: t, Payload: payload, KeyID: s.Public().ID(), Signature: sig}).Marshal()
	if err == nil && len(file) > MaxRecord {
		err = fmt.Errorf("signing a record: it has %d bytes, over the limit of %d", len(file), MaxRecord)
	}
	return file, err
}

// Marshal writes the record as canonical JSON.
func (r *Record) Marshal() ([]byte, error) {
	return Canonical(recordJSON{
		Payload:     encodeBase64(r.Payload),
		PayloadType: r.Type,
		Signatures:  []keyedSignatureJSON{{r.KeyID, encodeBase64(r.Signature)}},
	})
}

// ParseRecord reads what Marshal writes, with or without a line end behind it, and
// nothing else. It verifies no signature.
func ParseRecord(doc []byte) (*Record, error) {
	if len(doc) > MaxRecord {
		return nil, fmt.Errorf("reading a signed record: it has more than %d bytes", MaxRecord)
	}
	if n := len(doc); n > 0 && doc[n-1] == '\n' {
		doc = doc[:n-1]
	}
	var j recordJSON
	if err := json.Unmarshal(doc, &j); err != nil {
		return nil, fmt.Errorf("reading a signed record: %w", err)
	}
	if len(j.Signatures) != 1 {
		return nil, fmt.Errorf("reading a signed record: %d signatures, want 1", len(j.Signatures))
	}
	r := &Record{Type: j.PayloadType, KeyID: j.Signatures[0].KeyID}
	if recordPurposes[r.Type] == 0 {
		return nil, fmt.Errorf("reading a signed record: %.60q is no type of record", r.Type)
	}
	var err error
	if r.Payload, err = decodeBase64(j.Payload); err != nil {
		return nil, fmt.Errorf("reading a signed record: its payload: %w", err)
	}
	if r.Signature, err = decodeBase64(j.Signatures[0].Sig); err != nil {
		return nil, fmt.Errorf("reading a signed record: its signature: %w", err)
	}
	if err := IsCanonical(r.Payload); err != nil {
		return nil, fmt.Errorf("reading a signed record: its payload: %w", err)
	}
	again, err := r.Marshal()
	if err != nil {
		return nil, fmt.Errorf("reading a signed record: %w", err)
	}
	if string(again) != string(doc) {
		return nil, errors.New("reading a signed record: it is not a DSSE envelope as Custody writes it")
	}
	return r, nil
}

// IsRecord says whether a JSON document claims to be a signed record and not the plain
// document: it has a payload type. Whether it is one, ParseRecord says.
func IsRecord(doc []byte) bool {
	var j struct {
		PayloadType *json.RawMessage `json:"payloadType"`
	}
	return json.Unmarshal(doc, &j) == nil && j.PayloadType != nil
}

// A DistrustError says why a signed record does not count: it is malformed, of another
// type, or nobody who is trusted for its kind signed it. A record that does not count
// is a missing fact.
type DistrustError struct {
	Why     string
	Unknown bool // the key is none of the trusted ones: who signed it is not known
}

func (e *DistrustError) Error() string { return e.Why }

// VerifyRecord reads a signed record of the type and returns its payload, and the key
// that signed it, if that key is trusted for such records on the day. Every other
// answer is a *DistrustError.
func VerifyRecord(doc []byte, t RecordType, keys TrustedKeys, day string) ([]byte, TrustedKey, error) {
	no := func(format string, a ...any) ([]byte, TrustedKey, error) {
		return nil, TrustedKey{}, &DistrustError{Why: fmt.Sprintf(format, a...)}
	}
	r, err := ParseRecord(doc)
	if err != nil {
		return no("%v", err)
	}
	if r.Type != t {
		return no("it is a record of type %s, want %s", r.Type, t)
	}
	key, ok := keys.byID(r.KeyID)
	if !ok {
		return nil, TrustedKey{}, &DistrustError{Why: fmt.Sprintf("it names the key %.64q, which is none of the %d trusted keys", r.KeyID, len(keys)), Unknown: true}
	}
	if err := key.Key.Verify(PAE(string(t), r.Payload), r.Signature); err != nil {
		return no("key %q: %v", key.Name, err)
	}
	purpose := recordPurposes[t]
	if !key.Is(purpose) {
		return no("the key %q is not trusted for %s: its line in the trusted keys would say for=%s", key.Name, purpose, purpose)
	}
	if why := key.RefusedOn(day); why != "" {
		return no("%s", why)
	}
	return r.Payload, key, nil
}
