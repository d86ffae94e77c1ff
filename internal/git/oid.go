package git

import (
	"encoding/hex"
	"fmt"
)

// An OID names a git object: 20 bytes in a SHA-1 repository, 32 in a SHA-256 one. It
// is comparable; the zero value names nothing.
type OID struct {
	size uint8
	b    [32]byte
}

// ParseOID reads 40 or 64 lower-case hex digits.
func ParseOID(s string) (OID, error) {
	var o OID
	if len(s) != 40 && len(s) != 64 {
		return o, fmt.Errorf("object id %q has %d digits: want 40 (SHA-1) or 64 (SHA-256)", s, len(s))
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return o, fmt.Errorf("object id %q: %q is not a lower-case hex digit", s, c)
		}
	}
	n, _ := hex.Decode(o.b[:], []byte(s)) // can not fail: every digit was just checked
	o.size = uint8(n)
	return o, nil
}

// OIDFromBytes takes the 20 or 32 raw bytes of a tree entry.
func OIDFromBytes(b []byte) (OID, error) {
	var o OID
	if len(b) != 20 && len(b) != 32 {
		return o, fmt.Errorf("object id of %d bytes: want 20 or 32", len(b))
	}
	o.size = uint8(copy(o.b[:], b))
	return o, nil
}

// IsZero says whether o names nothing: the zero value, or git's all-zeros id of
// either length (in a push: the ref is created or deleted).
func (o OID) IsZero() bool { return o.b == [32]byte{} }

// Bytes are the raw 20 or 32 bytes, none for the zero value.
func (o OID) Bytes() []byte { return o.b[:o.size] }

func (o OID) String() string { return hex.EncodeToString(o.b[:o.size]) }

// Short is what people read: the first twelve digits.
func (o OID) Short() string { return hex.EncodeToString(o.b[:min(6, o.size)]) }

// Compare orders ids by their bytes.
func (o OID) Compare(p OID) int {
	for i := range o.b {
		if o.b[i] != p.b[i] {
			return int(o.b[i]) - int(p.b[i])
		}
	}
	return int(o.size) - int(p.size)
}

// MarshalText writes the hex digits.
func (o OID) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText wrote; empty is the zero value.
func (o *OID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = OID{}
		return nil
	}
	p, err := ParseOID(string(b))
	if err != nil {
		return err
	}
	*o = p
	return nil
}

// The trees without entries: they exist in every repository, as git sees it.
const (
	emptyTree1   = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
	emptyTree256 = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
)

// EmptyTree is the id of the tree without entries, in an object format.
func EmptyTree(format string) OID {
	id := emptyTree1
	if format == "sha256" {
		id = emptyTree256
	}
	o, _ := ParseOID(id) // can not fail
	return o
}
