package pack

import (
	"testing"

	"custody/internal/config"
	"custody/internal/review"
)

// People are told apart by their addresses, and those without an account are counted.
func TestPeople(t *testing.T) {
	var p people
	p.add("Lee JiWon <lee@example.com>", "Mira <mira@example.com>")
	p.add("LeeJiWon <LEE@example.com>", "Lee Jiwon <lee@example.com>")
	p.add("Bot A <noreply@example.com>")
	p.add("Bot B <noreply@example.com>", "no address")
	p.ready(nil, 3)
	if p.Total != 5 || p.Left != 2 || p.Shown[0] != (person{"Lee JiWon <lee@example.com>", 2}) {
		t.Errorf("%+v", p)
	}

	var ids people
	ids.add("somebody-1", "account-7")
	ids.add("somebody-2", "somebody-1")
	ids.ready(&review.Privacy{Names: config.NamesIDs}, 30)
	if ids.Total != 3 || len(ids.Shown) != 2 || ids.Shown[1] != (person{"2 people without an account that the forge knows", 2}) {
		t.Errorf("%+v", ids)
	}
	for name, want := range map[string]bool{"somebody": true, "somebody-12": true, "somebody-": false, "somebody-x": false, "somebodyelse": false, "account-1": false} {
		if review.IsSomebody(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}
