package review

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"custody/internal/config"
)

// Whatever stands around a known name, address or text in a sentence, and whatever the
// name is made of: it is not in what is shown, and nothing panics.
func FuzzSentence(f *testing.F) {
	f.Add("approved by ", ", who has write", "Zoe Planter", "zoe@planter.example", "because I say so")
	f.Add(`says "`, `..." and "`, "王伟", "王@例子.cn", "no \"quotes\" here")
	f.Add("@", "/team", "x-y_z", "a+b@c.de", "\"")
	f.Add("é", "\u0301", "İstanbul", "ſ@ſ.ſſ", strings.Repeat("long ", 40))
	f.Fuzz(func(t *testing.T, before, after, name, address, text string) {
		n := &namer{Privacy: Privacy{Names: config.NamesHashed, Texts: config.TextsWithheld}, salt: []byte("salt"), accounts: map[string]string{}}
		n.people.add(name, n.name(name))
		n.people.add(address, n.name(address))
		n.texts.add(text, Withheld)
		n.quotable(text)
		n.people.ready()
		n.texts.ready()
		got := n.sentence(before + " " + name + " " + after)
		for entry := range n.people.entries {
			if len(entry) < 4 || strings.Contains("person- "+Withheld, entry) || strings.Contains(strings.ToLower(before+"\x00"+after), entry) || strings.Contains(n.people.entries[entry], entry) {
				continue
			}
			if utf8.ValidString(before+after+name) && strings.Contains(got, " "+entry+" ") {
				t.Errorf("%q is left in %q", entry, got)
			}
		}
		if n.sentence("") != "" || n.text(" \t") != " \t" {
			t.Error("nothing became something")
		}
		if s := n.text("x" + text); s != Withheld {
			t.Errorf("a text is shown: %q", s)
		}
		n.text(before)
		n.field("owner:"+name, node)
	})
}

// A pusher who names many authors alike makes no sentence slow: a step for each halving,
// not for each name.
func TestManyNamesAlike(t *testing.T) {
	var d dictionary
	for i := range 50_000 {
		d.add(fmt.Sprintf("the same name again %d", i), "person")
	}
	d.add("the same", "short")
	d.ready()
	text := strings.Repeat("the same name again 49999 and the same, ", 2_000)
	if got := d.replace(text); got != strings.Repeat("person and short, ", 2_000) {
		t.Errorf("%.200s", got)
	}
}
