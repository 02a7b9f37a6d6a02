//! The ledger's file as SQLite reads it, after the gateway that wrote it is gone.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

/// The ledger of a gateway that has ended.
pub(super) struct Records(Connection);

/// How a session was settled. Amounts are in pJ or fT·s, as the units' own meters count.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) charged: u128,
    pub(super) delivered: u128,
    pub(super) end: String,
    pub(super) cause: Option<String>,
    pub(super) outcome: String,
    pub(super) uncertain: bool,
}

impl Records {
    pub(super) fn read(data: &Path) -> Self {
        let path = data.join("ledger.sqlite3");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Connection::open_with_flags(path, flags).unwrap())
    }

    /// How a session was settled, if it was.
    pub(super) fn settled(&self, session: &str) -> Option<Settled> {
        let sql = "SELECT charged_quantity, delivered_quantity, end, cause, outcome, uncertain
            FROM settlements WHERE run || '-' || token = ?1";
        let settled = self.0.query_row(sql, [session], |row| {
            Ok(Settled {
                charged: amount(row.get(0)?),
                delivered: amount(row.get(1)?),
                end: row.get(2)?,
                cause: row.get(3)?,
                outcome: row.get(4)?,
                uncertain: row.get(5)?,
            })
        });
        settled.optional().unwrap()
    }

    /// What was made durable ahead of the emission of a session, whether or not it was settled.
    pub(super) fn bound(&self, session: &str) -> u128 {
        let sql = "SELECT quantity FROM slices WHERE run || '-' || token = ?1";
        let bound = self.0.query_row(sql, [session], |row| row.get(0)).optional().unwrap();
        bound.map_or(0, amount)
    }

    /// Everything that is charged for what a unit emitted: what its sessions were charged, what is
    /// durable of those that are open, and what it emitted without one.
    pub(super) fn charged(&self, unit: &str) -> u128 {
        let sql = "SELECT coalesce(sum(coalesce(t.charged_quantity, d.quantity)), 0)
            FROM sessions AS s LEFT JOIN slices AS d USING (run, token)
            LEFT JOIN settlements AS t USING (run, token) WHERE s.unit = ?1";
        let sessions: i64 = self.0.query_row(sql, [unit], |row| row.get(0)).unwrap();
        amount(sessions) + self.stray(unit)
    }

    /// What a unit emitted without a session, in all runs.
    pub(super) fn stray(&self, unit: &str) -> u128 {
        let sql = "SELECT coalesce(sum(quantity - from_quantity), 0) FROM strays WHERE unit = ?1";
        amount(self.0.query_row(sql, [unit], |row| row.get(0)).unwrap())
    }

    /// Sessions that were never settled.
    pub(super) fn open_marks(&self) -> Vec<String> {
        let sql = "SELECT run || '-' || token FROM sessions
            WHERE (run, token) NOT IN (SELECT run, token FROM settlements)";
        self.column(sql, &[])
    }

    /// Every cause that was ever latched on a unit, in order.
    pub(super) fn causes(&self, unit: &str) -> Vec<String> {
        self.column("SELECT cause FROM causes WHERE unit = ?1 ORDER BY id", &[unit])
    }

    fn column(&self, sql: &str, values: &[&str]) -> Vec<String> {
        let mut select = self.0.prepare(sql).unwrap();
        let rows = select.query_map(rusqlite::params_from_iter(values), |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn amount(count: i64) -> u128 {
    u128::try_from(count).unwrap()
}
