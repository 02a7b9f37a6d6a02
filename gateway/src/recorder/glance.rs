//! How a unit stood at one instant of a record: what a report shows of it, whatever its modality.

use std::fmt;

use clinic::{AnyDose, AnyStatus, Kind, SessionId, Shown};
use safety::{Beam, Cause, Instant, Modality, Output, State, Status};

use crate::word;

/// How a unit stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// When.
    pub at: Instant,
    /// What people were shown.
    pub state: State,
    /// What was known of the emission.
    pub beam: Beam,
    /// What was latched, oldest first.
    pub causes: Vec<Cause>,
    /// The session, if one was open.
    pub session: Option<SessionId>,
    /// What its amounts are in.
    pub measures: Measures,
    /// The output that was last measured, in thousandths.
    pub output: Option<u64>,
    /// What the session was prescribed, was charged and was given, in thousandths.
    pub doses: Option<Doses>,
}

/// The amounts of a session, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doses {
    /// What was prescribed.
    pub prescribed: u64,
    /// What counts against every limit.
    pub charged: u64,
    /// What was delivered, at best knowledge.
    pub delivered: u64,
}

/// What the amounts of a modality are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// Of its output.
    pub output: &'static str,
    /// Of its dose.
    pub dose: &'static str,
}

impl Glance {
    /// How a unit stands that is shown so.
    pub fn of(shown: &Shown) -> Self {
        match &shown.status {
            AnyStatus::Laser(status) => Self::at(status, shown.session, LASER),
            AnyStatus::Pemf(status) => Self::at(status, shown.session, PEMF),
            AnyStatus::Stimulator(status) => Self::at(status, shown.session, STIMULATOR),
        }
    }

    fn at<M: Kind>(status: &Status<M>, session: Option<SessionId>, measures: Measures) -> Self {
        let output = status.emission.map(|(_, emission)| u64::from(emission.output.count()));
        let doses = status.session.map(|session| Doses {
            prescribed: thousandths::<M>(session.prescribed),
            charged: thousandths::<M>(session.charged),
            delivered: thousandths::<M>(session.delivered),
        });
        Self {
            at: status.at,
            state: status.state,
            beam: status.beam,
            causes: status.causes.iter().map(|latched| latched.cause).collect(),
            session,
            measures,
            output,
            doses,
        }
    }
}

/// Millijoules, microtesla-seconds, or thousandths of a pulse.
fn thousandths<M: Kind>(dose: <M as Modality>::Dose) -> u64 {
    match M::dose(dose) {
        AnyDose::Laser(dose) => dose.quantity.millijoules(),
        AnyDose::Pemf(dose) => dose.quantity.microtesla_seconds(),
        AnyDose::Stimulator(dose) => dose.pulses.picopulses() / 1_000_000_000,
    }
}

impl fmt::Display for Glance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Measures { output, dose } = self.measures;
        write!(f, "{:9} beam {}", word::state(self.state), word::beam(self.beam))?;
        if let Some(measured) = self.output {
            write!(f, ", {} {output} measured", Decimal(measured))?;
        }
        if let (Some(session), Some(doses)) = (self.session, self.doses) {
            let Doses { prescribed, charged, delivered } = doses;
            let (charged, delivered) = (Decimal(charged), Decimal(delivered));
            let prescribed = Decimal(prescribed);
            write!(f, ", session {session}: {charged} {dose} charged and {delivered} {dose} ")?;
            write!(f, "delivered of {prescribed} {dose}")?;
        }
        for cause in &self.causes {
            write!(f, "  [{}]", word::cause(*cause))?;
        }
        Ok(())
    }
}

/// Thousandths as people write them.
#[derive(Clone, Copy)]
pub(super) struct Decimal(pub(super) u64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

const LASER: Measures = Measures { output: "W", dose: "J" };
const PEMF: Measures = Measures { output: "mT", dose: "mT·s" };
const STIMULATOR: Measures = Measures { output: "Hz", dose: "pulses" };
