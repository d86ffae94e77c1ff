package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Pace says how long what somebody asks for may wait where it was looked at often of late. The
// zero value does not wait.
type Pace struct {
	MayWait time.Duration // at most, behind the last look
	Weighs  Weight        // what it may mean, where it waits
	Asker   string        // the login of who asks, for whom it does not wait if they are somebody; or empty
	Likely  bool          // that they are: then they are remembered before others
}

// A Weight says what something may mean that waits. Of several the greatest counts.
type Weight int64

const (
	Idle     Weight = iota // nothing, if who asks has no say
	Opinion                // nothing, if who asks has no say and opinions of such count for nothing
	Question               // somebody waits for an answer; the verdict stays
	Stricter               // the verdict may be stricter by now
)

// Paced is what is known of the looks at a subject, and of what waits for the next one.
type Paced struct {
	Waits  int64    // how long that may wait at most, in milliseconds
	Weighs Weight   // the greatest of it
	Askers []string // logins of who asked for it since the last look, the likeliest last
	Looked int64    // the turn that was looked at last
	Looks  []int64  // when its head was looked at of late, in Unix milliseconds, the newest last
	PutOff int64    // until when the next look was put off, in Unix milliseconds, once that was said; 0: it was not
}

const (
	// maxAskers bounds how many are remembered, and maxLooks how many looks.
	maxAskers = 8
	maxLooks  = 16
	// Lately is for how long a look counts.
	Lately = time.Hour
)

// asks is what waits when somebody asks for another turn of a subject, at an instant in Unix
// milliseconds: as long as who waits least.
func (o *Subject) asks(by Pace, now int64) Paced {
	p := o.Paced
	p.Looks = o.Lately(now)
	waits, weighs := by.MayWait.Milliseconds(), by.Weighs
	if o.Looked < o.Turn {
		waits, weighs = min(waits, p.Waits), max(weighs, p.Weighs)
	}
	p.Waits, p.Weighs = waits, weighs
	if by.Asker == "" || strings.ContainsAny(by.Asker, " \n") || !by.Likely && slices.Contains(p.Askers, by.Asker) {
		return p
	}
	p.Askers = slices.DeleteFunc(slices.Clone(p.Askers), func(a string) bool { return a == by.Asker })
	if by.Likely {
		p.Askers = append(p.Askers, by.Asker)
	} else { // whoever is likelier is not forgotten for them
		p.Askers = append([]string{by.Asker}, p.Askers...)
	}
	p.Askers = p.Askers[max(0, len(p.Askers)-maxAskers):]
	return p
}

// Crowded says that somebody may have asked who is not among Askers.
func (p *Paced) Crowded() bool { return len(p.Askers) >= maxAskers }

func (p *Paced) askers() string { return strings.Join(p.Askers, " ") }

func (p *Paced) looks() string {
	words := make([]string, len(p.Looks))
	for i, at := range p.Looks {
		words[i] = strconv.FormatInt(at, 10)
	}
	return strings.Join(words, " ")
}

func (p *Paced) read(askers, looks string) {
	p.Askers = strings.Fields(askers)
	p.Looks = nil
	for word := range strings.FieldsSeq(looks) {
		if at, err := strconv.ParseInt(word, 10, 64); err == nil {
			p.Looks = append(p.Looks, at)
		}
	}
}

// Lately are the looks since an hour before an instant, in Unix milliseconds. Those behind it, since
// the clock was put back, are as of then.
func (p *Paced) Lately(now int64) []int64 {
	looks := slices.DeleteFunc(slices.Clone(p.Looks), func(at int64) bool { return at <= now-Lately.Milliseconds() })
	for i, at := range looks {
		looks[i] = min(at, now)
	}
	return looks
}

// Look keeps that a turn of a subject is being looked at; is says whether it is the newest: what
// somebody asked for since waits for a look of its own. Who calls it holds the subject's lock.
func (s *Store) Look(ctx context.Context, o *Subject) (is bool, err error) {
	now := s.ms()
	p := Paced{Looks: append(o.Lately(now), now)}
	p.Looks = p.Looks[max(0, len(p.Looks)-maxLooks):]
	err = s.inRepos(ctx, []int64{o.Repo}, func(t tx) error {
		n, err := t.exec(ctx, `UPDATE subjects SET looked = turn, looks = $4, askers = '', put_off = 0 WHERE repo = $1 AND name = $2 AND turn = $3`, o.Repo, o.Name, o.Turn, p.looks())
		is = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keeping that %s is looked at: %w", o.Name, err)
	}
	return is, nil
}

// PutOff keeps that it was said until when the next look at a subject is put off, in Unix
// milliseconds.
func (s *Store) PutOff(ctx context.Context, o *Subject, until int64) error {
	if _, err := s.db.exec(ctx, `UPDATE subjects SET put_off = $3 WHERE repo = $1 AND name = $2 AND looked = $4`, o.Repo, o.Name, until, o.Looked); err != nil {
		return fmt.Errorf("keeping that %s is put off: %w", o.Name, err)
	}
	return nil
}

// Pass keeps that a turn of a subject needs no look, if it is the newest: what was concluded before
// stands for it. Who calls it holds the subject's lock.
func (s *Store) Pass(ctx context.Context, o *Subject) error {
	err := s.inRepos(ctx, []int64{o.Repo}, func(t tx) error {
		_, err := t.exec(ctx, `UPDATE subjects SET looked = turn, done_turn = turn, askers = '' WHERE repo = $1 AND name = $2 AND turn = $3 AND done_turn = looked`, o.Repo, o.Name, o.Turn)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping that %s needs no look: %w", o.Name, err)
	}
	return nil
}
