package review

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/sign"
)

// Privacy is how a pack names people, as its verdict records it. A verdict that names
// them as they are written has none.
type Privacy struct {
	Names config.Names `json:"names"`
	Texts config.Texts `json:"texts"`
	Salt  string       `json:"salt,omitempty"` // which one: a digest under the salt, not of it
}

// ErrSalt says that names have to be hashed and there is nothing to hash them with.
var ErrSalt = errors.New("the policy says that packs name people by pseudonyms (privacy.names: hashed), and there is no salt to make them with")

// ErrBadSalt says that there is something, and names can not be hashed with it.
var ErrBadSalt = errors.New("the salt for the names in packs can not be used")

// MaxSalt is more than the file of a salt has, in bytes.
const MaxSalt = 4 << 10

// ParseSalt reads a salt: 32 bytes or more, in hexadecimal digits. Fewer could be tried
// one after the other.
func ParseSalt(text []byte) ([]byte, error) {
	if len(text) > MaxSalt {
		return nil, fmt.Errorf("it has more than %d bytes", MaxSalt)
	}
	salt, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(salt) < 32 {
		return nil, errors.New("a salt is a line of 64 hexadecimal digits or more, such as 'openssl rand -hex 32' writes")
	}
	return salt, nil
}

// readPrivacy finds how people are named; as they are written when r.privacy stays nil.
func (r *run) readPrivacy(context.Context) error {
	if r.judge.Policy == nil || r.judge.Policy.Privacy.Full() {
		return nil
	}
	r.privacy = &Privacy{Names: r.judge.Policy.Privacy.Names, Texts: r.judge.Policy.Privacy.Texts}
	if r.privacy.Names != config.NamesHashed {
		return nil
	}
	if r.Salt == nil {
		return ErrSalt
	}
	text, err := r.Salt()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadSalt, err)
	}
	if text == nil {
		return ErrSalt
	}
	if r.salt, err = ParseSalt(text); err != nil {
		return fmt.Errorf("%w: %w", ErrBadSalt, err)
	}
	r.privacy.Salt = SaltID(r.salt)
	return nil
}

// named is the verdict, which names people as the policy says. Everything was judged by
// what it is really called.
func (r *run) named() (Verdict, error) {
	v := r.verdict()
	if r.privacy == nil {
		return v, nil
	}
	return r.newNamer(*r.privacy).apply(v, r.given)
}

// SaltID tells one salt from another and says nothing of either.
func SaltID(salt []byte) string { return hex.EncodeToString(under(salt, "salt", "")[:16]) }

func under(salt []byte, kind, text string) []byte {
	mac := hmac.New(sha256.New, salt)
	fmt.Fprintf(mac, "custody/%s/v1\n%s", kind, text)
	return mac.Sum(nil)
}

// A namer names people in one verdict. Each spelling has its own pseudonym, whatever is
// known of whom it belongs to, so that one person is one and the same in every pack.
type namer struct {
	Privacy
	salt     []byte
	accounts map[string]string // spelling, in lower case -> id of the account, for names by id
	others   map[string]string // spellings that have no account of their own -> what stands for them
	somebody int               // how many of them are people without an account
	people   dictionary        // spellings of everybody whom the review met
	texts    dictionary        // that sentences of ours have whole
	opener   *change.Person    // who opened the change
	quotes   strings.Builder   // what sentences quote from, on one line
	place    string            // the repository, "owner/name", which keeps its name whoever owns it
}

// Somebody is a person of whom no number is known. Each has a number in the pack alone, so
// that several people are several: somebody-1 of one pack is not somebody-1 of another.
const Somebody = "somebody"

// IsSomebody says whether a name in a pack that names people by their accounts is that of
// one without an account. Packs of earlier versions do not number them.
func IsSomebody(name string) bool {
	number, ok := strings.CutPrefix(name, Somebody)
	return ok && (number == "" || number[0] == '-' && len(number) > 1 && strings.Trim(number[1:], "0123456789") == "")
}

// Withheld stands where a text was.
const Withheld = "(withheld)"

// spelling is what is hashed of a person: of "Name <address>" the address.
func spelling(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		if address, _, ok := strings.Cut(s[i+1:], ">"); ok && strings.TrimSpace(address) != "" {
			s = address
		}
	}
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// name is what stands for a person who is written as s.
func (n *namer) name(s string) string {
	s = spelling(s)
	switch {
	case s == "":
		return ""
	case n.isFull():
		return s
	case n.Names == config.NamesHashed:
		return "person-" + hex.EncodeToString(under(n.salt, "person", s)[:8])
	}
	if id := n.accounts[s]; id != "" {
		return "account-" + id
	}
	if id, ok := noreplyID(s); ok {
		return "account-" + id
	}
	if n.others[s] == "" {
		n.somebody++
		n.others[s] = Somebody + "-" + strconv.Itoa(n.somebody)
	}
	return n.others[s]
}

// join says that a name stands beside an address in a signature: names by id have one for
// both. Pseudonyms do not, because a spelling has the same in every pack.
func (n *namer) join(name, address string) {
	if n.Names != config.NamesIDs || spelling(name) == "" || spelling(address) == "" {
		return
	}
	if who := n.name(address); n.accounts[spelling(name)] == "" && n.others[spelling(name)] == "" {
		n.others[spelling(name)] = who
	}
}

// noreplyID is the number of an account in an address that a forge made of it:
// 1234+login@users.noreply.github.com.
func noreplyID(address string) (string, bool) {
	local, host, _ := strings.Cut(address, "@")
	id, _, plus := strings.Cut(local, "+")
	return id, plus && id != "" && change.IsAccountID(id) && strings.HasPrefix(host, "users.noreply.")
}

// id is the number of an account. A pseudonym has more digits than any forge has accounts.
func (n *namer) id(id string) string {
	if id == "" || n.Names != config.NamesHashed {
		return id
	}
	return strconv.FormatUint(binary.BigEndian.Uint64(under(n.salt, "account", id))|1<<63, 10)
}

// login is what stands for an account: its number where there is one.
func (n *namer) login(login, id string) string {
	switch {
	case n.isFull():
		return login
	case n.Names == config.NamesIDs && id != "":
		return "account-" + id
	}
	return n.name(login)
}

func (n *namer) isFull() bool { return n.Names == config.NamesFull }

// author is who opened the change, of whom a verdict has the login alone.
func (n *namer) author(login string) string {
	if n.opener == nil || !mayBePerson(n.opener.Type) {
		return login
	}
	return n.login(login, n.opener.ID)
}

// mayBePerson says whether an account may be somebody's: what the forge calls a machine or
// an organisation keeps its name.
func mayBePerson(t change.PersonType) bool {
	return t != change.Bot && t != change.App && t != change.Organization
}

// text is a text that people wrote. Whom it mentions is somebody, known or not.
func (n *namer) text(s string) string {
	if n.Texts == config.TextsWithheld && strings.TrimSpace(s) != "" {
		return Withheld
	}
	if s = n.sentence(s); !n.isFull() {
		s = mentions.replace(s, func(m string) string {
			before, login, _ := strings.Cut(m, "@")
			if strings.HasSuffix(login, "/") { // a team, or a package
				return m
			}
			return before + "@" + n.name(login)
		})
	}
	return s
}

// sentence is a text in which people may be named. What it has of texts that are withheld
// goes first: it is known as it was written.
func (n *namer) sentence(s string) string {
	s = n.texts.replace(n.unquote(s))
	if n.isFull() {
		return s
	}
	parts := []string{s}
	if n.place != "" { // a pseudonym in its stead would say whose it is
		parts = strings.Split(s, n.place)
	}
	for i, part := range parts {
		parts[i] = n.people.replace(addresses.replace(part, n.name))
	}
	return withoutCutAddresses(strings.Join(parts, n.place))
}

// withoutCutAddresses takes out the beginnings of addresses. actions/checkout@v4... is the
// beginning of a version.
func withoutCutAddresses(s string) string {
	if !strings.Contains(s, "@") {
		return s
	}
	var b strings.Builder
	from := 0
	for _, at := range cutAddresses.get().FindAllStringIndex(s, -1) {
		_, host, _ := strings.Cut(s[at[0]:at[1]], "@")
		if number := strings.TrimPrefix(host, "v"); at[0] > 0 && s[at[0]-1] == '/' && number != "..." && strings.Trim(number, "0123456789.") == "" {
			continue
		}
		b.WriteString(s[from:at[0]] + Somebody + "...")
		from = at[1]
	}
	return b.String() + s[from:]
}

// quotable is a text that people wrote and that sentences may quote from.
func (n *namer) quotable(s string) {
	if n.Texts == config.TextsWithheld {
		n.quotes.WriteString(oneLine(s) + "\n")
	}
}

// unquote withholds what a sentence quotes of a text that is withheld.
func (n *namer) unquote(s string) string {
	if n.Texts != config.TextsWithheld || !strings.Contains(s, `"`) {
		return s
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, `"`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		quoted, err := strconv.QuotedPrefix(`"` + rest)
		if err != nil {
			b.WriteString(`"` + rest)
			return b.String()
		}
		s = rest[len(quoted)-1:]
		if text, err := strconv.Unquote(quoted); err == nil && text != "" && strings.Contains(n.quotes.String(), strings.TrimSuffix(oneLine(text), "...")) {
			quoted = Withheld
		}
		b.WriteString(quoted)
	}
}

// oneLine is a text as sentences show it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }), " ")
}

// apply names the people in a verdict, and in the context that goes with it. Nothing
// that it was given is changed.
func (n *namer) apply(v Verdict, c *change.Context) (Verdict, error) {
	v = renamed(n, v)
	v.Inputs.Privacy = &n.Privacy
	if origin := v.Inputs.Context; origin != nil && origin.Signature != "" {
		origin.Signature = "" // over a document that is not in the pack, and that could be guessed by it
	}
	if v.Context == nil {
		return v, nil
	}
	named := renamed(n, *c)
	for i := range named.Waivers { // a record holds its approver and its reason
		named.Waivers[i].Record, named.Waivers[i].Signature = "", ""
	}
	doc, err := sign.Canonical(named)
	if err != nil {
		return v, fmt.Errorf("encoding the context: %w", err)
	}
	v.Context = doc
	v.Inputs.Files["context"] = digest(doc)
	return v, nil
}
