package pack

import (
	"strings"
	"testing"

	"custody/internal/control"
)

func TestControlGroups(t *testing.T) {
	got := controlGroups([]control.Shown{
		{Framework: "soc2-2017", Version: "2017", ID: "CC8.1", About: "changes", Relation: "direct", Status: control.EvidenceShown, Evidence: []control.Proof{{Type: "review", Present: true}}},
		{Framework: "soc2-2017", Version: "2017", ID: "CC6.1", About: "access", Relation: "supporting", Status: control.EvidenceLacks, Evidence: []control.Proof{{Type: "record", Present: true}, {Type: "signatures"}}},
		{Framework: "eu-ai-act-2024-1689", Version: "2026", ID: "Art. 17", Status: control.ControlLater},
	})
	if len(got) != 2 || got[0].Shown != 1 || got[0].Total != 2 || got[0].Aside != 0 || got[1].Aside != 1 || got[1].Total != 0 {
		t.Fatalf("%+v", got)
	}
	if r := got[0].Controls; !strings.HasPrefix(r[0].Says, "Evidence (direct): approval by people other than the authors") || r[1].Evidence || r[1].Says != "Lacks: a signature of every commit that the forge verified" {
		t.Errorf("%+v", r)
	}
}
