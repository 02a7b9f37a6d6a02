//! What was done, by whom, to which unit and why: records that are only ever appended.
//!
//! Each record is one line of JSON, and these bytes are all that is hashed: `previous` is the
//! SHA-256 of the line before it, so whoever has the lines can verify them with `sha256sum` alone.
//! The hash of the newest line, the [`Head`], is published outside (log and MQTT), so that an end
//! that was cut off shows as well. The lines stand in the ledger, and go into it in the order in
//! which things were decided, in one transaction with what they are about: a slice is durable only
//! after the command that led to it (AUD-01).
//!
//! What leads to emission is recorded before it takes effect; what leads to off acts first.

mod chain;
mod change;
mod deed;

pub(crate) use chain::hexadecimal;
pub use chain::{Break, Chain, Flaw, Head};
pub(crate) use change::changed;
pub use deed::{Actor, Deed};
pub(crate) use deed::{Place, line};
