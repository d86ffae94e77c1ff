package frameworks

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// shapes are how each publisher writes its identifiers.
var shapes = map[string]string{
	"eu-ai-act-2024-1689":      `^Art\. [1-9][0-9]*(\([1-9]\))?$`,
	"iso42001-2023":            `^A\.([2-9]|10)\.[1-9](\.[1-9])?$`,
	"iso27001-2022":            `^A\.[5-8]\.[1-9][0-9]?$`,
	"nist-800-53r5":            `^[A-Z]{2}-[1-9][0-9]?(\([1-9][0-9]?\))?$`,
	"nist-ssdf-1.1":            `^(PO|PS|PW|RV)\.[1-9]\.[1-9]$`,
	"osps-baseline-2026.02.19": `^OSPS-[A-Z]{2}-[0-9]{2}\.[0-9]{2}$`,
	"pci-dss-4.0.1":            `^[1-9][0-9]?(\.[1-9][0-9]?){2,3}$`,
	"slsa-source-1.2":          `^L[1-4]$`,
	"soc2-2017":                `^(CC[1-9]|A1|C1|PI1)\.[1-9]$`,
}

func TestTable(t *testing.T) {
	if !slices.IsSortedFunc(All, func(a, b Framework) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	}) {
		t.Error("the frameworks are not sorted by id")
	}
	for _, f := range All {
		shape := regexp.MustCompile(shapes[f.ID] + "$")
		if shapes[f.ID] == "" || f.Name == "" {
			t.Errorf("%s has no shape of ids in this test, or no name", f.ID)
			continue
		}
		seen := map[string]bool{}
		for _, c := range f.Table {
			if !shape.MatchString(c.ID) {
				t.Errorf("%s: %q is no identifier of it", f.ID, c.ID)
			}
			if seen[c.ID] || c.About == "" || c.Relation != Direct && c.Relation != Supporting {
				t.Errorf("%s: row %+v stands twice, says nothing or has another relation", f.ID, c)
			}
			seen[c.ID] = true
			if len(c.Evidence) == 0 {
				t.Errorf("%s %s names no type of evidence", f.ID, c.ID)
			}
			types := map[Evidence]bool{}
			for _, e := range c.Evidence {
				if e.Says() == "" || e.Lacks() == "" || types[e] {
					t.Errorf("%s %s: evidence %q is not known, or stands twice", f.ID, c.ID, e)
				}
				types[e] = true
			}
			if _, err := time.Parse(time.DateOnly, c.From); c.From != "" && err != nil {
				t.Errorf("%s %s: %v", f.ID, c.ID, err)
			}
		}
	}
	for framework, id := range map[string]string{ // those that the rules give evidence for
		"soc2-2017": "CC8.1", "iso27001-2022": "A.8.32", "nist-ssdf-1.1": "PW.7.2", "nist-800-53r5": "CM-5", "pci-dss-4.0.1": "6.2.3.1", "osps-baseline-2026.02.19": "OSPS-QA-07.01",
	} {
		f, ok := Get(framework)
		if _, found := f.Get(id); !ok || !found {
			t.Errorf("%s %s is not in the table", framework, id)
		}
	}
	// What a record of a change is no evidence for, however often it is claimed.
	act, _ := Get("eu-ai-act-2024-1689")
	for _, id := range []string{"Art. 12", "Art. 14", "Art. 19", "Art. 26(6)", "Art. 50"} {
		if _, found := act.Get(id); found {
			t.Errorf("%s stands in the table", id)
		}
	}
	for _, c := range act.Table {
		if c.If.Always() || c.From != "2027-12-02" {
			t.Errorf("%s applies to everything, or from %q", c.ID, c.From)
		}
	}
	if _, ok := Get("soc2"); ok {
		t.Error("an unknown framework is known")
	}
}
