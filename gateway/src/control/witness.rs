//! Has what people ask recorded: who, from where, of which unit, and why.
//!
//! What may lead to emission is durable in the audit before the core is asked for it. A start and a
//! resume are only handed over: nothing is emitted before a slice of theirs is durable, and the
//! ledger keeps what it is given in its order, so the command is durable with it or before it. A stop
//! is carried out first (AUD-01).

use clinic::{SessionId, UnitId};
use proto::v1;
use serde_json::{Value, json};

use super::{Control, admission::Caller, denial::Denial, person};
use crate::{
    audit::{Actor, Deed},
    clock,
};

/// A person as a record names them. Without TLS nobody proved it.
pub(crate) fn actor(person: &v1::Person) -> Actor {
    Actor { name: person.name.clone(), role: person::name(person.role()), proven: false }
}

impl Control {
    /// The beginning of a record of what a caller asks of a unit.
    pub(crate) fn deed(&self, kind: &'static str, caller: &Caller, unit: UnitId) -> Deed {
        let deed = Deed::new(clock::now(), kind).about(self.directory().name(unit));
        Deed { station: caller.station(), ..deed }
    }

    /// Has a deed recorded, and waits until that is durable.
    ///
    /// # Errors
    /// If it is not: then it must not be done.
    pub(crate) async fn keep(&self, deed: Deed) -> Result<(), Denial> {
        let unit = deed.unit.as_deref().and_then(|name| self.directory().unit(name));
        let unit = unit.map(|(unit, _)| unit);
        self.0.ledger.keep(deed).await.map_err(|_not_kept| {
            let why = "It could not be recorded, so it was not done. Look at the gateway's disk and \
                       log; stop works.";
            let denial = Denial::new(v1::RefusalReason::LedgerUnavailable, why);
            match unit {
                Some(unit) => self.about(unit, denial),
                None => denial,
            }
        })
    }

    /// Has a deed recorded, ahead of everything that is made durable later. What cannot be recorded
    /// is said in the log: a ledger that takes nothing more lets nothing begin either.
    pub(crate) fn note(&self, deed: Deed) {
        let kind = deed.kind;
        if let Err(error) = self.0.ledger.note(deed) {
            tracing::error!(kind, %error, "a record of the audit was lost");
        }
    }
}

/// Who overrode which soft limit, and why.
pub(crate) fn overridden(one: &v1::SoftOverride) -> Value {
    json!({
        "limit": one.limit().as_str_name(),
        "reason": one.reason,
        "decided_by": one.person.as_ref().map(actor),
    })
}

/// The reason that somebody gave for a stop, as far as it fits into a record. A stop is not refused
/// for its reason, however long that is; what was cut off is said.
pub(crate) fn reason(given: &str) -> Option<String> {
    let kept: String = given.chars().take(REASON_MAX).collect();
    match (given.is_empty(), kept.len() == given.len()) {
        (true, _) => None,
        (false, true) => Some(kept),
        (false, false) => Some(format!("{kept} [cut]")),
    }
}

/// The same deed, by this person, in this session.
pub(crate) fn by(deed: Deed, person: &v1::Person, session: Option<SessionId>) -> Deed {
    Deed { actor: Some(actor(person)), session, ..deed }
}

/// As long as a reason may be where it is required.
const REASON_MAX: usize = 500;
