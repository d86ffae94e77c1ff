-- +goose Up
CREATE TABLE deliveries (
	guid     TEXT PRIMARY KEY,
	event    TEXT NOT NULL,
	body     BYTEA NOT NULL,
	received BIGINT NOT NULL,
	state    TEXT NOT NULL,
	note     TEXT NOT NULL DEFAULT '',
	decided  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_state ON deliveries (state, received);

CREATE TABLE subjects (
	repo         BIGINT NOT NULL,
	name         TEXT NOT NULL,
	installation BIGINT NOT NULL,
	kind         TEXT NOT NULL,
	stage        TEXT NOT NULL,
	number       BIGINT NOT NULL,
	head         TEXT NOT NULL,
	base         TEXT NOT NULL,
	ref          TEXT NOT NULL,
	delivery     TEXT NOT NULL,
	is_open      BOOLEAN NOT NULL,
	turn         BIGINT NOT NULL,
	asked        BIGINT NOT NULL,
	done_turn    BIGINT NOT NULL DEFAULT 0,
	done_head    TEXT NOT NULL DEFAULT '',
	decision     TEXT NOT NULL DEFAULT '',
	verdict      TEXT NOT NULL DEFAULT '',
	inputs       TEXT NOT NULL DEFAULT '',
	wants        TEXT NOT NULL DEFAULT '',
	pack         TEXT NOT NULL DEFAULT '',
	PRIMARY KEY (repo, name)
);
CREATE INDEX subjects_head ON subjects (repo, head);
CREATE INDEX subjects_waiting ON subjects (asked) WHERE done_turn < turn;

CREATE TABLE reviews (
	repo     BIGINT NOT NULL,
	subject  TEXT NOT NULL,
	verdict  TEXT NOT NULL,
	pack     TEXT NOT NULL,
	head     TEXT NOT NULL,
	base     TEXT NOT NULL,
	stage    TEXT NOT NULL,
	decision TEXT NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (repo, subject, verdict, pack)
);
CREATE INDEX reviews_pack ON reviews (pack);

CREATE TABLE effects (
	key    TEXT PRIMARY KEY,
	state  TEXT NOT NULL,
	result TEXT NOT NULL,
	at     BIGINT NOT NULL
);

CREATE TABLE repositories (
	id           BIGINT PRIMARY KEY,
	installation BIGINT NOT NULL,
	full_name    TEXT NOT NULL,
	state        TEXT NOT NULL,
	at           BIGINT NOT NULL
);

CREATE TABLE pushes (
	repo   BIGINT NOT NULL,
	ref    TEXT NOT NULL,
	before TEXT NOT NULL,
	after  TEXT NOT NULL,
	login  TEXT NOT NULL,
	person TEXT NOT NULL,
	type   TEXT NOT NULL,
	at     BIGINT NOT NULL,
	PRIMARY KEY (repo, ref, before, after)
);

CREATE TABLE marks (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

-- +goose Down
DROP TABLE marks;
DROP TABLE pushes;
DROP TABLE repositories;
DROP TABLE effects;
DROP TABLE reviews;
DROP TABLE subjects;
DROP TABLE deliveries;
