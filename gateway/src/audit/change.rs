//! What the core says that changed, as a deed.

use clinic::{AnyChecked, Change, Refused, What};
use serde_json::{Value, json};

use super::Deed;
use crate::{control::decision, directory::Directory, telemetry::event::ChangeJson};

/// The deed of a change. In the audit a refusal has the decisions behind it, which nobody else is
/// told.
pub(crate) fn changed(directory: &Directory, change: &Change) -> Deed {
    let deed = Deed::new(change.at, kind(&change.what)).about(directory.name(change.unit));
    let mut deed = Deed { session: change.session, ..deed };
    // What it is beside its kind, in the words of telemetry. It is a map, and always can be written.
    if let Ok(Value::Object(mut said)) = serde_json::to_value(ChangeJson::new(&change.what)) {
        said.remove("kind");
        deed.details = said;
    }
    match &change.what {
        What::Refused(Refused::Prescription(checked) | Refused::NotQuantised(checked)) => {
            deed.with("objections", objections(directory, checked))
        }
        What::Refused(_)
        | What::State { .. }
        | What::Confirmed
        | What::Ended(_)
        | What::Latched(_)
        | What::Released(_)
        | What::Stopped
        | What::Proven(_)
        | What::Metered(_)
        | What::Reviewed(_) => deed,
    }
}

const fn kind(what: &What) -> &'static str {
    match what {
        What::State { .. } => "unit.state",
        What::Confirmed => "session.confirmed",
        What::Ended(_) => "session.ended",
        What::Latched(_) => "unit.latched",
        What::Released(_) => "unit.released",
        What::Stopped => "unit.stopped",
        What::Refused(_) => "call.refused",
        What::Proven(_) => "relay.proven",
        What::Metered(_) => "unit.metered",
        What::Reviewed(_) => "session.reviewed",
    }
}

/// Every decision that stood against a prescription: the limit, what was asked, what is allowed, and
/// where that is written.
fn objections(directory: &Directory, checked: &AnyChecked) -> Value {
    let sentence =
        |decision: &safety::Decision| decision::shown(&directory.sources, decision).sentence;
    let sentences: Vec<_> = match checked {
        AnyChecked::Laser(checked) => checked.objections().map(sentence).collect(),
        AnyChecked::Pemf(checked) => checked.objections().map(sentence).collect(),
        AnyChecked::Stimulator(checked) => checked.objections().map(sentence).collect(),
    };
    json!(sentences)
}
