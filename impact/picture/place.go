package picture

import (
	"cmp"
	"slices"
)

// Everything is whole pixels, and angles are whole degrees: a picture has the same bytes
// on every machine.

// A box is a rectangle around its middle.
type box struct {
	x, y int
	w, h int
}

func (b box) left() int   { return b.x - b.w/2 }
func (b box) top() int    { return b.y - b.h/2 }
func (b box) right() int  { return b.x + b.w/2 }
func (b box) bottom() int { return b.y + b.h/2 }

// near says whether less than gap is between two boxes.
func (b box) near(c box, gap int) bool {
	return b.left()-gap < c.right() && c.left()-gap < b.right() && b.top()-gap < c.bottom() && c.top()-gap < b.bottom()
}

const (
	boxGap    = 14  // between boxes
	ringGap   = 26  // between a ring's boxes and what is inside of it
	flatness  = 580 // height of a ring for a width of 1000: screens are wide, and so is text
	ringSteps = 8   // pixels by which a ring grows until its boxes have room
	ringApart = 165 // from ring to ring, at least: a box stands on one ring alone
)

// A placed ring.
type ellipse struct{ rx, ry int }

// place gives every group its middle, around the box of the change at 0,0, and returns
// the rings.
func place(center box, rings []ring) []ellipse {
	var ellipses []ellipse
	inside := []box{center}
	angles := map[*group]int{}
	rx := center.w/2 + 110
	for i := range rings {
		groups := rings[i].groups
		order(groups, angles)
		turn := 0
		if i > 0 {
			turn = wanted(groups[0], angles)
		}
		e := ellipse{}
		for ; ; rx += ringSteps {
			e = ellipse{rx, rx * flatness / 1000}
			if around(groups, e, turn, inside, angles) {
				break
			}
		}
		ellipses = append(ellipses, e)
		for _, g := range groups {
			inside = append(inside, g.box)
		}
		rx = e.rx + ringApart
	}
	return ellipses
}

// order sorts the groups of a ring by the direction from which their paths come, so that
// lines are short and seldom cross.
func order(groups []*group, angles map[*group]int) {
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(wanted(a, angles), wanted(b, angles)), cmp.Compare(a.folder, b.folder))
	})
}

// wanted is the direction of the group from which most paths come.
func wanted(g *group, angles map[*group]int) int {
	p := g.mainSource()
	if p == nil {
		return 0
	}
	return angles[p]
}

// mainSource is the group that most paths come from; nil for the change itself.
func (g *group) mainSource() *group {
	var best *group
	for _, from := range g.sources() {
		if best == nil || g.from[from] > g.from[best] {
			best = from
		}
	}
	return best
}

// sources lists where paths come from, without the change itself.
func (g *group) sources() []*group {
	var all []*group
	for from := range g.from {
		if from != nil {
			all = append(all, from)
		}
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.ring, b.ring), cmp.Compare(a.folder, b.folder), cmp.Compare(a.members[0].Node, b.members[0].Node)) // what is left of a folder is called like it
	})
	return all
}

// around spreads the groups evenly over the ring, turned as little as gives them room
// from where the first wants to be. It says whether there is any.
func around(groups []*group, e ellipse, turn int, inside []box, angles map[*group]int) bool {
	for shift := 0; shift <= 360/len(groups); shift += 3 {
		if spread(groups, e, turn+shift, inside, angles) || spread(groups, e, turn-shift, inside, angles) {
			return true
		}
	}
	return false
}

func spread(groups []*group, e ellipse, turn int, inside []box, angles map[*group]int) bool {
	n := len(groups)
	for i, g := range groups {
		a := ((turn+360*i/n)%360 + 360) % 360
		angles[g] = a
		// The first box stands above the change, the others follow the clock.
		g.x, g.y = e.rx*sine(a)/10000, -e.ry*sine(a+90)/10000
	}
	for i, g := range groups {
		for _, b := range inside {
			if g.near(b, ringGap) {
				return false
			}
		}
		for _, other := range groups[:i] {
			if g.near(other.box, boxGap) {
				return false
			}
		}
	}
	return true
}

// sines of 0 to 90 degrees, times 10000: floats may differ in their last bit between
// processors.
var sines = [91]int{
	0, 175, 349, 523, 698, 872, 1045, 1219, 1392, 1564,
	1736, 1908, 2079, 2250, 2419, 2588, 2756, 2924, 3090, 3256,
	3420, 3584, 3746, 3907, 4067, 4226, 4384, 4540, 4695, 4848,
	5000, 5150, 5299, 5446, 5592, 5736, 5878, 6018, 6157, 6293,
	6428, 6561, 6691, 6820, 6947, 7071, 7193, 7314, 7431, 7547,
	7660, 7771, 7880, 7986, 8090, 8192, 8290, 8387, 8480, 8572,
	8660, 8746, 8829, 8910, 8988, 9063, 9135, 9205, 9272, 9336,
	9397, 9455, 9511, 9563, 9613, 9659, 9703, 9744, 9781, 9816,
	9848, 9877, 9903, 9925, 9945, 9962, 9976, 9986, 9994, 9998,
	10000,
}

func sine(degrees int) int {
	d := (degrees%360 + 360) % 360
	switch {
	case d <= 90:
		return sines[d]
	case d <= 180:
		return sines[180-d]
	case d <= 270:
		return -sines[d-180]
	}
	return -sines[360-d]
}
