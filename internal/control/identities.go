package control

import (
	"strings"

	"custody/internal/config"
)

// identities join what belongs to one person, by the identity maps of floor and
// repository. The zero value joins nothing: each account is a person of its own.
type identities struct {
	host string
	// parent joins names of people, accounts and addresses: each leads to another until
	// the one that stands for the person, which leads to itself.
	parent map[string]string
	// vouched are, for each origin, the accounts and addresses that its map lists.
	vouched map[string]map[string]bool
	// drivers are those at whose word a bot's account writes, by account.
	drivers map[string][]string
}

func accountName(a config.Account) string { return "account " + string(a) }
func emailName(e string) string           { return "email " + e }

func joinIdentities(people []config.LayeredMember, host string) identities {
	ids := identities{host: strings.ToLower(host), parent: map[string]string{}, vouched: map[string]map[string]bool{}, drivers: map[string][]string{}}
	for _, m := range people {
		// One name in both layers is one person: fewer people, never more.
		person := "person " + string(m.ID)
		own := ids.vouched[m.Origin]
		if own == nil {
			own = map[string]bool{}
			ids.vouched[m.Origin] = own
		}
		add := func(name string) {
			own[name] = true
			ids.join(person, name)
		}
		for _, a := range m.Accounts {
			add(accountName(a))
			if ids.host == "" {
				// Which forge this is, is not known: the number may be meant on any.
				ids.join(person, accountName(config.AccountOn("", a.ID())))
			}
		}
		for _, e := range m.Emails {
			add(emailName(string(e)))
		}
		for _, a := range m.Drives {
			own[accountName(a)] = true
			ids.drivers[accountName(a)] = append(ids.drivers[accountName(a)], person)
			if any := accountName(config.AccountOn("", a.ID())); ids.host == "" {
				ids.drivers[any] = append(ids.drivers[any], person)
			}
		}
	}
	return ids
}

func (ids identities) find(name string) string {
	for {
		up, ok := ids.parent[name]
		if !ok || up == name {
			return name
		}
		if next, ok := ids.parent[up]; ok {
			ids.parent[name] = next // a shorter way for the next who asks
		}
		name = up
	}
}

// join makes two names one person's; the smaller name stands for both, so that the
// order of the map does not matter.
func (ids identities) join(a, b string) {
	a, b = ids.find(a), ids.find(b)
	if b < a {
		a, b = b, a
	}
	ids.parent[a], ids.parent[b] = a, a
}

// account is the person behind an account of the change's own forge; "" for no id.
func (ids identities) account(id string) string {
	if id == "" {
		return ""
	}
	return ids.find(accountName(config.AccountOn(ids.host, id)))
}

// email is the person behind an address, if a map lists it.
func (ids identities) email(address string) (person string, ok bool) {
	name := emailName(address)
	_, ok = ids.parent[name]
	return ids.find(name), ok
}

// vouches says whether a rule of an origin may rely on what the maps say of a name: on
// the floor's map always, on a repository's for its own rules.
func (ids identities) vouches(name, origin string) bool {
	return ids.vouched[config.FloorOrigin][name] || ids.vouched[origin][name]
}

// drive lists the people at whose word an account writes.
func (ids identities) drive(id string) []string {
	var people []string
	for _, p := range ids.drivers[accountName(config.AccountOn(ids.host, id))] {
		people = append(people, ids.find(p))
	}
	return people
}
