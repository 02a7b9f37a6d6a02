//! The tables, as a list of steps that only ever grows.
//!
//! `quantity` is picojoules where the modality is `laser` and femtotesla-seconds where it is `pemf`;
//! beside it stands the emission time. The modality is part of every reference, so that no sum and
//! no join mixes the two. `..._utc` is the wall clock in UTC, `..._boot_ns` the boot clock of the
//! run that wrote the record; the run has the boot id (TIM-05).

/// What tells our file from any other: `TGL1`.
pub(super) const APPLICATION_ID: i32 = 0x5447_4c31;

/// Each step leads from the schema before it to its own; `user_version` counts them. A step that was
/// released is never edited.
pub(super) const STEPS: &[&str] = &[FIRST, SECOND];

const FIRST: &str = "
CREATE TABLE runs (
    run              INTEGER PRIMARY KEY CHECK (run BETWEEN 1 AND 4294967295),
    started_utc      TEXT    NOT NULL,
    started_boot_ns  INTEGER NOT NULL,
    boot_id          TEXT    NOT NULL,
    version          TEXT    NOT NULL
) STRICT;

-- A row is an open mark until the session is settled.
CREATE TABLE sessions (
    run                  INTEGER NOT NULL REFERENCES runs (run),
    token                INTEGER NOT NULL,
    modality             TEXT    NOT NULL CHECK (modality IN ('laser', 'pemf')),
    unit                 TEXT    NOT NULL,
    patient_issuer       TEXT    NOT NULL,
    patient_id           TEXT    NOT NULL,
    region               TEXT    NOT NULL,
    side                 TEXT    NOT NULL,
    prescribed_quantity  INTEGER NOT NULL CHECK (prescribed_quantity >= 0),
    prescribed_time_ns   INTEGER NOT NULL CHECK (prescribed_time_ns >= 0),
    prescription         TEXT    NOT NULL CHECK (json_valid(prescription)),
    hash                 TEXT    NOT NULL CHECK (length(hash) = 64),
    opened_utc           TEXT    NOT NULL,
    opened_boot_ns       INTEGER NOT NULL,
    PRIMARY KEY (run, token),
    UNIQUE (run, token, modality)
) STRICT;

-- Everything that a session may have charged in the end. Slice 0 is the one of the open mark.
CREATE TABLE slices (
    run              INTEGER NOT NULL,
    token            INTEGER NOT NULL,
    modality         TEXT    NOT NULL,
    slice            INTEGER NOT NULL,
    quantity         INTEGER NOT NULL CHECK (quantity >= 0),
    time_ns          INTEGER NOT NULL CHECK (time_ns >= 0),
    written_utc      TEXT    NOT NULL,
    written_boot_ns  INTEGER NOT NULL,
    PRIMARY KEY (run, token),
    FOREIGN KEY (run, token, modality) REFERENCES sessions (run, token, modality)
) STRICT;

-- `reconciled` is 1 where a person settled an open mark after a restart.
CREATE TABLE settlements (
    run                  INTEGER NOT NULL,
    token                INTEGER NOT NULL,
    modality             TEXT    NOT NULL,
    prescribed_quantity  INTEGER NOT NULL CHECK (prescribed_quantity >= 0),
    prescribed_time_ns   INTEGER NOT NULL CHECK (prescribed_time_ns >= 0),
    charged_quantity     INTEGER NOT NULL CHECK (charged_quantity >= 0),
    charged_time_ns      INTEGER NOT NULL CHECK (charged_time_ns >= 0),
    delivered_quantity   INTEGER NOT NULL CHECK (delivered_quantity >= 0),
    delivered_time_ns    INTEGER NOT NULL CHECK (delivered_time_ns >= 0),
    debt_quantity        INTEGER NOT NULL CHECK (debt_quantity >= 0),
    debt_time_ns         INTEGER NOT NULL CHECK (debt_time_ns >= 0),
    end                  TEXT    NOT NULL,
    cause                TEXT    CHECK ((cause IS NOT NULL) = (end = 'alarm')),
    outcome              TEXT    NOT NULL,
    uncertain            INTEGER NOT NULL CHECK (uncertain IN (0, 1)),
    reconciled           INTEGER NOT NULL CHECK (reconciled IN (0, 1)),
    settled_run          INTEGER NOT NULL REFERENCES runs (run),
    settled_utc          TEXT    NOT NULL,
    settled_boot_ns      INTEGER NOT NULL,
    PRIMARY KEY (run, token),
    FOREIGN KEY (run, token, modality) REFERENCES sessions (run, token, modality)
) STRICT;

-- Emission without a session. It counts from the start of the run; a stretch is the part of it
-- during which the last patient of the unit was the same, from `from_...` on.
CREATE TABLE strays (
    run              INTEGER NOT NULL REFERENCES runs (run),
    unit             TEXT    NOT NULL,
    stretch          INTEGER NOT NULL,
    modality         TEXT    NOT NULL CHECK (modality IN ('laser', 'pemf')),
    patient_issuer   TEXT,
    patient_id       TEXT    CHECK ((patient_issuer IS NULL) = (patient_id IS NULL)),
    from_quantity    INTEGER NOT NULL CHECK (from_quantity >= 0),
    from_time_ns     INTEGER NOT NULL CHECK (from_time_ns >= 0),
    quantity         INTEGER NOT NULL CHECK (quantity >= from_quantity),
    time_ns          INTEGER NOT NULL CHECK (time_ns >= from_time_ns),
    written_utc      TEXT    NOT NULL,
    written_boot_ns  INTEGER NOT NULL,
    PRIMARY KEY (run, unit, stretch)
) STRICT;

CREATE TABLE causes (
    id                INTEGER PRIMARY KEY,
    unit              TEXT    NOT NULL,
    cause             TEXT    NOT NULL,
    latched_run       INTEGER NOT NULL REFERENCES runs (run),
    latched_utc       TEXT    NOT NULL,
    latched_boot_ns   INTEGER NOT NULL,
    released_run      INTEGER REFERENCES runs (run),
    released_utc      TEXT,
    released_boot_ns  INTEGER
) STRICT;

-- What is latched keeps the instant at which it was first seen.
CREATE UNIQUE INDEX causes_latched ON causes (unit, cause) WHERE released_run IS NULL;
";

/// The configuration of a run, and so of each of its sessions (CFG-07): SHA-256 over its files, in
/// hexadecimal. Runs of before have none.
const SECOND: &str = "
ALTER TABLE runs ADD COLUMN config TEXT CHECK (length(config) = 64);
";
