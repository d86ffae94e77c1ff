package hooks

import (
	"fmt"
	"strings"

	"custody/internal/change"
)

// Said is what a pusher said by push options (git push -o custody.ticket=ABC-1). It grants
// nothing: claims are shown in the pack, and a name picks one of the operator's own
// documents.
type Said struct {
	Claims  []change.Claim
	Context string   // name of a document in the folder of contexts; mostly empty
	Remarks []string // what was not understood, for the pusher
}

// Options that a pusher may give. What others begin with is other programs' business.
const optionPrefix = "custody."

// maxClaims bounds what is kept of one push.
const maxClaims = 20

// ReadOptions reads push options.
func ReadOptions(options []string) Said {
	var s Said
	remark := func(format string, a ...any) {
		if len(s.Remarks) < 3 {
			s.Remarks = append(s.Remarks, fmt.Sprintf(format, a...))
		}
	}
	for _, o := range options {
		key, value, _ := strings.Cut(o, "=")
		key, ours := strings.CutPrefix(key, optionPrefix)
		if !ours {
			continue
		}
		value = strings.TrimSpace(value)
		switch {
		case key != "ticket" && key != "reason" && key != "waiver" && key != "context":
			remark("push option %s%s is not known: there are custody.ticket, .reason, .waiver and .context", optionPrefix, change.Printable(key))
		case value == "":
			remark("push option %s%s has no value: write it as %s%s=VALUE", optionPrefix, key, optionPrefix, key)
		case key == "context" && !isContextName(value):
			remark("push option custody.context is a name of at most 60 letters, digits, - and _, and no file")
		case key == "context":
			s.Context = value
		case len(s.Claims) == maxClaims:
			remark("of the push options, %d are kept", maxClaims)
		default:
			s.Claims = append(s.Claims, change.Claim{What: key, Text: change.Printable(value)})
		}
	}
	return s
}
