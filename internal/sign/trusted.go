package sign

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// TrustedKeys are the keys that a verifier has pinned. Nothing that travels with a
// document adds to them.
type TrustedKeys []TrustedKey

// A TrustedKey is one line of a trusted_keys file:
//
//	ed25519 MCowBQYDK2VwAyEA... build-2026 for=packs valid-from=2026-01-01 valid-until=2026-12-31
//
// that is the algorithm, the base64 of the SubjectPublicKeyInfo, a name, what it may
// sign, and the first and last UTC day on which it may. Either day may be missing; a
// line without for= is about packs. A line with revoked=DAY is of a key that somebody
// else may have: nothing that it signed counts any more, whatever its day.
type TrustedKey struct {
	Key        PublicKey
	Name       string
	Purposes   Purposes
	ValidFrom  string // "2026-01-01", or empty
	ValidUntil string // inclusive
	Revoked    string // the day on which it was revoked; empty: it was not
}

// maxTrustedKeys bounds a file of trusted keys, so that a wrong file says so early.
const maxTrustedKeys = 10_000

// ParseTrustedKeys reads a trusted_keys file. Empty lines and lines that begin with
// "#" are comments. Anything else that is not a key is an error with its line number:
// a line that is skipped is a key that somebody believes to be in force.
func ParseTrustedKeys(file []byte) (TrustedKeys, error) {
	if !utf8.Valid(file) {
		return nil, fmt.Errorf("trusted keys: the file is not UTF-8 text")
	}
	var keys TrustedKeys
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(file), "\ufeff")) { // which some editors put before a text
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k, err := parseTrustedKey(line)
		if err != nil {
			return nil, fmt.Errorf("trusted keys, line %d: %w", number, err)
		}
		if other, ok := keys.Lookup(k.Key); ok {
			return nil, fmt.Errorf("trusted keys, line %d: the same key as %q: keep one line", number, other.Name)
		}
		if slices.ContainsFunc(keys, func(o TrustedKey) bool { return o.Name == k.Name }) {
			return nil, fmt.Errorf("trusted keys, line %d: the name %q is taken: give each key its own", number, k.Name)
		}
		if len(keys) == maxTrustedKeys {
			return nil, fmt.Errorf("trusted keys, line %d: more than %d keys", number, maxTrustedKeys)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

func parseTrustedKey(line string) (TrustedKey, error) {
	var k TrustedKey
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return k, fmt.Errorf("%d fields: want algorithm, key and name", len(fields))
	}
	der, err := decodeBase64(fields[1])
	if err != nil {
		return k, fmt.Errorf("the key is not base64")
	}
	if k.Key, err = NewPublicKey(der); err != nil {
		return k, err
	}
	if string(k.Key.algorithm) != fields[0] {
		return k, fmt.Errorf("algorithm %q, but the key is %s", fields[0], k.Key.algorithm)
	}
	if k.Name = fields[2]; !isKeyName(k.Name) {
		return k, fmt.Errorf("the name %q: use at most 100 printable characters without =", k.Name)
	}
	purposes := false
	for _, field := range fields[3:] {
		option, day, _ := strings.Cut(field, "=")
		if option == "for" {
			if purposes {
				return k, fmt.Errorf("for is given twice")
			}
			purposes = true
			if k.Purposes, err = parsePurposes(day); err != nil {
				return k, err
			}
			continue
		}
		where := map[string]*string{"valid-from": &k.ValidFrom, "valid-until": &k.ValidUntil, "revoked": &k.Revoked}[option]
		switch {
		case where == nil:
			return k, fmt.Errorf("unknown option %q: use for=PURPOSES, valid-from=DAY, valid-until=DAY or revoked=DAY", field)
		case *where != "":
			return k, fmt.Errorf("%s is given twice", option)
		case !IsDay(day):
			return k, fmt.Errorf("%s: %q is not a day: write it as 2026-11-23", option, day)
		}
		*where = day
	}
	if k.ValidFrom != "" && k.ValidUntil != "" && k.ValidFrom > k.ValidUntil {
		return k, fmt.Errorf("valid from %s until %s: that is never", k.ValidFrom, k.ValidUntil)
	}
	return k, nil
}

func isKeyName(name string) bool {
	bad := func(r rune) bool { return r == '=' || !unicode.IsPrint(r) }
	return name != "" && len(name) <= 100 && !strings.ContainsFunc(name, bad)
}

// IsDay says whether s is a day of the calendar, written as "2026-11-23". Such days
// sort as text.
func IsDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Format(time.DateOnly) == s
}

// Lookup finds a key by all of its bytes.
func (ks TrustedKeys) Lookup(key PublicKey) (TrustedKey, bool) {
	for _, k := range ks {
		if k.Key.Equal(key) {
			return k, true
		}
	}
	return TrustedKey{}, false
}

// byID finds a key by its name in a record.
func (ks TrustedKeys) byID(id string) (TrustedKey, bool) {
	for _, k := range ks {
		if k.Key.ID() == id {
			return k, true
		}
	}
	return TrustedKey{}, false
}

// RefusedOn says why a signature of the key does not count on a day; empty if it does.
// A retired key has a last day, and what it signed until then stays good. A revoked one
// has nothing: who stole a key can write any day into what it signs.
func (k TrustedKey) RefusedOn(day string) string {
	switch {
	case k.Revoked != "":
		return fmt.Sprintf("the key %q was revoked on %s: who has it can date back, so nothing that it signed counts", k.Name, k.Revoked)
	case !IsDay(day):
		return fmt.Sprintf("%q is not a day", day)
	case k.ValidFrom != "" && day < k.ValidFrom:
		return fmt.Sprintf("the key %q is trusted from %s, not on %s", k.Name, k.ValidFrom, day)
	case k.ValidUntil != "" && day > k.ValidUntil:
		return fmt.Sprintf("the key %q is trusted until %s, not on %s", k.Name, k.ValidUntil, day)
	}
	return ""
}

// String is the line of the file.
func (k TrustedKey) String() string {
	line := fmt.Sprintf("%s %s %s", k.Key.algorithm, encodeBase64(k.Key.SPKI()), k.Name)
	if k.Purposes != 0 {
		line += " for=" + k.Purposes.String()
	}
	if k.ValidFrom != "" {
		line += " valid-from=" + k.ValidFrom
	}
	if k.ValidUntil != "" {
		line += " valid-until=" + k.ValidUntil
	}
	if k.Revoked != "" {
		line += " revoked=" + k.Revoked
	}
	return line
}
