-- +goose Up
CREATE TABLE commands (
	repo    BIGINT NOT NULL,
	name    TEXT NOT NULL,
	pull    BIGINT NOT NULL,
	comment BIGINT NOT NULL,
	asks    TEXT NOT NULL,
	state   TEXT NOT NULL,
	head    TEXT NOT NULL DEFAULT '',
	answer  TEXT NOT NULL DEFAULT '',
	record  TEXT NOT NULL DEFAULT '',
	at      BIGINT NOT NULL,
	PRIMARY KEY (repo, name)
);
CREATE INDEX commands_pull ON commands (repo, pull);

-- +goose Down
DROP TABLE commands;
