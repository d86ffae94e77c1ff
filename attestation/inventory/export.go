package inventory

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // UUIDs of version 5 are made of it
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// A Maker is the program that writes an export.
type Maker struct{ Name, Version string }

// prefix is before the name of every property of ours.
const prefix = "custody:inventory:"

// id5 is a UUID of version 5 (RFC 9562) of a text: the same file, the same id.
func id5(text []byte) string {
	// The namespace of the address that the documents are named by.
	h := sha1.New()                                                                     //nolint:gosec // see above
	h.Write([]byte("\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8")) // RFC 9562: URL
	h.Write([]byte("custody/inventory/v1\x00"))
	h.Write(text)
	u := h.Sum(nil)[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// write encodes a document for people and machines.
func write(doc any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(doc)
	return b.Bytes(), err
}

// isLink says whether a value is an address of the web.
func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && !strings.ContainsAny(s, " <>\"{}|\\^`")
}

// instantOf is the midnight that begins a day, as both formats want it; empty when the
// value is no day.
func instantOf(s string) string {
	day, ok := dayOf(s)
	if !ok || day.Year() < 1 || day.Year() > 9999 {
		return ""
	}
	return day.Format("2006-01-02T15:04:05Z")
}

// pairs are the entries of a key: those of a mapping, or the key itself for a value.
func (s *System) pairs(key string) [][2]string {
	var out [][2]string
	for _, f := range s.Fields {
		switch rest, ok := strings.CutPrefix(f.Key, key+"."); {
		case ok && f.Text != "":
			out = append(out, [2]string{rest, f.Text})
		case f.Key == key && f.Text != "":
			out = append(out, [2]string{key, f.Text})
		}
	}
	return out
}
