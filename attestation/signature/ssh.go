package signature

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// The signature format of ssh-keygen -Y (OpenSSH, PROTOCOL.sshsig), read by hand: the
// package that everybody uses for SSH brings a network along.

// sshNamespace is what git signs for.
const sshNamespace = "git"

var errSSH = errors.New("it is no signature of ssh-keygen")

// An sshSignature is what stands between the armor's lines.
type sshSignature struct {
	key              []byte // the public key that it brings along
	namespace, hash  string
	format           string
	blob             []byte
	flagsAndCounters []byte // of security keys
}

func parseSSHSignature(armored []byte) (*sshSignature, error) {
	block, rest := pem.Decode(armored)
	if block == nil || block.Type != "SSH SIGNATURE" || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errSSH
	}
	r := reader{block.Bytes, true}
	if string(r.take(6)) != "SSHSIG" || r.uint32() != 1 {
		return nil, errSSH
	}
	s := &sshSignature{key: r.bytes(), namespace: string(r.bytes())}
	r.bytes() // reserved
	s.hash = string(r.bytes())
	in := reader{r.bytes(), r.ok}
	s.format, s.blob = string(in.bytes()), in.bytes()
	s.flagsAndCounters = in.rest
	if !in.ok || !r.ok || len(r.rest) > 0 {
		return nil, errSSH
	}
	return s, nil
}

// signed is what the key signed for a message.
func (s *sshSignature) signed(message []byte) ([]byte, error) {
	var sum []byte
	switch s.hash {
	case "sha256":
		h := sha256.Sum256(message)
		sum = h[:]
	case "sha512":
		h := sha512.Sum512(message)
		sum = h[:]
	default:
		return nil, fmt.Errorf("%w: hash %.20q", errSSH, s.hash)
	}
	b := []byte("SSHSIG")
	for _, part := range [][]byte{[]byte(s.namespace), nil, []byte(s.hash), sum} {
		b = appendBytes(b, part)
	}
	return b, nil
}

// An sshKey is a public key as its file has it.
type sshKey struct{ blob []byte }

// parseSSHKey reads "ssh-ed25519 AAAA... comment".
func parseSSHKey(line string) (sshKey, error) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return sshKey{}, errors.New(`an SSH key is written "ssh-ed25519 AAAA..."`)
	}
	blob, err := base64.StdEncoding.DecodeString(f[1])
	if err != nil {
		return sshKey{}, errors.New("the SSH key is not base64")
	}
	r := reader{blob, true}
	if kind := string(r.bytes()); !r.ok || kind != f[0] {
		return sshKey{}, fmt.Errorf("the SSH key says %.40q and is something else", f[0])
	}
	k := sshKey{blob}
	if _, err := k.public(); err != nil {
		return sshKey{}, err
	}
	return k, nil
}

// public is the key in the form of the standard library, with its application if it is
// on a security key.
func (k sshKey) public() (any, error) {
	r := reader{k.blob, true}
	kind := string(r.bytes())
	var key any
	switch kind {
	case "ssh-ed25519", "sk-ssh-ed25519@openssh.com":
		b := r.bytes()
		if len(b) != ed25519.PublicKeySize {
			return nil, errSSH
		}
		key = ed25519.PublicKey(b)
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "sk-ecdsa-sha2-nistp256@openssh.com":
		curve := map[string]elliptic.Curve{"nistp256": elliptic.P256(), "nistp384": elliptic.P384(), "nistp521": elliptic.P521()}[string(r.bytes())]
		if curve == nil {
			return nil, errSSH
		}
		p, err := ecdsa.ParseUncompressedPublicKey(curve, r.bytes())
		if err != nil {
			return nil, errSSH
		}
		key = p
	case "ssh-rsa":
		e, n := new(big.Int).SetBytes(r.bytes()), new(big.Int).SetBytes(r.bytes())
		if !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || n.BitLen() < 2048 || n.BitLen() > 16384 {
			return nil, errors.New("the RSA key has fewer than 2048 or more than 16384 bits, or a strange exponent")
		}
		key = &rsa.PublicKey{N: n, E: int(e.Int64())}
	default:
		return nil, fmt.Errorf("SSH keys of type %.40q are not read", kind)
	}
	if strings.HasPrefix(kind, "sk-") {
		key = securityKey{key, r.bytes()}
	}
	if !r.ok || len(r.rest) > 0 {
		return nil, errSSH
	}
	return key, nil
}

// A securityKey signs more than it is given: for which application, whether somebody
// touched it, and how often it signed.
type securityKey struct {
	key         any
	application []byte
}

// verify returns nil if the signature is the key's, over the message, for git.
func (k sshKey) verify(s *sshSignature, message []byte) error {
	if !bytes.Equal(k.blob, s.key) || s.namespace != sshNamespace {
		return errSSH
	}
	signed, err := s.signed(message)
	if err != nil {
		return err
	}
	key, err := k.public()
	if err != nil {
		return err
	}
	extra := s.flagsAndCounters
	if sk, ok := key.(securityKey); ok {
		if len(extra) != 5 || extra[0]&1 == 0 { // nobody was there
			return errSSH
		}
		app, sum := sha256.Sum256(sk.application), sha256.Sum256(signed)
		signed = slices.Concat(app[:], extra, sum[:])
		key, extra = sk.key, nil
	}
	if len(extra) > 0 {
		return errSSH
	}
	ok := false
	switch key := key.(type) {
	case ed25519.PublicKey:
		ok = strings.HasSuffix(strings.TrimSuffix(s.format, "@openssh.com"), "ssh-ed25519") && len(s.blob) == ed25519.SignatureSize && ed25519.Verify(key, signed, s.blob)
	case *ecdsa.PublicKey:
		r := reader{s.blob, true}
		a, b := new(big.Int).SetBytes(r.bytes()), new(big.Int).SetBytes(r.bytes())
		ok = strings.Contains(s.format, "ecdsa-sha2-") && r.ok && len(r.rest) == 0 && ecdsa.Verify(key, curveSum(key.Curve, signed), a, b)
	case *rsa.PublicKey:
		switch s.format {
		case "rsa-sha2-256":
			h := sha256.Sum256(signed)
			ok = rsa.VerifyPKCS1v15(key, crypto.SHA256, h[:], s.blob) == nil
		case "rsa-sha2-512":
			h := sha512.Sum512(signed)
			ok = rsa.VerifyPKCS1v15(key, crypto.SHA512, h[:], s.blob) == nil
		}
	}
	if !ok {
		return errors.New("the signature does not verify")
	}
	return nil
}

// curveSum is the hash that goes with a curve (RFC 5656, 6.2.1).
func curveSum(c elliptic.Curve, b []byte) []byte {
	switch c.Params().BitSize {
	case 256:
		h := sha256.Sum256(b)
		return h[:]
	case 384:
		h := sha512.Sum384(b)
		return h[:]
	}
	h := sha512.Sum512(b)
	return h[:]
}

// A reader takes SSH's length-prefixed strings apart. Once something is missing, ok is
// false and all that follows is empty.
type reader struct {
	rest []byte
	ok   bool
}

func (r *reader) take(n int) []byte {
	if !r.ok || n < 0 || n > len(r.rest) {
		r.ok, r.rest = false, nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uint32() uint32 {
	b := r.take(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (r *reader) bytes() []byte { return r.take(int(r.uint32())) }

func appendBytes(to, b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(b))), b...)
}
