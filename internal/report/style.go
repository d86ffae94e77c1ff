package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
)

//go:embed page.css
var pageCSS string

// A Style is how a page of a report looks, and what a browser may do with it: load
// nothing, run nothing, and use no style but this one.
type Style struct {
	CSS    template.CSS
	Policy string // the page's Content-Security-Policy
}

// NewStyle is the look that all reports share, and what one page adds to it.
func NewStyle(more string) Style {
	css := pageCSS + more
	h := sha256.Sum256([]byte(css))
	return Style{
		CSS:    template.CSS(css), //nolint:gosec // our own text
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(h[:]) + "'; base-uri 'none'; form-action 'none'",
	}
}
