-- Schema 1. Written so that SQLite and PostgreSQL both take it: BIGINT and TEXT only, no generated keys.
-- A released migration never changes: what comes next is a file of its own.

CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
-- The last id given away. It only grows, so that an id is never given twice, not even after a deletion.
INSERT INTO counter (name, value) VALUES ('runtime', 0);
-- Written by the readiness check, for the sake of writing.
INSERT INTO counter (name, value) VALUES ('check', 0);

CREATE TABLE runtime (
    id BIGINT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    flavour TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    document TEXT NOT NULL,
    vm TEXT,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL,
    -- How many history rows were ever written for this runtime: the sequence of the newest.
    history_written BIGINT NOT NULL
);

CREATE TABLE history (
    runtime_id BIGINT NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (runtime_id, sequence)
);

CREATE TABLE task (
    runtime_id BIGINT NOT NULL REFERENCES runtime (id) ON DELETE CASCADE,
    task TEXT NOT NULL,
    vm_id TEXT NOT NULL,
    answer TEXT,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (runtime_id, task)
);
-- Open tasks are few among many answered ones, and asked for whenever a VM ends.
CREATE INDEX task_open ON task (runtime_id, vm_id) WHERE answer IS NULL;

-- No reference to runtime: a repeated creation is recognised even after its runtime was deleted.
CREATE TABLE idempotency (
    user_name TEXT NOT NULL,
    request_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    runtime_id BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (user_name, request_key)
);

CREATE TABLE setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
