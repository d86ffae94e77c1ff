package frameworks

var iso27001 = Framework{"iso27001-2022", "ISO/IEC 27001:2022, Annex A", "2022", []Control{
	row("A.5.3", "duties that conflict are kept apart", Direct, Review),
	row("A.5.28", "evidence is collected and preserved", Supporting, Record, Sources),
	row("A.5.32", "rights in what others made are kept", Supporting, NoLicences),
	row("A.5.33", "records are protected from loss and falsification", Supporting, Record),
	row("A.5.34", "data of people is protected", Supporting, NoPersonalData),
	row("A.5.36", "keeping to one's own policies is reviewed", Direct, Policy, Requirements),
	row("A.8.4", "who may read and write source code is managed", Supporting, PullRequest, Review),
	row("A.8.9", "configurations are recorded and watched", Supporting, Record, JudgeReview),
	row("A.8.15", "logs are produced, kept and protected", Supporting, Record, Sources),
	row("A.8.16", "anomalies are watched for", Supporting, PullRequest),
	row("A.8.25", "rules for a secure development life cycle", Direct, Policy, Review, Tests),
	row("A.8.26", "security requirements of applications", Direct, Requirements),
	row("A.8.28", "principles of secure coding are applied", Supporting, Requirements, NoSecrets),
	row("A.8.29", "security is tested in development and acceptance", Supporting, Tests, Scanner),
	row("A.8.31", "development, test and production are separated", Supporting, Deployment),
	row("A.8.32", "changes follow a change management procedure", Direct, Record, Reason, Review, Tests),
}}

// The Trust Services Criteria of 2017 with the points of focus of 2022.
var soc2 = Framework{"soc2-2017", "SOC 2, Trust Services Criteria 2017 (points of focus 2022)", "2017, points of focus 2022", []Control{
	row("CC4.1", "it is checked regularly that controls work", Supporting, Record, Policy),
	row("CC4.2", "shortcomings reach those who must act", Supporting, Record, Policy, PullRequest),
	row("CC5.1", "controls reduce risk; duties are kept apart", Direct, Policy, Review),
	row("CC5.2", "general controls over technology", Supporting, Policy, PullRequest),
	row("CC5.3", "policy becomes procedure", Direct, Policy, JudgeReview),
	row("CC6.1", "logical access is limited", Supporting, Signatures, PullRequest),
	row("CC6.8", "unauthorised software is prevented or found", Supporting, Review, NoDependencies),
	row("CC7.1", "changed configurations and new weaknesses are found", Supporting, Requirements, NoSecrets),
	row("CC7.2", "anomalies are watched for", Supporting, PullRequest),
	row("CC8.1", "changes are authorised, documented, tested, approved and made", Direct, Record, Reason, Review, Tests),
	row("PI1.3", "processing is complete, accurate and timely", Supporting, Tests, Requirements),
}}
