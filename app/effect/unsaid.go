package effect

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"custody/app/event"
	"custody/app/hub"
)

// Said are the beginnings of keys of what is written to GitHub of a verdict, and has to be
// written again where nobody could.
var Said = []string{conclusion, "attach/", "attest/", "comment/"}

const conclusion = "conclude/"

// A Key says what an effect is about.
type Key struct {
	Repo       int64
	Subject    string
	Head       string // empty: of whatever the head is
	Conclusion bool   // it is what the check run says
}

// ParseKey reads the key of one that is among Said.
func ParseKey(text string) (Key, bool) {
	what := slices.IndexFunc(Said, func(p string) bool { return strings.HasPrefix(text, p) })
	if what < 0 {
		return Key{}, false
	}
	digits, rest, _ := strings.Cut(text[len(Said[what]):], "/")
	repo, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || rest == "" {
		return Key{}, false
	}
	if Said[what] == "comment/" {
		digits, _, _ := strings.Cut(rest, "/")
		number, err := strconv.ParseInt(digits, 10, 64)
		return Key{Repo: repo, Subject: event.PullName(number)}, err == nil
	}
	last := strings.LastIndexByte(rest, '/')
	if last < 0 {
		return Key{}, false
	}
	return Key{repo, rest[:last], rest[last+1:], Said[what] == conclusion}, true
}

// Refused says whether an effect can not happen however often it is tried.
func Refused(err error) bool {
	class, _ := hub.Classify(err)
	return class == hub.Refused || class == hub.Forbidden || class == hub.Gone || errors.Is(err, ErrTooLarge) || errors.Is(err, errNotOurs)
}
