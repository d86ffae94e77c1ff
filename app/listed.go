package app

import (
	"sync"
	"time"
)

// A look around asks for the open pull requests of each repository, of which there may be
// thousands, and in most of which nothing happens. GitHub tells by the tag of a list whether it
// changed, and counts no request for one that did not.

// lists are the tags of lists of pull requests that are short enough for one page, by the
// repository. Only this process knows them: the first look of each is whole.
type lists struct {
	mu   sync.Mutex
	tags map[int64]list
}

type list struct {
	tag  string
	read time.Time
}

// wholly is how often a list is read whatever its tag says.
const wholly = time.Hour

// of is the tag of the list of a repository, empty where it is to be read as a whole.
func (l *lists) of(repo int64, now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if was := l.tags[repo]; now.Sub(was.read) < wholly {
		return was.tag
	}
	return ""
}

// keep remembers the tag of a list that was read, all of which was acted on.
func (l *lists) keep(repo int64, tag string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tags == nil {
		l.tags = map[int64]list{}
	}
	l.tags[repo] = list{tag, now}
}

// forget has the next look be a whole one.
func (l *lists) forget(repo int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tags, repo)
}
