package review

import (
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"custody/attestation"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/git"
)

// addresses finds e-mail addresses in a text. lodash@4.17.21 and actions/checkout@v4 are
// none: the last label of a domain is letters.
var addresses = lazyRegexp(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`)

// cutAddresses finds those of which a text that was cut has the beginning.
var cutAddresses = lazyRegexp(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]*(\.[\p{L}\p{N}-]+)*\.{3}`)

// userInfo finds who an address is fetched as, and by what: https://user:secret@host.
var userInfo = lazyRegexp(`://[^/@\s]*@`)

// mentions finds @login in a text, with what stands before it, and the slash that makes
// it a team.
var mentions = lazyRegexp(`(?:^|[^\p{L}\p{N}/@._-])@[A-Za-z0-9][A-Za-z0-9-]*/?`)

// A lazy pattern costs nothing at start-up.
type lazy struct{ get func() *regexp.Regexp }

func lazyRegexp(pattern string) lazy {
	return lazy{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })}
}

func (l lazy) replace(s string, f func(string) string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	return l.get().ReplaceAllStringFunc(s, f)
}

// newNamer collects everybody whom the review met, by every spelling.
func (r *run) newNamer(p Privacy) *namer {
	n := &namer{Privacy: p, salt: r.salt, accounts: map[string]string{}, others: map[string]string{}}
	if p.Names == config.NamesIDs {
		r.findAccounts(n.accounts)
	}
	person := func(spellings ...string) {
		if n.isFull() {
			return
		}
		for _, s := range spellings {
			name, rest, ok := strings.Cut(s, "<")
			if address, _, _ := strings.Cut(rest, ">"); ok && attestation.IsTool(name, address) {
				continue
			}
			n.people.add(s, n.name(s))
			if ok {
				n.join(name, s)
				n.people.add(s[len(name):], n.name(s))
				n.people.add(name, n.name(name))
			}
		}
	}
	account := func(login, id string, t change.PersonType) {
		if !n.isFull() && mayBePerson(t) {
			n.people.add(login, n.login(login, id))
		}
	}
	place := r.Place
	if c := r.context; c != nil && c.Repository != nil {
		place = *c.Repository
	}
	if place.Owner != "" && place.Name != "" {
		n.place = place.Owner + "/" + place.Name
	}
	texts := func(texts ...string) {
		if p.Texts == config.TextsWithheld {
			for _, t := range texts {
				n.texts.add(t, Withheld)
			}
		}
	}

	commits := slices.Clone(r.change.Commits)
	for _, seen := range slices.SortedFunc(maps.Keys(r.approved), control.Seen.Compare) {
		commits = append(commits, r.approved[seen].Commits...) // in one order: who comes first has the lower number
	}
	for _, c := range commits {
		for _, s := range []git.Signature{c.Author, c.Committer} {
			if !attestation.IsTool(s.Name, s.Email) {
				n.join(s.Name, s.Email)
				person(s.Name, s.Email)
			}
		}
		n.quotable(string(c.Message))
		for line := range strings.Lines(string(c.Message)) {
			_, value, ok := strings.Cut(line, ":")
			if ok && strings.Contains(value, "<") && strings.Contains(value, ">") {
				person(strings.TrimSpace(value))
			}
		}
	}
	for _, k := range r.attestation.Commits { // all: sentences may name who is in no list of the verdict
		person(k.People...)
		person(k.Drivers...)
	}
	r.knownByContext(n, account, texts)
	for _, q := range r.Pushers {
		account(q.Login, q.ID, q.Type)
	}
	for _, q := range r.Claims {
		texts(q.Text)
	}
	if r.impact.Owners != nil {
		for _, o := range r.impact.Owners.Owners {
			if isPersonsName(o.Name) {
				person(strings.TrimPrefix(o.Name, "@"))
			}
		}
	}
	r.knownByPolicy(person, texts)
	n.people.ready()
	n.texts.ready()
	return n
}

// knownByContext are the people whom the forge named.
func (r *run) knownByContext(n *namer, account func(login, id string, t change.PersonType), texts func(...string)) {
	c := r.context
	if c == nil {
		return
	}
	for _, p := range c.People() {
		account(p.Login, p.ID, p.Type)
	}
	if q := c.Change; q != nil {
		n.opener = q.Author
		n.quotable(q.Title)
		n.quotable(q.AIStatement)
		n.quotable(q.Branch)
		if q.Reason != nil && q.Reason.Text != nil {
			n.quotable(*q.Reason.Text)
		}
		if q.Emergency != nil {
			texts(q.Emergency.Reason)
		}
	}
	for _, g := range r.granted {
		if g.Waiver != nil {
			account(g.Waiver.Approver.Login, g.Waiver.Approver.ID, change.User)
			account(strings.TrimPrefix(g.Waiver.Owner, "@"), "", change.User)
			texts(g.Waiver.Reason)
		}
	}
}

// knownByPolicy are the people whom the judge's files name.
func (r *run) knownByPolicy(person, texts func(...string)) {
	policy := r.judge.Policy
	for _, w := range policy.Waivers {
		for _, who := range []string{w.Owner, w.Approver} {
			if isPersonsName(who) {
				person(strings.TrimPrefix(who, "@"))
			}
		}
		texts(w.Reason)
	}
	for _, m := range policy.People {
		person(string(m.ID))
		for _, e := range m.Emails {
			person(string(e))
		}
	}
	for _, s := range policy.Signers {
		person(s.Person)
	}
	for _, file := range r.judge.Requirements {
		for _, q := range file.Controls {
			if isPersonsName(q.Owner) {
				person(strings.TrimPrefix(q.Owner, "@"))
			}
		}
	}
	for _, rule := range policy.Rules {
		for _, o := range rule.When.Owners {
			if isPersonsName(string(o)) {
				person(strings.TrimPrefix(string(o), "@"))
			}
		}
	}
}

// isPersonsName is false for a team, "@acme/security" or "acme/security".
func isPersonsName(owner string) bool {
	return strings.Contains(owner, " ") || strings.Contains(owner, "<") || !strings.Contains(owner, "/")
}

// findAccounts joins spellings to the accounts that the forge gave them. Of several the
// least id counts, so that the order in which they were told does not.
func (r *run) findAccounts(ids map[string]string) {
	join := func(s, id string) {
		s = spelling(s)
		if s != "" && id != "" && (ids[s] == "" || len(id) < len(ids[s]) || len(id) == len(ids[s]) && id < ids[s]) {
			ids[s] = id
		}
	}
	if r.context == nil {
		return
	}
	for _, p := range r.context.People() {
		join(p.Login, p.ID)
	}
	commits := map[string]change.Commit{}
	for _, c := range r.change.Commits {
		commits[c.ID.String()] = c
	}
	for _, f := range r.context.Commits {
		c, ok := commits[f.SHA]
		if !ok {
			continue
		}
		if f.Author != nil && mayBePerson(f.Author.Type) {
			join(c.Author.Email, f.Author.ID)
			join(c.Author.Name, f.Author.ID)
		}
		if f.Committer != nil && mayBePerson(f.Committer.Type) {
			join(c.Committer.Email, f.Committer.ID)
			join(c.Committer.Name, f.Committer.ID)
		}
	}
}

// A dictionary replaces known texts in sentences, the longest first, where they stand
// as words of their own and in whatever case.
type dictionary struct {
	entries map[string]string
	sorted  []entry
}

type entry struct {
	text []rune // in lower case
	with string
}

// clipped is from how many characters on a known text is found when it was cut, too.
const clipped = 32

// clippedByDots is from how many characters on it is found before the dots that stand for the
// rest of a text. Fewer tell nobody.
const clippedByDots = 3

// add a text as it is written, and as sentences show it: printable, on one line.
func (d *dictionary) add(text, with string) {
	if d.entries == nil {
		d.entries = map[string]string{}
	}
	printable := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError || !unicode.IsPrint(r):
			return '?'
		}
		return r
	}, text)
	dropped := oneLine(text)
	for _, t := range []string{text, printable, dropped} {
		t = strings.TrimFunc(strings.ToLower(t), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>()"'@`, r) })
		if utf8.RuneCountInString(t) < 2 || !utf8.ValidString(t) || isPlainWord(t) {
			continue
		}
		if was, ok := d.entries[t]; !ok || with < was {
			d.entries[t] = with
		}
	}
}

// plainWords are words of our own sentences. Nobody is known by one of them alone, and
// who calls themselves "not" must not turn a sentence around.
const plainWords = " a an the not no none never nobody nothing is are was were be been has have had it its that this these those and or but of in on to at by for from with as so if than then who what which how more most one two all any each some other other's pass fail incomplete satisfied assessed change changes commit commits file files rule rules approval approvals approved author committer human people person somebody unknown withheld ai agent agents "

func isPlainWord(t string) bool {
	return strings.Contains(plainWords, " "+t+" ") || strings.Trim(t, "0123456789.%, ") == ""
}

// ready sorts what was added: the order in which it came says nothing, and a text is
// found by halves, however many begin alike.
func (d *dictionary) ready() {
	for _, text := range slices.Sorted(maps.Keys(d.entries)) {
		d.sorted = append(d.sorted, entry{[]rune(text), d.entries[text]})
	}
	slices.SortFunc(d.sorted, func(a, b entry) int { return slices.Compare(a.text, b.text) })
}

func (d *dictionary) replace(s string) string {
	if len(d.sorted) == 0 || s == "" {
		return s
	}
	text := []rune(s)
	lower := make([]rune, len(text))
	for i, r := range text {
		lower[i] = unicode.ToLower(r)
	}
	var b strings.Builder
	from := 0
	for i := 0; i+1 < len(text); {
		n, with := d.at(lower, i)
		if n == 0 {
			i++
			continue
		}
		b.WriteString(string(text[from:i]))
		b.WriteString(with)
		i += n
		from = i
	}
	if from == 0 {
		return s
	}
	b.WriteString(string(text[from:]))
	return b.String()
}

// at is how many characters at i are known, and what stands for them: those of the longest
// entry that stands there whole, or of one whose beginning does: a long one, or before the
// dots of a text that was cut.
func (d *dictionary) at(lower []rune, i int) (n int, with string) {
	if !apart(lower, i) {
		return 0, ""
	}
	some := d.sorted // those that begin with the first depth characters
	for depth := 0; ; depth++ {
		if e := some[0]; len(e.text) == depth && apart(lower, i+depth) || depth >= clippedByDots && isCut(lower[i+depth:]) {
			n, with = depth, e.with
		}
		var next []entry
		if i+depth < len(lower) {
			r := lower[i+depth]
			from := sort.Search(len(some), func(k int) bool { return len(some[k].text) > depth && some[k].text[depth] >= r })
			to := sort.Search(len(some), func(k int) bool { return len(some[k].text) > depth && some[k].text[depth] > r })
			next = some[from:to]
		}
		if len(next) == 0 {
			if n == 0 && depth >= clipped {
				return depth, some[0].with
			}
			return n, with
		}
		some = next
	}
}

// isCut says whether a text was cut here.
func isCut(rest []rune) bool {
	return len(rest) >= 3 && rest[0] == '.' && rest[1] == '.' && rest[2] == '.'
}

// apart says whether a word may begin or end at i. Scripts without spaces are not asked.
func apart(text []rune, i int) bool {
	return i == 0 || i >= len(text) || !isASCIIWord(text[i-1]) || !isASCIIWord(text[i])
}

func isASCIIWord(r rune) bool {
	return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
