//! The tables, as a list of steps that only ever grows.
//!
//! `quantity` is picojoules where the modality is `laser`, femtotesla-seconds where it is `pemf`, and
//! millionths of a millionth of a pulse where it is `stimulator`; beside it stands the emission time,
//! and for a stimulator the energy of its discharges, which is zero for the others. The modality is
//! part of every reference, so that no sum and no join mixes any two. `..._utc` is the wall clock in UTC, `..._boot_ns` the boot clock of the
//! run that wrote the record; the run has the boot id (TIM-05).

/// What tells our file from any other: `TGL1`.
pub(super) const APPLICATION_ID: i32 = 0x5447_4c31;

/// Each step leads from the schema before it to its own; `user_version` counts them. A step that was
/// released is never edited.
pub(super) const STEPS: &[&str] =
    &[FIRST, SECOND, THIRD, PROOFS, METERS, TOUCHED_SITES, REVIEWS, AUDIT];

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

/// What came of the proofs of relays (OPS-01).
const PROOFS: &str = "
CREATE TABLE proofs (
    id       INTEGER PRIMARY KEY,
    unit     TEXT    NOT NULL,
    passed   INTEGER NOT NULL CHECK (passed IN (0, 1)),
    run      INTEGER NOT NULL REFERENCES runs (run),
    utc      TEXT    NOT NULL,
    boot_ns  INTEGER NOT NULL
) STRICT;
";

/// What people measured at the outputs of units. `told` and `shown` are milliwatts where the modality
/// is `laser`, microteslas where it is `pemf`, thousandths of full intensity where it is `stimulator`;
/// `age_ns` is how old the measurement was when it was told, and `calibration` a hash over which unit
/// it was and how that was calibrated.
const METERS: &str = "
CREATE TABLE meter_checks (
    id            INTEGER PRIMARY KEY,
    unit          TEXT    NOT NULL,
    calibration   TEXT    NOT NULL CHECK (length(calibration) = 64),
    modality      TEXT    NOT NULL CHECK (modality IN ('laser', 'pemf', 'stimulator')),
    told          INTEGER NOT NULL CHECK (told > 0),
    shown         INTEGER NOT NULL CHECK (shown >= 0),
    passed        INTEGER NOT NULL CHECK (passed IN (0, 1)),
    measured_utc  TEXT    NOT NULL,
    age_ns        INTEGER NOT NULL CHECK (age_ns >= 0),
    meter_serial  TEXT    NOT NULL,
    meter_due     TEXT    NOT NULL,
    attested_by   TEXT    NOT NULL,
    attested_role TEXT    NOT NULL,
    run           INTEGER NOT NULL REFERENCES runs (run),
    utc           TEXT    NOT NULL,
    boot_ns       INTEGER NOT NULL
) STRICT;
";

/// Where the field of a session lay beside its own site (DOS-14). Sessions of before touched no other.
const TOUCHED_SITES: &str = "
CREATE TABLE touched_sites (
    run     INTEGER NOT NULL,
    token   INTEGER NOT NULL,
    region  TEXT    NOT NULL,
    side    TEXT    NOT NULL,
    PRIMARY KEY (run, token, region, side),
    FOREIGN KEY (run, token) REFERENCES sessions (run, token)
) STRICT, WITHOUT ROWID;
";

/// What was found in the dose of a session, and that a person reviewed it (DOS-12, JRN-08). A session
/// with a finding and without a review keeps its patient from the next.
const REVIEWS: &str = "
CREATE TABLE findings (
    run      INTEGER NOT NULL,
    token    INTEGER NOT NULL,
    finding  TEXT    NOT NULL,
    PRIMARY KEY (run, token, finding),
    FOREIGN KEY (run, token) REFERENCES settlements (run, token)
) STRICT, WITHOUT ROWID;

CREATE TABLE reviews (
    run               INTEGER NOT NULL,
    token             INTEGER NOT NULL,
    reviewed_run      INTEGER NOT NULL REFERENCES runs (run),
    reviewed_utc      TEXT    NOT NULL,
    reviewed_boot_ns  INTEGER NOT NULL,
    PRIMARY KEY (run, token),
    FOREIGN KEY (run, token) REFERENCES settlements (run, token)
) STRICT;
";

/// A third modality, and the energy beside its pulses. SQLite cannot widen a constraint, so the tables
/// are made anew, the one that others refer to first and dropped last.
const THIRD: &str = "
ALTER TABLE sessions RENAME TO sessions_before;
ALTER TABLE slices RENAME TO slices_before;
ALTER TABLE settlements RENAME TO settlements_before;
ALTER TABLE strays RENAME TO strays_before;

CREATE TABLE sessions (
    run                  INTEGER NOT NULL REFERENCES runs (run),
    token                INTEGER NOT NULL,
    modality             TEXT    NOT NULL
        CHECK (modality IN ('laser', 'pemf', 'stimulator')),
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
INSERT INTO sessions (
    run, token, modality, unit, patient_issuer, patient_id, region, side, prescribed_quantity,
    prescribed_time_ns, prescription, hash, opened_utc, opened_boot_ns
)
SELECT
    run, token, modality, unit, patient_issuer, patient_id, region, side, prescribed_quantity,
    prescribed_time_ns, prescription, hash, opened_utc, opened_boot_ns
FROM sessions_before;

CREATE TABLE slices (
    run              INTEGER NOT NULL,
    token            INTEGER NOT NULL,
    modality         TEXT    NOT NULL,
    slice            INTEGER NOT NULL,
    quantity         INTEGER NOT NULL CHECK (quantity >= 0),
    energy_pj        INTEGER NOT NULL CHECK (energy_pj >= 0),
    time_ns          INTEGER NOT NULL CHECK (time_ns >= 0),
    written_utc      TEXT    NOT NULL,
    written_boot_ns  INTEGER NOT NULL,
    PRIMARY KEY (run, token),
    FOREIGN KEY (run, token, modality) REFERENCES sessions (run, token, modality)
) STRICT;
INSERT INTO slices (
    run, token, modality, slice, quantity, energy_pj, time_ns, written_utc, written_boot_ns
)
SELECT
    run, token, modality, slice, quantity, 0, time_ns, written_utc, written_boot_ns
FROM slices_before;

-- An energy that nobody knew is NULL: that of a stimulator whose open mark a person settled.
CREATE TABLE settlements (
    run                  INTEGER NOT NULL,
    token                INTEGER NOT NULL,
    modality             TEXT    NOT NULL,
    prescribed_quantity  INTEGER NOT NULL CHECK (prescribed_quantity >= 0),
    prescribed_energy_pj INTEGER CHECK (prescribed_energy_pj >= 0),
    prescribed_time_ns   INTEGER NOT NULL CHECK (prescribed_time_ns >= 0),
    charged_quantity     INTEGER NOT NULL CHECK (charged_quantity >= 0),
    charged_energy_pj    INTEGER NOT NULL CHECK (charged_energy_pj >= 0),
    charged_time_ns      INTEGER NOT NULL CHECK (charged_time_ns >= 0),
    delivered_quantity   INTEGER NOT NULL CHECK (delivered_quantity >= 0),
    delivered_energy_pj  INTEGER NOT NULL CHECK (delivered_energy_pj >= 0),
    delivered_time_ns    INTEGER NOT NULL CHECK (delivered_time_ns >= 0),
    debt_quantity        INTEGER NOT NULL CHECK (debt_quantity >= 0),
    debt_energy_pj       INTEGER NOT NULL CHECK (debt_energy_pj >= 0),
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
INSERT INTO settlements (
    run, token, modality, prescribed_quantity, prescribed_energy_pj, prescribed_time_ns,
    charged_quantity, charged_energy_pj, charged_time_ns, delivered_quantity,
    delivered_energy_pj, delivered_time_ns, debt_quantity, debt_energy_pj, debt_time_ns, end,
    cause, outcome, uncertain, reconciled, settled_run, settled_utc, settled_boot_ns
)
SELECT
    run, token, modality, prescribed_quantity, 0, prescribed_time_ns, charged_quantity, 0,
    charged_time_ns, delivered_quantity, 0, delivered_time_ns, debt_quantity, 0, debt_time_ns,
    end, cause, outcome, uncertain, reconciled, settled_run, settled_utc, settled_boot_ns
FROM settlements_before;

CREATE TABLE strays (
    run              INTEGER NOT NULL REFERENCES runs (run),
    unit             TEXT    NOT NULL,
    stretch          INTEGER NOT NULL,
    modality         TEXT    NOT NULL
        CHECK (modality IN ('laser', 'pemf', 'stimulator')),
    patient_issuer   TEXT,
    patient_id       TEXT    CHECK ((patient_issuer IS NULL) = (patient_id IS NULL)),
    from_quantity    INTEGER NOT NULL CHECK (from_quantity >= 0),
    from_energy_pj   INTEGER NOT NULL CHECK (from_energy_pj >= 0),
    from_time_ns     INTEGER NOT NULL CHECK (from_time_ns >= 0),
    quantity         INTEGER NOT NULL CHECK (quantity >= from_quantity),
    energy_pj        INTEGER NOT NULL CHECK (energy_pj >= from_energy_pj),
    time_ns          INTEGER NOT NULL CHECK (time_ns >= from_time_ns),
    written_utc      TEXT    NOT NULL,
    written_boot_ns  INTEGER NOT NULL,
    PRIMARY KEY (run, unit, stretch)
) STRICT;
INSERT INTO strays (
    run, unit, stretch, modality, patient_issuer, patient_id, from_quantity, from_energy_pj,
    from_time_ns, quantity, energy_pj, time_ns, written_utc, written_boot_ns
)
SELECT
    run, unit, stretch, modality, patient_issuer, patient_id, from_quantity, 0, from_time_ns,
    quantity, 0, time_ns, written_utc, written_boot_ns
FROM strays_before;

DROP TABLE strays_before;
DROP TABLE settlements_before;
DROP TABLE slices_before;
DROP TABLE sessions_before;
";

/// The records of the audit. Nothing changes or takes away one: not even we could (AUD-02).
const AUDIT: &str = "
CREATE TABLE audit (
    sequence  INTEGER PRIMARY KEY CHECK (sequence > 0),
    record    TEXT    NOT NULL CHECK (json_valid(record)),
    hash      TEXT    NOT NULL CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER audit_records_stay BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'a record of the audit is never taken away'); END;
CREATE TRIGGER audit_records_stay_as_they_are BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'a record of the audit is never changed'); END;
";
