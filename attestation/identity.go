package attestation

import (
	"slices"
	"strings"
	"sync"
)

// A Kind says what an entry of the identity table stands for. The zero value decides
// nothing.
type Kind uint8

const (
	// KindAutomation is deterministic: a dependency bot, a formatter, the forge itself.
	// It is neither an agent nor an accountable person.
	KindAutomation Kind = iota
	// KindAgent writes code with a language model.
	KindAgent
)

// An Identity is one row of the table: everything by which one tool is recognised.
// See docs/add-an-identity.md.
type Identity struct {
	ID, Name string
	Kind     Kind
	Emails   []string  // exact addresses, lower case
	Accounts []Account // GitHub accounts; each also stands for its noreply addresses
	// Names are what trailers call it, lower case, and what no person is called. They
	// count beside any address or none.
	Names []string
	// Short names may be a person's too ("claude", "devin"). They count only where a
	// trailer speaks of tools and gives no address.
	Short  []string
	Suffix string   // of an author's name, with its leading space: " (aider)"
	Lines  []string // whole lines of a message, without a leading emoji
	Schema string   // its identifier in .ai-attestation.yaml, when it is one of the eleven
	Source string   // where the facts come from
	// Yes and No are examples that the tests run: "author: Name <address>", or a line
	// of a message. Yes is this tool's work; No is nobody's that the table knows.
	Yes, No []string
}

// An Account is a GitHub account. ID is its number, empty when it is not known.
type Account struct{ ID, Login string }

const noreply = "@users.noreply.github.com"

// A table is the identity table, indexed. It is built once and never changes.
type table struct {
	rows     []Identity
	byID     map[string]*Identity
	emails   map[string]*Identity
	logins   map[string]*Identity // by lower-case login
	accounts map[string]string    // lower-case login -> account id
	names    map[string]*Identity
	short    map[string]*Identity
	lines    map[string]*Identity
	suffixes []*Identity
}

// known is the table of identities.go.
var known = sync.OnceValue(func() *table { return newTable(Identities()) })

func newTable(rows []Identity) *table {
	t := &table{
		rows: rows, byID: map[string]*Identity{}, emails: map[string]*Identity{},
		logins: map[string]*Identity{}, accounts: map[string]string{},
		names: map[string]*Identity{}, short: map[string]*Identity{}, lines: map[string]*Identity{},
	}
	for i := range rows {
		r := &rows[i]
		t.byID[r.ID] = r
		for _, e := range r.Emails {
			t.emails[e] = r
		}
		for _, a := range r.Accounts {
			login := strings.ToLower(a.Login)
			t.logins[login], t.accounts[login] = r, a.ID
			if a.ID != "" {
				t.emails[a.ID+"+"+login+noreply] = r
			}
			if strings.HasSuffix(login, "[bot]") {
				// The form of before 2017. No person can have brackets in a login.
				t.emails[login+noreply] = r
			}
		}
		for _, n := range r.Names {
			t.names[n] = r
		}
		for _, n := range r.Short {
			t.short[n] = r
		}
		for _, l := range r.Lines {
			t.lines[l] = r
		}
		if r.Suffix != "" {
			t.suffixes = append(t.suffixes, r)
		}
	}
	return t
}

// email finds the row of an exact address, nil if there is none.
func (t *table) email(address string) *Identity {
	return t.emails[strings.ToLower(strings.TrimSpace(address))]
}

// person finds the row of an author or committer: by exact address, or by the suffix
// with which a tool marks its user's name. The second result is the user's own name.
func (t *table) person(name, address string) (*Identity, string) {
	if r := t.email(address); r != nil {
		return r, ""
	}
	for _, r := range t.suffixes {
		if user, ok := strings.CutSuffix(name, r.Suffix); ok && user != "" {
			return r, user
		}
	}
	return nil, ""
}

// account finds the row of a forge account. Sure is false when the login is in the
// table under another number: then somebody else may have it.
func (t *table) account(login, id string) (r *Identity, sure bool) {
	login = strings.ToLower(login)
	r = t.logins[login]
	if r == nil {
		return nil, false
	}
	if want := t.accounts[login]; want != "" {
		return r, want == id
	}
	return r, strings.HasSuffix(login, "[bot]")
}

// isBotAddress says whether an address has the form that GitHub gives to apps alone.
// Such an account is no person, whether or not the table knows it.
func isBotAddress(address string) bool {
	local, ok := strings.CutSuffix(strings.ToLower(address), noreply)
	return ok && strings.HasSuffix(local, "[bot]")
}

// IsTool says whether "name <address>" is a tool of the table as it calls itself, such as
// "Claude <noreply@anthropic.com>" or "GitHub <noreply@github.com>": nobody's name. An
// address alone is not enough, since somebody may write it behind their own name.
func IsTool(name, address string) bool {
	r := known().email(address)
	if r == nil {
		return false
	}
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "" || name == strings.ToLower(r.Name) || slices.Contains(r.Names, name) || slices.Contains(r.Short, name) ||
		slices.ContainsFunc(r.Accounts, func(a Account) bool { return name == strings.ToLower(a.Login) })
}

// IsAgent says whether an id is that of a row which writes code.
func IsAgent(id string) bool {
	r := known().byID[id]
	return r != nil && r.Kind != KindAutomation
}
