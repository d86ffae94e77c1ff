package config

import "testing"

// A repository may say less of people than its floor, never more.
func TestPrivacyLayers(t *testing.T) {
	for _, c := range []struct{ floor, repo, want Privacy }{
		{Privacy{}, Privacy{}, Privacy{NamesFull, TextsKept}},
		{Privacy{Names: NamesHashed}, Privacy{}, Privacy{NamesHashed, TextsWithheld}},
		{Privacy{}, Privacy{Names: NamesIDs}, Privacy{NamesIDs, TextsWithheld}},
		{Privacy{Names: NamesHashed}, Privacy{Names: NamesFull, Texts: TextsKept}, Privacy{NamesHashed, TextsWithheld}},
		{Privacy{Names: NamesHashed, Texts: TextsKept}, Privacy{}, Privacy{NamesHashed, TextsKept}},
		{Privacy{Names: NamesHashed, Texts: TextsKept}, Privacy{Names: NamesIDs}, Privacy{NamesHashed, TextsWithheld}},
		{Privacy{Names: NamesIDs}, Privacy{Names: NamesHashed, Texts: TextsKept}, Privacy{NamesHashed, TextsWithheld}},
		{Privacy{Texts: TextsWithheld}, Privacy{}, Privacy{NamesFull, TextsWithheld}},
	} {
		floor, repo := &Policy{Version: 1, Privacy: c.floor, origin: FloorOrigin}, &Policy{Version: 1, Privacy: c.repo, origin: FileName}
		if got := Layer(floor, repo).Privacy; got != c.want {
			t.Errorf("floor %+v, repository %+v: %+v, want %+v", c.floor, c.repo, got, c.want)
		}
		if got := Layer(repo, floor).Privacy; got != c.want {
			t.Errorf("the other way round: %+v, want %+v", got, c.want)
		}
	}
}
