package frameworks

// The EU AI Act is about products that are AI systems. An assistant that helps to write
// ordinary software makes none of it apply: every row asks for a declared role and risk
// class of the product, and nothing is shown without.
//
// Days are those of Regulation (EU) 2026/1744, which put off chapter III, sections 1 to 3
// to 2 December 2027 (Annex III) and 2 August 2028 (Annex I); the earlier one stands here,
// since a repository does not say which annex it is under. Articles 12 and 19 (logs of the
// running system), 13 (what deployers are told), 14 (oversight of the system in use), 25 (substantial modification) and
// 50 are left out: no record of a change is evidence for them.
var euAIAct = Framework{"eu-ai-act-2024-1689", "EU AI Act, Regulation (EU) 2024/1689", "as amended by Regulation (EU) 2026/1744", []Control{
	row("Art. 9", "risks are managed over the life of a high-risk system", Supporting, Impact, Reason).when(highRisk, highRiskFrom),
	row("Art. 11", "technical documentation says what was changed", Supporting, Record, Reason).when(highRisk, highRiskFrom),
	row("Art. 15", "accuracy, robustness and cybersecurity", Supporting, Tests, NoSecrets).when(highRisk, highRiskFrom),
	row("Art. 17", "the provider's quality management covers modifications", Direct, Policy, Record, Reason, Review, Tests).when(highRisk, highRiskFrom),
	row("Art. 18", "documentation is kept for ten years", Supporting, Record, Sources).when(highRisk, highRiskFrom),
}}

const highRiskFrom = "2027-12-02"

var (
	highRisk = Condition{Roles: []string{"provider"}, Risks: []string{"high"}}
	// aiProduct is whatever declares that it is an AI system.
	aiProduct = Condition{Risks: []string{"high", "limited", "minimal", "prohibited"}}
)

var iso42001 = Framework{"iso42001-2023", "ISO/IEC 42001:2023, Annex A", "2023", []Control{
	row("A.4.2", "resources of AI systems are documented", Supporting, Authorship),
	row("A.4.4", "tooling resources are documented", Supporting, Authorship),
	row("A.6.2.2", "requirements of an AI system are specified", Supporting, Requirements).when(aiProduct, ""),
	row("A.6.2.3", "design and development are documented", Supporting, Record, Reason).when(aiProduct, ""),
	row("A.6.2.4", "an AI system is verified and validated", Supporting, Tests).when(aiProduct, ""),
	row("A.6.2.5", "an AI system is deployed by plan", Supporting, Deployment, Review).when(aiProduct, ""),
	row("A.6.2.7", "technical documentation for those who need it", Supporting, Record, Reason).when(aiProduct, ""),
	row("A.9.2", "processes for responsible use of AI", Supporting, Authorship, Review),
	row("A.9.4", "AI systems are used as intended", Supporting, Authorship, NoAgentInstructions),
	row("A.10.2", "responsibilities are divided among parties", Supporting, Authorship, Review),
	row("A.10.3", "suppliers fit the organisation's approach", Supporting, Authorship, Policy),
}}
