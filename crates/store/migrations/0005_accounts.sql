-- Who may use the server, and what it remembers of requests. No value of a password, a
-- session, a token or a link is here: only hashes. All times are seconds since
-- 1970-01-01 UTC.

-- folded: the name in lower case, so that nobody is taken for somebody else. hash: of
-- the password, none for those who sign in elsewhere; they have issuer and subject.
CREATE TABLE accounts (
  id BIGINT PRIMARY KEY,
  name TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  hash TEXT,
  issuer TEXT,
  subject TEXT,
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  signed_in_at BIGINT,
  UNIQUE (issuer, subject)
);

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  account BIGINT NOT NULL REFERENCES accounts (id),
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_of_account ON sessions (account, created_at);

-- role: at most that, whatever the account may.
CREATE TABLE tokens (
  id BIGINT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  account BIGINT NOT NULL REFERENCES accounts (id),
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  used_at BIGINT,
  revoked_at BIGINT
);
CREATE INDEX tokens_of_account ON tokens (account, id);

-- Links that are good once: without an account, for the first administrator; with one,
-- to choose a password.
CREATE TABLE setup (
  hash TEXT PRIMARY KEY,
  account BIGINT REFERENCES accounts (id),
  made_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

-- What was delivered to a webhook, so that it is taken once.
CREATE TABLE deliveries (
  hook TEXT NOT NULL,
  key TEXT NOT NULL,
  at BIGINT NOT NULL,
  done BIGINT NOT NULL,
  PRIMARY KEY (hook, key)
);
CREATE INDEX deliveries_by_age ON deliveries (at);

-- Attempts to sign in that did not succeed. key: a hash, since people type passwords
-- where names belong.
CREATE TABLE attempts (
  key TEXT PRIMARY KEY,
  count BIGINT NOT NULL,
  last_at BIGINT NOT NULL
);
