package change

import (
	"fmt"
	"slices"
	"strings"
)

// A Stage is the moment in its life at which a change is asked about. It decides what
// can be asked; the zero value is no stage.
type Stage uint8

const (
	AtPush   Stage = iota + 1 // work in progress arrives
	AtMerge                   // may it land?
	AtRecord                  // it has landed: what really happened; blocks nothing
)

var stageNames = [...]string{"", "push", "merge", "record"}

func (s Stage) String() string { return stageNames[s] }

// MarshalText writes the name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText accepts push, merge and record.
func (s *Stage) UnmarshalText(b []byte) error {
	i := slices.Index(stageNames[1:], string(b))
	if i < 0 {
		return fmt.Errorf("unknown stage %q: use one of %s", b, strings.Join(stageNames[1:], ", "))
	}
	*s = Stage(i + 1)
	return nil
}
