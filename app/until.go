package app

import (
	"context"
	"encoding/base64"
	"fmt"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/review"
)

// A check stays as it is until somebody reviews the change again, and a waiver that made it
// pass ends by itself. So the first day on which one ends is kept with each verdict, and
// behind it the change is reviewed again, see reconcileRepository.

func untilMark(repo int64, subject string) string { return fmt.Sprintf("until/%d/%s", repo, subject) }

// keepUntil keeps until when the verdict that is about to be concluded holds.
func (j *job) keepUntil(ctx context.Context, last config.Day) error {
	name := untilMark(j.task.Repo, j.subject.Name)
	if was, err := j.store.Mark(ctx, name); err != nil || was == string(last) {
		return err
	}
	return j.store.SetMark(ctx, name, string(last))
}

// until is the last day on which all waivers hold that are in force on a day; empty when
// there are none.
func until(judge *review.Judge, granted []change.Waiver, today config.Day) config.Day {
	var first config.Day
	ends := func(day config.Day) {
		if (config.Waiver{LastDay: day}).InForce(today) && (first == "" || day < first) {
			first = day
		}
	}
	if judge.Policy != nil {
		for _, w := range judge.Policy.Waivers {
			ends(w.LastDay)
		}
	}
	for _, w := range granted {
		if payload, err := base64.StdEncoding.DecodeString(w.Record); err == nil {
			if r, err := control.ParseWaiver(payload); err == nil {
				ends(r.LastDay)
			}
		}
	}
	return first
}
