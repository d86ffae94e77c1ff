// Package verify says what a pack is, byte for byte, and checks one: is it intact, who
// signed it, is that key trusted?
//
// It promises that a pack has exactly one form, so that no byte can be changed, added
// or left out; that no key which travels in a pack is believed because it does; and
// that what was not checked is never called good. It imports no renderer, no git and
// no network, and trusts nothing that it reads: docs/pack.md describes the same steps
// for other tools.
package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"custody/internal/sign"
)

// A Member is one file of a pack.
type Member int

// The members, in the order in which they stand in a pack.
const (
	PackJSON  Member = iota // the verdict, canonical JSON
	Context                 // the context document, or null
	Page                    // for people
	Summary                 // for a check run or a comment
	SARIF                   // for code scanning
	Manifest                // the digests of all of the above
	Statement               // signature: a Sigstore bundle over Manifest
	count
)

var names = [count]string{
	"pack.json", "context.json", "index.html", "summary.md", "findings.sarif",
	"manifest.json", "statement.sigstore.json",
}

// String is the member's name in the pack.
func (m Member) String() string { return names[m] }

// isJSON says whether the member must be in canonical form.
func (m Member) isJSON() bool { return m != Page && m != Summary }

// Members are the contents of a pack.
type Members [count][]byte

// MaxMember and MaxPack bound what is written and what is read, in bytes. A pack is
// stored, not compressed, so these are also the limits of what its members say.
const (
	MaxMember = 256 << 20
	MaxPack   = 512 << 20
)

const (
	// PackSchema is the schema of pack.json that this version writes and reads.
	PackSchema = "custody/pack/v1"
	// ManifestSchema is the schema of manifest.json.
	ManifestSchema = "custody/manifest/v1"
	// PredicateType names what the signed in-toto statement says of its subjects.
	PredicateType = "urn:custody:pack:v1"
)

type manifest struct {
	Schema  string          `json:"schema"`
	Members []manifestEntry `json:"members"` // in the pack's order
}

type manifestEntry struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int    `json:"size"`
}

// NewManifest writes manifest.json for the members before it.
func NewManifest(ms *Members) ([]byte, error) {
	doc := manifest{Schema: ManifestSchema}
	for m := PackJSON; m < Manifest; m++ {
		doc.Members = append(doc.Members, manifestEntry{m.String(), hexSHA256(ms[m]), len(ms[m])})
	}
	return sign.Canonical(doc)
}

// A predicate is what the signer says of the manifest and of the head. It names its
// own key, so that a signature can be checked even when nobody trusts the key.
type predicate struct {
	ID            string `json:"id"`
	VerdictDigest string `json:"verdict_digest"`
	Decision      string `json:"decision"`
	Stage         string `json:"stage"`
	Base          string `json:"base"`
	Head          string `json:"head"`
	Day           string `json:"day"`
	Signer        signer `json:"signer"`
}

type signer struct {
	Algorithm string `json:"algorithm"`
	Key       []byte `json:"key"` // base64 of the SubjectPublicKeyInfo
}

// NewStatement is the one statement that a key may sign over the members: its subjects
// are manifest.json and the head commit, and all it says stands in pack.json.
func NewStatement(ms *Members, key sign.PublicKey) (sign.Statement, error) {
	doc, err := ReadDocument(ms[PackJSON])
	if err != nil {
		return sign.Statement{}, err
	}
	return doc.Statement(ms[Manifest], key), nil
}

// Statement is NewStatement of a document that was read.
func (d *Document) Statement(manifest []byte, key sign.PublicKey) sign.Statement {
	return sign.Statement{
		Type: sign.StatementType,
		Subject: []sign.Subject{
			{Name: Manifest.String(), Digest: map[string]string{"sha256": hexSHA256(manifest)}},
			{Name: "head", Digest: map[string]string{"gitCommit": d.head}},
		},
		PredicateType: PredicateType,
		Predicate: predicate{
			ID: d.id, VerdictDigest: d.digest, Decision: d.decision, Stage: d.stage,
			Base: d.base, Head: d.head, Day: d.day,
			Signer: signer{string(key.Algorithm()), key.SPKI()},
		},
	}
}

// Digest is "sha256:" and the hex SHA-256 of b. Of a whole pack it is its address.
func Digest(b []byte) string { return "sha256:" + hexSHA256(b) }

func hexSHA256(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func checkSizes(ms *Members) error {
	total := 0
	for m, b := range ms {
		if len(b) > MaxMember {
			return fmt.Errorf("%s has %d bytes, over the limit of %d", Member(m), len(b), MaxMember)
		}
		total += len(b)
	}
	if total > MaxPack-64<<10 {
		return fmt.Errorf("the members have %d bytes, over a pack's limit of %d", total, MaxPack)
	}
	return nil
}
