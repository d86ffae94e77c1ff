package price

import "testing"

func TestSum(t *testing.T) {
	if (Basket{1, 2}).Sum() != 3 {
		t.Error("not 3")
	}
}

func TestString(t *testing.T) {
	if s := (Basket{2, 3}).String(); s != "5 coins" {
		t.Error(s)
	}
}
