-- What is watched: sources and how far each was read, what was seen in them, what was
-- not looked at, and work to be done.

-- turn: raised by each page that is kept, so that two who read the same page keep it
-- once. cursor: a text of the service's own. state: waiting, running, failing, refused
-- or paused. next_at: when it is looked at next.
CREATE TABLE sources (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  belongs TEXT NOT NULL,
  turn BIGINT NOT NULL,
  cursor TEXT,
  state TEXT NOT NULL,
  trouble TEXT,
  troubles BIGINT NOT NULL,
  began_at BIGINT,
  ended_at BIGINT,
  success_at BIGINT,
  next_at BIGINT NOT NULL,
  pages BIGINT NOT NULL,
  items BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  repositories BIGINT NOT NULL,
  gaps BIGINT NOT NULL,
  untold BIGINT NOT NULL
);

-- Versions of items that were seen, by 64 bits of a hash of the item and as many of one
-- of item and version: taken for another only if both are the same. day: since
-- 1970-01-01, when it was last seen.
CREATE TABLE items (
  source BIGINT NOT NULL REFERENCES sources (id),
  item BIGINT NOT NULL,
  version BIGINT NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (source, item, version)
-- @sqlite
) WITHOUT ROWID;
-- @postgres
);
-- @both

-- What was not looked at. key: a hash of what it is.
CREATE TABLE gaps (
  source BIGINT NOT NULL REFERENCES sources (id),
  key TEXT NOT NULL,
  what TEXT NOT NULL,
  why TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  times BIGINT NOT NULL,
  PRIMARY KEY (source, key)
);

-- Values of other people that lay where anybody may look: that there was one, and
-- when. No place, no hint, nothing else.
CREATE TABLE strangers (
  fingerprint TEXT PRIMARY KEY,
  dossier TEXT NOT NULL,
  day BIGINT NOT NULL
);

-- Values of our own, by which they are known wherever they turn up.
CREATE TABLE ours (
  fingerprint TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  added_at BIGINT NOT NULL
);

-- Work to be done once. key: what makes it the same work; of its kind, one waits at a
-- time. state: waiting, running, done or dead. Who runs it holds it until a time.
CREATE TABLE jobs (
  id BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  not_before BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  holder TEXT,
  until BIGINT,
  trouble TEXT,
  created_at BIGINT NOT NULL,
  finished_at BIGINT
);
CREATE UNIQUE INDEX jobs_wait_once ON jobs (kind, key) WHERE state = 'waiting';
CREATE INDEX jobs_to_do ON jobs (state, not_before, id);

-- What the refs of a repository pointed to when it was last scanned: object names,
-- with a space between them.
CREATE TABLE tips (
  repository TEXT PRIMARY KEY,
  tips TEXT NOT NULL,
  scanned_at BIGINT NOT NULL
);
