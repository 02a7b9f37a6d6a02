//! What happens, in words, for whoever replays a seed.

use clinic::{Answer, Ask, Effect, Entry, Happening, Refused, UnitId, What};

/// A happening in words.
pub(crate) fn happening(happening: &Happening) -> String {
    match happening {
        Happening::Bytes(line, bytes) => {
            format!("> line {} {} bytes {:02x?}", line.0, bytes.len(), bytes)
        }
        Happening::Call(call) => format!("> call {} {:?}", call.id.0, brief(&call.ask)),
        Happening::Past(past) => {
            format!("> past: {} open marks, causes {:?}", past.open_marks.len(), past.causes)
        }
        other => format!("> {other:?}"),
    }
}

/// An effect in words, if it says anything.
pub(crate) fn effect(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Write(line, frame) => {
            Some(format!("  < line {} {:?} {:02x?}", line.0, frame.rank, frame.bytes))
        }
        Effect::Enter(id, entry) => Some(format!("  < entry {} {}", id.0, entry_text(entry))),
        Effect::Answer(_, Answer::Checked(_)) | Effect::Show(_) => None,
        Effect::Answer(call, Answer::Refused(refused)) => {
            Some(format!("  < answer {} {}", call.0, refusal(refused)))
        }
        Effect::Answer(call, answer) => Some(format!("  < answer {} {answer:?}", call.0)),
        Effect::Tell(change) => match &change.what {
            What::Refused(_) => None,
            what => Some(format!("  < unit {} {what:?}", change.unit.0)),
        },
        Effect::Relay(unit, closed) => Some(format!("  < relay {} {closed}", unit.0)),
    }
}

/// A refusal in a few words.
pub(crate) fn refusal(refused: &Refused) -> String {
    match refused {
        Refused::Unit(refusal) => format!("refused {refusal:?}"),
        Refused::Prescription(_) => "refused Prescription".to_owned(),
        Refused::NotQuantised(_) => "refused NotQuantised".to_owned(),
        Refused::ReviewOpen(_) => "refused ReviewOpen".to_owned(),
        other => format!("refused {other:?}"),
    }
}

/// What kind of effect it is.
pub(crate) fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Write(..) => "Write",
        Effect::Enter(_, Entry::Open { .. }) => "Open",
        Effect::Enter(_, Entry::Slice { .. }) => "Slice",
        Effect::Enter(_, Entry::Settle { .. }) => "Settle",
        Effect::Enter(..) => "Enter",
        Effect::Answer(..) => "Answer",
        Effect::Show(_) => "Show",
        Effect::Tell(_) => "Tell",
        Effect::Relay(..) => "Relay",
    }
}

/// The unit that an ask is about.
pub(crate) fn unit_of(ask: &Ask) -> Option<UnitId> {
    match ask {
        Ask::Check(proposal) | Ask::Confirm(proposal, _) => Some(proposal.unit),
        Ask::Command(unit, ..)
        | Ask::Hold(unit, ..)
        | Ask::Reattach(unit, _)
        | Ask::Leave(unit, _)
        | Ask::Release(unit, _)
        | Ask::ProveRelay(unit)
        | Ask::AttestMeter(unit, _) => Some(*unit),
        Ask::Review(_) => None,
    }
}

fn brief(ask: &Ask) -> String {
    match ask {
        Ask::Check(proposal) => format!("check on {}", proposal.unit.0),
        Ask::Confirm(proposal, _) => format!("confirm on {}", proposal.unit.0),
        other => format!("{other:?}"),
    }
}

fn entry_text(entry: &Entry) -> String {
    match entry {
        Entry::Open { session, unit, up_to, .. } => {
            format!("open {session} on {} up to {up_to:?}", unit.0)
        }
        other => format!("{other:?}"),
    }
}
