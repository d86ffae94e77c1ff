package sign

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
)

// An Algorithm names how a key signs.
type Algorithm string

const (
	// Ed25519 is RFC 8032's plain Ed25519 over the message itself.
	Ed25519 Algorithm = "ed25519"
	// P256 is ECDSA over the SHA-256 of the message; the signature is ASN.1 DER, and
	// its s is the lower of the two that verify, so that each signature has one form.
	P256 Algorithm = "p256"
)

// A PublicKey verifies signatures. It is comparable; the zero value verifies nothing.
type PublicKey struct {
	algorithm Algorithm
	spki      string // DER, known to parse
}

// NewPublicKey takes the DER encoding of a SubjectPublicKeyInfo.
func NewPublicKey(spki []byte) (PublicKey, error) {
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return PublicKey{}, fmt.Errorf("reading a public key: %w", err)
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return PublicKey{}, err
	}
	// A key has one encoding: what is pinned, hashed and compared is these bytes.
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil || string(der) != string(spki) {
		return PublicKey{}, errors.New("reading a public key: it is not in its one DER form")
	}
	return PublicKey{algorithm: algorithm, spki: string(der)}, nil
}

func algorithmOf(key any) (Algorithm, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return Ed25519, nil
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return P256, nil
		}
	}
	return "", errors.New("neither an Ed25519 nor a P-256 key: make one with openssl genpkey -algorithm ed25519")
}

// ParsePublicKey reads the PEM block "PUBLIC KEY" that openssl pkey -pubout writes.
func ParsePublicKey(file []byte) (PublicKey, error) {
	der, err := onlyBlock(file, "PUBLIC KEY")
	if err != nil {
		return PublicKey{}, err
	}
	return NewPublicKey(der)
}

func onlyBlock(file []byte, kind string) ([]byte, error) {
	block, rest := pem.Decode(file)
	switch {
	case block == nil:
		return nil, fmt.Errorf("no PEM block %q found", kind)
	case block.Type != kind:
		return nil, fmt.Errorf("PEM block %q found, want %q", block.Type, kind)
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("more than one PEM block found: which key is meant?")
	}
	return block.Bytes, nil
}

// Algorithm says how the key signs; empty for the zero value.
func (k PublicKey) Algorithm() Algorithm { return k.algorithm }

// SPKI is the key's SubjectPublicKeyInfo in DER.
func (k PublicKey) SPKI() []byte { return []byte(k.spki) }

// ID is the base64 of the SPKI's SHA-256: the hint in a Sigstore bundle, and the name
// of a key for people and files. It is not the key: trust compares whole keys.
func (k PublicKey) ID() string {
	h := sha256.Sum256([]byte(k.spki))
	return base64.StdEncoding.EncodeToString(h[:])
}

// PEM is what openssl reads as a public key.
func (k PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte(k.spki)})
}

// Equal says whether both are the same key.
func (k PublicKey) Equal(o PublicKey) bool { return k.spki != "" && k.spki == o.spki }

// Verify returns nil if sig is k's signature over message.
func (k PublicKey) Verify(message, sig []byte) error {
	parsed, err := x509.ParsePKIXPublicKey([]byte(k.spki))
	if err != nil {
		return errors.New("there is no key to verify the signature with")
	}
	ok := false
	switch key := parsed.(type) {
	case ed25519.PublicKey:
		ok = len(sig) == ed25519.SignatureSize && ed25519.Verify(key, message, sig)
	case *ecdsa.PublicKey:
		low, err := lowS(sig)
		if err != nil || string(low) != string(sig) {
			return errors.New("the signature is not in its one DER form")
		}
		h := sha256.Sum256(message)
		ok = ecdsa.VerifyASN1(key, h[:], sig)
	}
	if !ok {
		return errors.New("the signature does not verify under this key")
	}
	return nil
}

// lowS rewrites a P-256 signature so that s is in the lower half of the group's order:
// of a signature's two valid forms, this is the one that Custody writes and accepts.
func lowS(sig []byte) ([]byte, error) {
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(sig, &v); err != nil || len(rest) > 0 || v.R.Sign() <= 0 || v.S.Sign() <= 0 {
		return nil, errors.New("the signature is not a DER sequence of two positive integers")
	}
	n := elliptic.P256().Params().N
	if v.S.Cmp(n) < 0 && v.S.Cmp(new(big.Int).Rsh(n, 1)) > 0 {
		v.S.Sub(n, v.S)
	}
	return asn1.Marshal(v)
}

// A Key is a private key on this machine. It signs without randomness: the same
// message has the same signature. It implements Signer.
type Key struct {
	private crypto.Signer
	public  PublicKey
}

// GenerateKey makes an Ed25519 key from 32 bytes of random.
func GenerateKey(random io.Reader) (*Key, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	return newKey(ed25519.NewKeyFromSeed(seed))
}

// ParseKey reads the PEM block "PRIVATE KEY" (PKCS#8, not encrypted) of an Ed25519 or
// P-256 key, as openssl genpkey and MarshalPEM write it.
func ParseKey(file []byte) (*Key, error) {
	der, err := onlyBlock(file, "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("reading a signing key: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading a signing key: %w", err)
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("reading a signing key: this kind of key can not sign")
	}
	return newKey(private)
}

func newKey(private crypto.Signer) (*Key, error) {
	if _, err := algorithmOf(private.Public()); err != nil {
		return nil, fmt.Errorf("reading a signing key: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, fmt.Errorf("reading a signing key: %w", err)
	}
	public, err := NewPublicKey(spki)
	if err != nil {
		return nil, err
	}
	return &Key{private: private, public: public}, nil
}

// MarshalPEM writes the key as ParseKey reads it. Whoever stores it gives the file
// mode 0600.
func (k *Key) MarshalPEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("writing a signing key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Public is the key that verifies.
func (k *Key) Public() PublicKey { return k.public }

// Sign signs the message.
func (k *Key) Sign(_ context.Context, message []byte) ([]byte, error) {
	if k.public.algorithm == Ed25519 {
		return k.private.Sign(nil, message, crypto.Hash(0))
	}
	// Without a random source crypto/ecdsa signs as RFC 6979 says: deterministically.
	h := sha256.Sum256(message)
	sig, err := k.private.Sign(nil, h[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return lowS(sig)
}
