package sign

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
)

// A Signer signs with one key: a Key on this machine, or an operator's own program.
type Signer interface {
	// Public is the key under which the signatures verify.
	Public() PublicKey
	// Sign returns the raw signature over message: 64 bytes for Ed25519, ASN.1 DER
	// for P-256.
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// A Command is an operator's signer program. It gets the message to sign, which is
// the pre-authentication encoding of a DSSE envelope, on standard input, and writes
// the base64 of the raw signature to standard output, with or without a newline.
type Command interface {
	Run(ctx context.Context, stdin []byte) (stdout []byte, err error)
}

// External signs with an operator's program. The operator says which key it holds; a
// signature that does not verify under that key is an error.
func External(public PublicKey, command Command) Signer {
	return external{public, command}
}

type external struct {
	public  PublicKey
	command Command
}

func (e external) Public() PublicKey { return e.public }

func (e external) Sign(ctx context.Context, message []byte) ([]byte, error) {
	out, err := e.command.Run(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("running the signer command: %w", err)
	}
	out = bytes.TrimRight(out, "\r\n")
	if len(out) > 1024 {
		return nil, fmt.Errorf("the signer command wrote %d bytes: want one line, the base64 of the signature", len(out))
	}
	sig, err := decodeBase64(string(out))
	if err != nil {
		return nil, errors.New("the signer command wrote no base64: want one line, the base64 of the raw signature")
	}
	if e.public.algorithm == P256 {
		if sig, err = lowS(sig); err != nil {
			return nil, fmt.Errorf("checking what the signer command wrote: %w", err)
		}
	}
	return sig, nil
}

// Sign asks the signer and verifies what it returns before anybody uses it.
func Sign(ctx context.Context, s Signer, message []byte) ([]byte, error) {
	sig, err := s.Sign(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("signing with key %s: %w", s.Public().ID(), err)
	}
	if err := s.Public().Verify(message, sig); err != nil {
		return nil, fmt.Errorf("checking the new signature of key %s: %w; is it the signer's key?", s.Public().ID(), err)
	}
	return sig, nil
}

// decodeBase64 accepts exactly what encoding would write: encoding/base64 skips line
// ends and, unless strict, spare bits.
func decodeBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, err
	}
	if base64.StdEncoding.EncodeToString(b) != s {
		return nil, errors.New("not the one base64 form")
	}
	return b, nil
}
