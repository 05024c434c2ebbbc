-- Work is taken up by the thousand: whoever looks for the next reads one row, however much
-- waits, is held or was done. See `job/due.rs`.
CREATE INDEX jobs_waiting_of ON jobs (kind, not_before, id) WHERE state = 'waiting';
CREATE INDEX jobs_held ON jobs (state, until, id);
CREATE INDEX jobs_at_work ON jobs (kind, key) WHERE state = 'running';
CREATE INDEX jobs_ended ON jobs (finished_at) WHERE state IN ('done', 'dead');
