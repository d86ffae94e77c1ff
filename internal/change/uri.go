package change

import (
	"fmt"
	"strings"
)

// URI is the path as a relative URI reference (RFC 3986): every byte but the unreserved
// ones and the slash is percent-encoded, the colon too, which in a first segment would end
// a scheme.
func (p Path) URI() string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
	var b strings.Builder
	for _, c := range []byte(p) {
		if strings.IndexByte(unreserved, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
