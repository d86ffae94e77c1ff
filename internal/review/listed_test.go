package review

import (
	"fmt"
	"testing"

	"custody/internal/finding"
)

func TestListed(t *testing.T) {
	var found []finding.Finding
	for i := range 100_000 {
		f := finding.Finding{Rule: "r", Level: finding.Warning, Place: finding.Place{Path: fmt.Sprintf("f%06d", i)}, Message: "m"}
		switch {
		case i == 99_999:
			f.Level = finding.Error
		case i%2 == 0:
			f.WaivedBy = fmt.Sprint("W", i%4)
		}
		found = append(found, f)
	}
	got := listed(found)
	if len(got) != maxListed+3 {
		t.Errorf("%d are listed", len(got))
	}
	if got[0].Level != finding.Error || got[0].Place.Path != "f099999" {
		t.Errorf("the gravest is not the first: %+v", got[0])
	}
	sum := map[string]int{}
	for _, f := range got {
		n := 1
		if f.Place.Path == "" {
			fmt.Sscan(f.Message, &n)
		}
		sum[f.WaivedBy] += n
	}
	if fmt.Sprint(sum) != "map[:50000 W0:25000 W2:25000]" {
		t.Errorf("counted: %v", sum)
	}
	if few := found[:maxListed]; len(listed(few)) != len(few) {
		t.Error("cut what is within the limit")
	}
}
