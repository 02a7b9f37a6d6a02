//! What `check` tells of a configuration without a mistake: per unit, how fast it stops.

use std::fmt;

use device_drivers::{Budget, Unverified, profile::Reason};
use jiff::civil::Date;
use safety::Nanos;

use super::{
    Config, ContactReport, UnitConfig, contact_report,
    families::Family,
    files::Files,
    library::LibraryCard,
    lines,
    sign_off::{Fact, Signature},
};

/// What a person has to know before the gateway starts.
#[derive(Clone, Debug)]
pub struct Report {
    /// The limits in force.
    pub library: LibraryCard,
    /// The SHA-256 of the configuration.
    pub hash: String,
    /// The units, in the order of the configuration.
    pub units: Vec<UnitReport>,
    /// The contacts of relay boards, board by board.
    pub contacts: Vec<ContactReport>,
    /// The lines that several units share.
    pub lines: Vec<LineReport>,
    /// The profiles of unit families.
    pub families: Vec<FamilyReport>,
    /// What is allowed and yet should be known, in sentences.
    pub warnings: Vec<String>,
}

/// What a person has to know of one unit family.
#[derive(Clone, Debug)]
pub struct FamilyReport {
    /// Its name.
    pub name: String,
    /// Why no unit of it is started unless a relay is put into its supply.
    pub reasons: Vec<Reason>,
    /// What has to be signed for at each unit of it, because its maker does not say so.
    pub unverified: Vec<Unverified>,
    /// What no unit of it can be used as, whoever signs.
    pub limits: Vec<String>,
}

/// What a person has to know of one unit.
#[derive(Clone, Debug)]
pub struct UnitReport {
    /// Its name.
    pub name: String,
    /// Whether it treats people.
    pub real: bool,
    /// The parts of its stop path. `None` if its profile is impossible.
    pub budget: Option<Budget>,
    /// Within this, emission has to end after any single fault.
    pub bound: Nanos,
    /// The first day on which its calibration is overdue.
    pub calibration_due: Date,
    /// Whole days until then; none once it is overdue, and then it does not start (LAS-19).
    pub calibration_days: Option<u32>,
    /// Its port.
    pub port: String,
    /// Whether something is at its port now. An adapter that is not plugged in keeps one unit from
    /// being used, and not the gateway from starting.
    pub has_port: bool,
    /// What it builds on that nobody has seen at the hardware, with who signed for it.
    pub facts: Vec<Fact>,
}

/// What a person has to know of a line that several units share.
#[derive(Clone, Debug)]
pub struct LineReport {
    /// Its port.
    pub port: String,
    /// Its units, and under which address each is.
    pub units: Vec<(String, u8)>,
    /// How many thousandths of it the questions to them take if they are answered at once.
    pub load_permille: u64,
    /// From one question to the next for the same thing, if every answer on the line is late and the
    /// unit is made ready meanwhile.
    pub pace: Nanos,
}

/// Tells of a configuration as of `today`, with the ports that `files` sees.
pub fn report(config: &Config, files: &dyn Files, today: Date) -> Report {
    let of = |unit: &UnitConfig| UnitReport {
        name: unit.name.clone(),
        real: unit.real,
        budget: unit.budget().ok(),
        bound: unit.bound(),
        calibration_due: unit.calibration.due,
        calibration_days: unit.calibration.days(today),
        port: unit.link.place.to_string(),
        has_port: files.has_port(&unit.link.place),
        facts: unit.facts.clone(),
    };
    let family = |own: &Family| FamilyReport {
        name: own.name.clone(),
        reasons: own.reasons(),
        unverified: own.unverified(),
        limits: own.limits(),
    };
    Report {
        library: config.library.clone(),
        hash: config.hash.clone(),
        units: config.units.iter().map(of).collect(),
        contacts: contact_report::contacts(config),
        lines: lines::report(&config.units),
        families: config.families.iter().map(family).collect(),
        warnings: config.warnings(),
    }
}

impl UnitReport {
    /// Whether it stops within its bound.
    pub fn is_in_time(&self) -> bool {
        self.budget.is_some_and(|budget| budget.worst() <= self.bound)
    }

    /// Whether its calibration keeps it from starting (LAS-19).
    pub fn is_overdue(&self) -> bool {
        self.calibration_days.is_none_or(|days| days == 0)
    }
}

impl Report {
    /// Whether every unit stops within its bound.
    pub fn is_in_time(&self) -> bool {
        self.units.iter().all(UnitReport::is_in_time)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LibraryCard { revision, approvers, values, proposals, stimulator: _ } = &self.library;
        let approved = match approvers.as_slice() {
            [] => "approved by nobody yet".to_owned(),
            names => format!("approved by {}", names.join(" and ")),
        };
        writeln!(f, "limits {revision}, {approved}")?;
        writeln!(
            f,
            "{proposals} of {values} values are proposals: they need the clinic's sign-off"
        )?;
        writeln!(f, "configuration {}", self.hash)?;
        writeln!(f)?;
        let head = ["detect", "turn", "confirm", "lease", "worst", "bound"];
        write!(f, "{:<20} {:<9}", "unit (times in ms)", "mark")?;
        head.iter().try_for_each(|word| write!(f, " {word:>7}"))?;
        writeln!(f, "  stop     calibration")?;
        self.units.iter().try_for_each(|unit| writeln!(f, "{unit}"))?;
        if !self.contacts.is_empty() {
            contact_report::head(f)?;
        }
        self.contacts.iter().try_for_each(|contact| writeln!(f, "{contact}"))?;
        self.lines.iter().try_for_each(|line| writeln!(f, "\n{line}"))?;
        if self.units.iter().any(|unit| !unit.facts.is_empty()) {
            writeln!(f, "\nunverified on hardware")?;
        }
        self.units.iter().try_for_each(|unit| unit.write_facts(f))?;
        if !self.families.is_empty() {
            writeln!(f, "\nprofiles")?;
        }
        self.families.iter().try_for_each(|family| write!(f, "{family}"))?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "\nwarning: {warning}"))
    }
}

impl fmt::Display for LineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { port, units, load_permille, pace } = self;
        let named: Vec<_> =
            units.iter().map(|(name, address)| format!("{name} ({address})")).collect();
        write!(f, "line {port}: {}; ", named.join(", "))?;
        let pace = pace.get().div_ceil(1_000_000);
        write!(
            f,
            "questions take {load_permille} ‰ of it, and the same comes after {pace} ms at worst"
        )
    }
}

impl fmt::Display for FamilyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, reasons, unverified, limits } = self;
        match reasons.is_empty() && unverified.is_empty() {
            true => writeln!(f, "{name:<20} can be started")?,
            false => writeln!(f, "{name:<20} cannot be started as it is:")?,
        }
        for Unverified { id, says, source } in unverified {
            writeln!(f, "{:<20} - {id}: {says} Its source is {source}: sign for it", "")?;
        }
        reasons.iter().try_for_each(|reason| writeln!(f, "{:<20} - {reason}", ""))?;
        limits.iter().try_for_each(|limit| writeln!(f, "{:<20} * {limit}", ""))
    }
}

impl UnitReport {
    /// What has to be signed for, and what is.
    fn write_facts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, facts, real, .. } = self;
        if facts.is_empty() {
            return Ok(());
        }
        let open = facts.iter().filter(|fact| fact.signature.is_none()).count();
        let so = match (open, *real) {
            (0, _) => "",
            (_, true) => ": NOT STARTED until they are",
            (_, false) => ": not held up, as it is simulated",
        };
        writeln!(f, "{name:<20} {open} of {} are not signed{so}", facts.len())?;
        facts.iter().try_for_each(
            |Fact { unverified: Unverified { id, says, source }, file, signature }| match signature
            {
                Some(Signature { by, on, how: _ }) => {
                    writeln!(f, "{:<20} - {id}: signed by {by} on {on}", "")
                }
                None => writeln!(f, "{:<20} - {id} ({file}): {says} Says: {source}.", ""),
            },
        )
    }
}

impl fmt::Display for UnitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.real { "real" } else { "simulated" };
        write!(f, "{:<20} {mark:<9}", self.name)?;
        let parts = self.budget.map(|budget| {
            [budget.detect, budget.turn, budget.confirm, budget.lease, budget.worst(), self.bound]
        });
        for time in parts.iter().flatten() {
            write!(f, " {:>7}", time.get().div_ceil(1_000_000))?;
        }
        write!(f, "  {:<8}", if self.is_in_time() { "ok" } else { "REFUSED" })?;
        match self.calibration_days {
            None | Some(0) => write!(f, " OVERDUE since {}", self.calibration_due)?,
            Some(days) => write!(f, " due {}, in {days} days", self.calibration_due)?,
        }
        if self.has_port { Ok(()) } else { write!(f, "; nothing at {}", self.port) }
    }
}
