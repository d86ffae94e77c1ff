package frameworks

var osps = Framework{"osps-baseline-2026.02.19", "OpenSSF OSPS Baseline 2026.02.19", "2026.02.19", []Control{
	row("OSPS-AC-03.01", "nobody commits to the main branch directly", Supporting, PullRequest),
	row("OSPS-BR-07.01", "no secrets stand in the repository", Supporting, NoSecrets),
	row("OSPS-QA-03.01", "checks pass before a change lands", Direct, Tests),
	row("OSPS-QA-07.01", "a person other than the author approves before it lands", Direct, Review),
}}

var pci = Framework{"pci-dss-4.0.1", "PCI DSS 4.0.1", "4.0.1", []Control{
	row("6.2.1", "software is developed securely by a standard", Supporting, Policy, Requirements),
	row("6.2.3", "custom code is reviewed before release", Direct, Review),
	row("6.2.3.1", "a manual review is by somebody else than the author, and approved", Direct, TwoPeople),
	row("6.2.4", "common attacks are prevented by technique", Supporting, Requirements),
	row("6.5.1", "changes are documented, assessed, approved, tested and reversible", Direct, ChangeRecord),
	row("6.5.2", "after a significant change all requirements are confirmed", Supporting, Requirements, Impact),
	row("6.5.3", "environments are separated", Supporting, Deployment),
	row("6.5.4", "roles are separate, so that only approved changes are deployed", Direct, Review, PullRequest),
	row("10.2.2", "records say who, what, when, whence, on what and how it ended", Supporting, Record, Sources),
	row("10.3.4", "changes of records are detected", Supporting, Record),
}}

var slsa = Framework{"slsa-source-1.2", "SLSA Source Track 1.2", "1.2", []Control{
	row("L1", "code is under version control, and a revision has an id", Supporting, Record),
	row("L2", "the history of a branch is kept and its provenance recorded", Supporting, Record, Sources),
	row("L3", "technical controls are enforced all the time", Supporting, Policy, PullRequest, Tests),
	row("L4", "two trusted people agree to a change", Direct, TwoPeople),
}}
