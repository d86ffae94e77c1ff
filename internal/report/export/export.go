// Package export writes what a verified pack says in the forms that other tools read:
// SLSA's verification summary and SCAI for supply chain tools, OSCAL for auditors' tools,
// CSV for spreadsheets.
//
// Every export follows from the pack alone, so the same pack gives the same bytes. It
// never says more than the pack: what was not assessed is no finding, a change that did
// not pass is not verified, and evidence for a control is not called a control that is met.
package export

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"custody/internal/report"
)

// namespace is that of the ids in exports: a random UUID, fixed for ever.
var namespace = [16]byte{0x4e, 0x0b, 0x5c, 0x1f, 0x9d, 0x2a, 0x4b, 0x36, 0x8a, 0x71, 0x53, 0xc9, 0xe0, 0x1d, 0x7b, 0x62}

// newID derives a UUID of version 5 (RFC 9562) from the parts that make a thing what it
// is: the same pack imported twice is one record.
func newID(parts ...string) string {
	h := sha1.Sum(append(namespace[:], strings.Join(parts, "\x00")...))
	h[6] = h[6]&0x0f | 0x50
	h[8] = h[8]&0x3f | 0x80
	x := hex.EncodeToString(h[:16])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}

// instant is the first moment of the day of a pack. A pack knows no hour: it is the same
// whenever on that day it is made.
func instant(p *report.VerifiedPack) string { return p.Says.Inputs.Day + "T00:00:00Z" }

// packURI names the pack by its address; nothing is at that place.
func packURI(p *report.VerifiedPack) string { return "urn:custody:pack:" + p.Digest }

// sha256Of is the hex in a digest "sha256:...".
func sha256Of(digest string) string { return strings.TrimPrefix(digest, "sha256:") }

// repositoryURI names the repository as SPDX and SLSA do; empty when the pack has no
// context that says which it is.
func repositoryURI(p *report.VerifiedPack) string {
	if c := p.Context; c != nil && c.Repository != nil && c.Repository.Host != "" && c.Repository.Owner != "" && c.Repository.Name != "" {
		return "git+https://" + c.Repository.Host + "/" + c.Repository.Owner + "/" + c.Repository.Name
	}
	return ""
}
