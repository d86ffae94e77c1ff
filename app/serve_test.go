package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"custody/app"
)

// What the queue did not get to at the end of the process is no error of anybody's.
func TestQueueLog(t *testing.T) {
	said := &lockedBuffer{}
	log := logrus.New()
	log.SetOutput(said)
	queue := app.QueueLog(log)
	queue.Error("starting a transaction", "error", context.Canceled.Error())
	queue.Error("starting a transaction", "error", errors.Join(errors.New("first"), context.Canceled).Error())
	if said.String() != "" {
		t.Error(said)
	}
	queue.Error("starting a transaction", "error", "the disk is full")
	if !strings.Contains(said.String(), "level=error") || !strings.Contains(said.String(), "the disk is full") {
		t.Error(said)
	}
}
