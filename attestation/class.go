package attestation

import "slices"

// A tally counts evidence by what it speaks for, and by strength from A to E. F, and
// whatever is not in the contract, decides nothing and is not counted.
type tally struct {
	ai, mixed, attested, declared [5]int
}

// add counts one piece of evidence, or takes it away again: n is 1 or -1.
func (t *tally) add(e *Evidence, n int) {
	if len(e.Strength) != 1 || e.Strength < "A" || e.Strength > "E" {
		return
	}
	s := e.Strength[0] - 'A'
	switch e.Class {
	case AIVerified, AIDeclared:
		t.ai[s] += n
	case Mixed:
		t.mixed[s] += n
	case HumanAttested:
		if e.Strength <= "C" {
			t.attested[s] += n
		}
	case HumanDeclared:
		t.declared[s] += n
	}
}

// strongest is the first strength of which there is any, 5 for none.
func strongestOf(counts *[5]int) int {
	for i, n := range counts {
		if n > 0 {
			return i
		}
	}
	return len(counts)
}

// class is what the evidence says. The order in which it came has no part in it.
//
// The stronger side wins; equal strength is a conflict. Evidence that a human wrote
// counts only as the contract says: attested from A to C, declared as a declaration. A
// declaration, which anybody can write, never removes evidence of an agent: against
// weaker evidence it makes a conflict.
func (t *tally) class() Class {
	const nothing, verified = 5, 'B' - 'A'
	agent, both := strongestOf(&t.ai), strongestOf(&t.mixed)
	attested, declared := strongestOf(&t.attested), strongestOf(&t.declared)
	ai, human := min(agent, both), min(attested, declared)
	switch {
	case ai == nothing && human == nothing:
		return Unknown
	case ai == nothing && attested < nothing:
		return HumanAttested
	case ai == nothing:
		return HumanDeclared
	case attested < ai:
		return HumanAttested
	case human <= ai:
		return Conflict
	case both < agent:
		return Mixed
	case ai <= verified:
		return AIVerified
	default:
		return AIDeclared
	}
}

// decide turns the evidence for one thing into its class.
func decide(es []Evidence) Class {
	var t tally
	for i := range es {
		t.add(&es[i], 1)
	}
	return t.class()
}

// together is the class of something whose parts have these classes: n lines of each,
// or any count. Declared says that a human hand was declared for all of it, so that
// lines of that class are no evidence of a hand beside an agent's.
func together(lines map[Class]int, declared bool) Class {
	has := func(cs ...Class) bool {
		return slices.ContainsFunc(cs, func(c Class) bool { return lines[c] > 0 })
	}
	ai := has(AIVerified, AIDeclared)
	switch {
	case has(Conflict):
		return Conflict
	case has(Mixed), ai && has(HumanAttested), ai && has(HumanDeclared) && !declared:
		return Mixed
	case has(AIVerified):
		return AIVerified
	case ai:
		return AIDeclared
	case has(HumanAttested):
		return HumanAttested
	case has(HumanDeclared):
		return HumanDeclared
	}
	return Unknown
}
