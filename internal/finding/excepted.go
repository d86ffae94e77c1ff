package finding

import (
	"slices"
	"strings"
)

// What stands in WaivedBy where no waiver excepts a finding: no waiver is called so.
const (
	ByEmergency = "emergency"
	ByBaseline  = "baseline"
)

// An Exception is a kind of what takes the weight from a finding. Each has its own name
// wherever people read of it: a waiver was granted, the baseline was there before, and an
// emergency only puts off.
type Exception uint8

// Kinds of exceptions.
const (
	NoException Exception = iota
	Waiver
	Baseline
	Emergency
)

// Exceptions are the kinds, in the order in which they are listed.
var Exceptions = [...]Exception{Waiver, Baseline, Emergency}

// Exception says what excepts the finding. waivers are the ids of those in force: before such
// names were refused, a waiver may have been called like one of the others.
func (f Finding) Exception(waivers ...string) Exception {
	switch {
	case f.WaivedBy == "":
		return NoException
	case slices.Contains(waivers, f.WaivedBy):
		return Waiver
	case f.WaivedBy == ByBaseline:
		return Baseline
	case f.WaivedBy == ByEmergency:
		return Emergency
	}
	return Waiver
}

// ExceptedBy names what excepts the finding: "waiver W-7", "the baseline"; empty for nothing.
func (f Finding) ExceptedBy(waivers ...string) string {
	if e := f.Exception(waivers...); e != Waiver {
		return e.String()
	}
	return "waiver " + f.WaivedBy
}

// Exceptions are the kinds that except what a check found, each once; none unless it is
// excepted. A check without an answer, which has no finding, only an emergency puts off.
func (c Check) Exceptions(waivers ...string) []Exception {
	if c.Outcome != Excepted {
		return nil
	}
	var all []Exception
	for _, f := range c.Found {
		if e := f.Exception(waivers...); e != NoException {
			all = append(all, e)
		}
	}
	if len(all) == 0 && slices.ContainsFunc(c.Reasons, func(r Reason) bool { return r.Code == ByEmergency }) {
		all = append(all, Emergency)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// String is the kind with its article: "a waiver".
func (e Exception) String() string {
	return [...]string{"", "a waiver", "the baseline", "an emergency"}[e]
}

// Says is what the kind does to a finding: "covered by a waiver".
func (e Exception) Says() string {
	return [...]string{"", "covered by a waiver", "in the baseline, which lists what stood before", "put off by an emergency, and still due"}[e]
}

// AnyOf lists kinds: "a waiver or the baseline"; "an exception" where none is known.
func AnyOf(all []Exception) string {
	var names []string
	for _, e := range all {
		names = append(names, e.String())
	}
	switch n := len(names); n {
	case 0:
		return "an exception"
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
}
