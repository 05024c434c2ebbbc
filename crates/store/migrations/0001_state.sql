-- What was found, what is done about it, and the log of both. Written in what
-- SQLite and PostgreSQL have in common; what only one of them has stands below
-- a line `-- @sqlite` or `-- @postgres`, up to the next such line or `-- @both`.

-- One line: the end of the log, and how many incidents there are. Whoever writes
-- holds it.
CREATE TABLE head (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  sequence BIGINT NOT NULL,
  hash TEXT NOT NULL,
  incidents BIGINT NOT NULL
);
INSERT INTO head (one, sequence, hash, incidents)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', 0);

-- A line of the list each, kept narrow. severity: 1 critical, 2 high, 3 medium,
-- 4 low. due: the largest number if there is none, so that it sorts last.
CREATE TABLE incidents (
  id BIGINT PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  dossier TEXT NOT NULL,
  hint TEXT NOT NULL,
  severity BIGINT NOT NULL,
  validity TEXT NOT NULL,
  state TEXT NOT NULL,
  closed BIGINT NOT NULL,
  owner TEXT,
  due BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  closed_at BIGINT,
  last_seen BIGINT NOT NULL,
  place TEXT NOT NULL,
  places BIGINT NOT NULL
);
CREATE INDEX incidents_in_order ON incidents (closed, severity, due, id);

-- The rest of what is remembered of a finding, as JSON.
CREATE TABLE cases (
  incident BIGINT PRIMARY KEY REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  companions TEXT NOT NULL,
  signals TEXT NOT NULL,
  rating TEXT NOT NULL,
  verification TEXT NOT NULL,
  attempt TEXT,
  assessment TEXT
);

-- Where a secret lies, or lay. key: what makes it the same place. path: the
-- absolute path, or the repository, to find what a scan covered.
CREATE TABLE locations (
  incident BIGINT NOT NULL REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  key TEXT NOT NULL,
  nth BIGINT NOT NULL,
  kind TEXT NOT NULL,
  path TEXT NOT NULL,
  head BIGINT NOT NULL,
  gone_at BIGINT,
  body TEXT NOT NULL,
  PRIMARY KEY (incident, key)
);

CREATE TABLE steps (
  incident BIGINT NOT NULL REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  step TEXT NOT NULL,
  progress TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (incident, step)
);

-- The log: only ever longer.
CREATE TABLE events (
  sequence BIGINT PRIMARY KEY,
  incident BIGINT REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  facts TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE INDEX events_of_incident ON events (incident, sequence);

-- Who is at work on an incident, and until when nobody else is.
CREATE TABLE claims (
  incident BIGINT PRIMARY KEY REFERENCES incidents (id) DEFERRABLE INITIALLY DEFERRED,
  holder TEXT NOT NULL,
  until BIGINT NOT NULL
);

-- @sqlite
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is only ever longer: events are not changed'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is only ever longer: events are not deleted'); END;

-- @postgres
CREATE FUNCTION leeward_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is only ever longer: events are not changed or deleted'; END
$$;
CREATE TRIGGER events_are_not_changed BEFORE UPDATE OR DELETE ON events
FOR EACH ROW EXECUTE FUNCTION leeward_events_stay();
CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION leeward_events_stay();
