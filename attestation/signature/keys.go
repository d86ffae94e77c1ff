package signature

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Keys are the keys of one configuration, each with whose it is.
type Keys struct {
	ssh []sshOwner
	pgp []pgpOwner
}

type sshOwner struct {
	key   sshKey
	owner int
}

type pgpOwner struct {
	keys  openpgp.EntityList
	owner int
}

// AddSSH adds the line of a public key file, for an owner that Verify will name.
func (k *Keys) AddSSH(line string, owner int) error {
	key, err := parseSSHKey(line)
	if err == nil {
		k.ssh = append(k.ssh, sshOwner{key, owner})
	}
	return err
}

// maxArmored bounds a block of OpenPGP keys.
const maxArmored = 1 << 20

// AddOpenPGP adds the keys of an armored block, as gpg --armor --export writes it.
func (k *Keys) AddOpenPGP(armored string, owner int) error {
	if len(armored) > maxArmored {
		return errors.New("the OpenPGP key is too long")
	}
	list, err := openpgp.ReadArmoredKeyRing(strings.NewReader(armored))
	if err != nil || len(list) == 0 {
		return fmt.Errorf("the OpenPGP key can not be read: %w", err)
	}
	for _, e := range list {
		if e.PrivateKey != nil {
			return errors.New("the OpenPGP key is a private one: export the public key")
		}
	}
	k.pgp = append(k.pgp, pgpOwner{list, owner})
	return nil
}

// Any says whether there are keys.
func (k *Keys) Any() bool { return k != nil && len(k.ssh)+len(k.pgp) > 0 }

// ErrStranger says that none of the keys made a signature.
var ErrStranger = errors.New("the signature verifies under none of the keys")

// Verify says whose key made a signature over the payload. Day is the UTC day on which
// keys must not have expired: a clock is not asked.
func (k *Keys) Verify(payload, sig []byte, day string) (owner int, err error) {
	if len(sig) > MaxSize {
		return 0, errors.New("the signature is too long")
	}
	if !k.Any() {
		return 0, ErrStranger
	}
	sig = bytes.TrimSpace(sig)
	switch {
	case bytes.HasPrefix(sig, beginSSH):
		s, err := parseSSHSignature(sig)
		if err != nil {
			return 0, err
		}
		for _, o := range k.ssh {
			if o.key.verify(s, payload) == nil {
				return o.owner, nil
			}
		}
	case bytes.HasPrefix(sig, beginPGP):
		on, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return 0, fmt.Errorf("the day %q: %w", day, err)
		}
		block, err := armor.Decode(bytes.NewReader(sig))
		if err != nil || block.Type != openpgp.SignatureType {
			return 0, errors.New("it is no OpenPGP signature")
		}
		body := new(bytes.Buffer)
		if _, err := body.ReadFrom(block.Body); err != nil {
			return 0, errors.New("it is no OpenPGP signature")
		}
		// The end of the day: what was signed on it was not signed in the future.
		config := &packet.Config{Time: func() time.Time { return on.Add(24*time.Hour - time.Second) }}
		for _, o := range k.pgp {
			if verifyOpenPGP(o.keys, payload, body.Bytes(), config) {
				return o.owner, nil
			}
		}
	default:
		return 0, errors.New("it is a signature of a kind that is not read")
	}
	return 0, ErrStranger
}

// verifyOpenPGP asks the library, which is not ours to trust with hostile bytes: what
// makes it panic is no signature.
func verifyOpenPGP(keys openpgp.EntityList, payload, sig []byte, config *packet.Config) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	signer, err := openpgp.CheckDetachedSignature(keys, bytes.NewReader(payload), bytes.NewReader(sig), config)
	return err == nil && signer != nil
}
