-- What pages for people ask of many incidents at once: lists from another end, counts,
-- and how long secrets lay open.

CREATE INDEX incidents_by_opening ON incidents (opened_at, id);
CREATE INDEX incidents_by_change ON incidents (updated_at, id);
CREATE INDEX incidents_by_closing ON incidents (closed_at, opened_at) WHERE closed_at IS NOT NULL;
-- Everything that is counted, so that counting reads this and no line.
CREATE INDEX incidents_counted
  ON incidents (state, severity, validity, opened_at, due, owner);
-- Whose, and of which kind: counted, and listed in the order of the work.
CREATE INDEX incidents_by_owner
  ON incidents (owner, closed, severity, due, id) WHERE owner IS NOT NULL;
CREATE INDEX incidents_by_kind ON incidents (dossier, closed, severity, due, id);

-- Of which incidents a source of others has the secret.
CREATE INDEX locations_by_source ON locations (path, incident) WHERE kind = 'remote';

-- The log by what kind of thing happened and by who did it, newest first.
CREATE INDEX events_by_kind ON events (kind, sequence);
CREATE INDEX events_by_actor ON events (actor, sequence);

-- From when to when a secret lay open, as its timeline has it; until_at is empty while
-- it may be live. It follows from the case and its events: what is missing here is
-- computed again.
CREATE TABLE exposures (
  incident BIGINT PRIMARY KEY REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  from_at BIGINT NOT NULL,
  until_at BIGINT
);
CREATE INDEX exposures_by_end ON exposures (until_at, from_at) WHERE until_at IS NOT NULL;

-- One line: the last event that the exposures take account of.
CREATE TABLE measured (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  sequence BIGINT NOT NULL
);
INSERT INTO measured (one, sequence) VALUES (1, 0);
