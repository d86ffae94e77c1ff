-- +goose Up
CREATE INDEX effects_begun ON effects (at) WHERE state = 'begun';

-- +goose Down
DROP INDEX effects_begun;
