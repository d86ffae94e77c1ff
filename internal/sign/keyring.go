package sign

// A KeyRing holds the trusted keys of one review and its day. It remembers whether a
// signature was ever held against it: only then does the review depend on it.
type KeyRing struct {
	keys TrustedKeys
	err  error
	day  string
	used bool
}

// NewKeyRing reads a trusted_keys file, nil for none, for a review as of the day. A
// malformed file is an error only for a review that needs it; see Err.
func NewKeyRing(file []byte, day string) *KeyRing {
	keys, err := ParseTrustedKeys(file)
	return &KeyRing{keys: keys, err: err, day: day}
}

// On has the ring trust its keys as of another day.
func (r *KeyRing) On(day string) { r.day = day }

// VerifyRecord is VerifyRecord under the ring's keys on the ring's day. A nil ring
// trusts nobody.
func (r *KeyRing) VerifyRecord(doc []byte, t RecordType) ([]byte, TrustedKey, error) {
	if r == nil {
		return VerifyRecord(doc, t, nil, "")
	}
	r.used = true
	return VerifyRecord(doc, t, r.keys, r.day)
}

// Used says whether anything was held against the ring.
func (r *KeyRing) Used() bool { return r != nil && r.used }

// Err is what is wrong with the file of a ring that was used. What was concluded from
// such a ring is void.
func (r *KeyRing) Err() error {
	if !r.Used() {
		return nil
	}
	return r.err
}
