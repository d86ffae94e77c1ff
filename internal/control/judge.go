package control

import (
	"fmt"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/finding"
)

// judge asks for approvals of a change that edits what judges.
func (e *evaluation) judge(r config.LayeredRule, files []touched) answer {
	var edited []touched
	for _, t := range files {
		if t.judges != "" {
			edited = append(edited, t)
		}
	}
	why, whole := filesWhole(e.Change)
	if len(edited) == 0 {
		if !whole {
			return answered(finding.NotAssessed, ReasonChange, "%s, so it is not known whether a file that judges was edited", why)
		}
		return answered(finding.NotApplicable, ReasonNothingEdited, "no file that judges changes was edited")
	}
	a := e.approvals(r, edited)
	for i := range a.found {
		a.found[i].Place.Path = edited[0].escaped
		a.found[i].Message = fmt.Sprintf("files that judge changes were edited (%s): %s", listPaths(edited), a.found[i].Message)
	}
	return a
}

// Ids of Custody's own checks, which note and decide nothing.
const (
	NoticeJudgeFiles = "judge-files"
	NoticeWaivers    = "waivers"
)

// notices are what is always said, whatever the policy asks.
func (e *evaluation) notices() []finding.Check {
	checks := []finding.Check{e.judgeNotice(), e.waiverNotice()}
	if c, declared := e.emergencyNotice(); declared {
		checks = append(checks, c)
	}
	if e.edited != nil {
		checks = append(checks, *e.edited)
	}
	if e.delivered != nil {
		checks = append(checks, *e.delivered)
	}
	return checks
}

// judgeNotice flags every changed file that judges changes.
func (e *evaluation) judgeNotice() finding.Check {
	c := finding.Check{ID: NoticeJudgeFiles, Kind: finding.Notice, Name: "Edits of files that judge changes", Origin: "custody", Level: finding.Note}
	for _, t := range e.touched {
		if t.judges == "" {
			continue
		}
		note := func(at change.Path, format string, args ...any) {
			c.Found = append(c.Found, finding.Finding{
				Rule: c.ID, Level: c.Level, Place: finding.Place{Path: at.Escaped()}, Message: fmt.Sprintf("the change "+format, args...),
				Remedy: "Read this part of the change with the eyes of who answers for the rules.",
				Who:    "who answers for the policy",
			})
		}
		switch what := t.judges; {
		case t.Status == change.Renamed:
			was, is := e.Config.JudgeFile(t.OldPath), e.Config.JudgeFile(t.Path)
			if was != "" && was != is && (was != config.BesideWorkflows || is == "") {
				note(t.OldPath, "moves %s away; the version at base judges it", was)
			}
			if is != "" {
				note(t.Path, "moves %s here, from %s; the version at base, if any, judges it", is, t.OldPath.Escaped())
			}
		case t.Status == change.Added:
			note(t.judgesAt, "adds %s; the version at base, if any, judges it", what)
		case t.Status == change.Deleted:
			note(t.judgesAt, "deletes %s; the version at base judges it", what)
		case t.Mode != t.OldMode && t.OldMode != 0:
			note(t.judgesAt, "turns %s from mode %s into %s; the version at base judges it", what, t.OldMode, t.Mode)
		default:
			note(t.judgesAt, "edits %s; the version at base judges it", what)
		}
	}
	why, whole := filesWhole(e.Change)
	switch {
	case len(c.Found) > 0:
		c.Outcome = finding.NotSatisfied
	case whole:
		c.Outcome = finding.Satisfied
	default:
		c.Reasons = append(c.Reasons, finding.Reason{Code: ReasonChange, Detail: why})
	}
	return c
}

// listPaths names a few files.
func listPaths(files []touched) string {
	s := ""
	for i, t := range files {
		switch {
		case i == 3:
			return fmt.Sprintf("%s and %d more", s, len(files)-i)
		case i > 0:
			s += ", "
		}
		s += t.escaped
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return change.Thousands(n) + " " + many
}
