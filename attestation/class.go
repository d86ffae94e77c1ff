package attestation

// decide turns the evidence for one commit into its class. The order of the evidence
// has no part in it.
//
// The stronger side wins; equal strength is a conflict. F decides nothing. Evidence
// that a human wrote counts only as the contract says: attested from A to C, declared
// as a declaration. A declaration, which anybody can write, never removes evidence of
// an agent: against weaker evidence it makes a conflict.
func decide(es []Evidence) Class {
	const nothing = Strength("F")
	ai, attested, declared := nothing, nothing, nothing
	for _, e := range es {
		if e.Strength < "A" || e.Strength >= nothing {
			continue
		}
		switch e.Class {
		case AIVerified, AIDeclared:
			ai = min(ai, e.Strength)
		case HumanAttested:
			if e.Strength <= "C" {
				attested = min(attested, e.Strength)
			}
		case HumanDeclared:
			declared = min(declared, e.Strength)
		}
	}
	human := min(attested, declared)
	switch {
	case ai == nothing && human == nothing:
		return Unknown
	case ai == nothing && attested < nothing:
		return HumanAttested
	case ai == nothing:
		return HumanDeclared
	case attested < ai: // by letter, A before B
		return HumanAttested
	case human <= ai:
		return Conflict
	case ai <= "B":
		return AIVerified
	default:
		return AIDeclared
	}
}
