// Package signature verifies the signatures of commits and tags, by OpenPGP and by SSH
// keys, under keys that a configuration names.
//
// It promises that only those keys count, whatever a signature brings along, and that
// its answer depends on its arguments alone. It says whose key signed, which is no
// statement about who or what wrote anything.
package signature

import (
	"bytes"
	"errors"
)

// MaxSize bounds a signature that is looked at, in bytes.
const MaxSize = 64 << 10

// ErrUnsigned says that there is no signature.
var ErrUnsigned = errors.New("it is not signed")

// signatureHeaders are the headers of a commit, or of a tag, that hold its signature: in
// a repository of one kind of id the first, in one of the other the second. Neither is
// among what was signed.
var signatureHeaders = [][]byte{[]byte("gpgsig "), []byte("gpgsig-sha256 ")}

// OfCommit splits a commit, as it is stored, into what was signed and the signature.
// long says that ids have 64 digits.
func OfCommit(raw []byte, long bool) (payload, sig []byte, err error) {
	return splitHeaders(raw, long)
}

func splitHeaders(raw []byte, long bool) (payload, sig []byte, err error) {
	want := signatureHeaders[0]
	if long {
		want = signatureHeaders[1]
	}
	payload = make([]byte, 0, len(raw))
	seen, in, mine := false, false, false // in: a signature header goes on
	for rest := raw; len(rest) > 0; {
		line := rest
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			line = rest[:i+1]
		}
		if line[0] == '\n' { // the message
			payload = append(payload, rest...)
			break
		}
		rest = rest[len(line):]
		switch {
		case in && line[0] == ' ':
			if mine {
				sig = append(sig, line[1:]...)
			}
			continue
		case bytes.HasPrefix(line, signatureHeaders[0]), bytes.HasPrefix(line, signatureHeaders[1]):
			in, mine = true, bytes.HasPrefix(line, want)
			if mine {
				if seen {
					return nil, nil, errors.New("it has two signatures")
				}
				seen = true
				sig = append(sig, line[len(want):]...)
			}
			continue
		}
		in = false
		payload = append(payload, line...)
	}
	if !seen {
		return nil, nil, ErrUnsigned
	}
	return payload, sig, nil
}

var (
	beginPGP = []byte("-----BEGIN PGP SIGNATURE-----")
	beginSSH = []byte("-----BEGIN SSH SIGNATURE-----")
)

// OfTag splits an annotated tag: its signature stands at the end of the message.
func OfTag(raw []byte) (payload, sig []byte, err error) {
	at := -1
	for i := 0; i < len(raw); {
		line := raw[i:]
		if bytes.HasPrefix(line, beginPGP) || bytes.HasPrefix(line, beginSSH) {
			at = i
		}
		n := bytes.IndexByte(line, '\n')
		if n < 0 {
			break
		}
		i += n + 1
	}
	if at < 0 {
		return nil, nil, ErrUnsigned
	}
	payload, sig = raw[:at], raw[at:]
	// A tag may carry the signature of the other kind of ids in a header, which was not
	// signed either.
	if p, _, err := splitHeaders(payload, true); err == nil {
		payload = p
	} else if !errors.Is(err, ErrUnsigned) {
		return nil, nil, err
	}
	return payload, sig, nil
}
