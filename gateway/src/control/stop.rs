//! Stops: carried out whole, whoever asks and whether or not they wait (API-03).
//!
//! Each runs as a task of its own: a caller that vanishes, or whose deadline passes, ends its wait
//! and nothing else.

use clinic::{RoomId, UnitId};
use proto::v1;
use safety::{Beam, Cause, Instant};
use tokio::task::JoinHandle;

use super::{Control, cause, clocks::Clocks, status};
use crate::clock;

/// Stops one unit. The proof comes when off is confirmed, or when that took too long.
pub(crate) fn one(control: &Control, unit: UnitId) -> JoinHandle<v1::StopProof> {
    let (control, taken) = (control.clone(), clock::now());
    // On its way before the caller goes on: whatever it asks next comes behind the stop.
    let stopping = control.inbox().stop(unit);
    tokio::spawn(async move {
        // When too many wait, the unit is stopped all the same; only its proof comes to nobody.
        let proof = stopping.await.ok();
        shown(&control, unit, proof, taken)
    })
}

/// Stops every unit of a room, or of all, and latches that. One proof for each unit, in the order
/// of the configuration.
pub(crate) fn all(control: &Control, room: Option<RoomId>) -> JoinHandle<v1::StopAllResponse> {
    let (control, taken) = (control.clone(), Clocks::read());
    let stopping = control.inbox().stop_all(room);
    tokio::spawn(async move {
        let proofs = stopping.await;
        let units: Vec<_> = (0..)
            .map(UnitId)
            .zip(&control.directory().units)
            .filter(|(_, card)| room.is_none_or(|room| card.room == room))
            .map(|(unit, _)| unit)
            .collect();
        let proof = |unit: &UnitId| {
            let proof = proofs.iter().find(|(of, _)| of == unit).map(|(_, proof)| *proof);
            shown(&control, *unit, proof, taken.boot)
        };
        v1::StopAllResponse {
            proofs: units.iter().map(proof).collect(),
            cause_ids: latched(&control, &units),
            accepted_time: Some(taken.now()),
        }
    })
}

/// The causes that a stop of all left, each once.
fn latched(control: &Control, units: &[UnitId]) -> Vec<String> {
    let mut ids = Vec::new();
    for cause in units.iter().flat_map(|unit| control.causes(*unit)) {
        if cause.kind() == cause::kind(Cause::StopAll) && !ids.contains(&cause.cause_id) {
            ids.push(cause.cause_id);
        }
    }
    ids
}

fn shown(
    control: &Control,
    unit: UnitId,
    proof: Option<clinic::StopProof>,
    taken: Instant,
) -> v1::StopProof {
    let newest = control.herald().shown(unit);
    let accepted = proof.map_or(taken, |proof| proof.accepted);
    let written = proof.and_then(|proof| proof.written);
    let confirmed = proof.and_then(|proof| proof.confirmed);
    let after = |at: Instant| at.since(accepted).get().div_ceil(NANOS_PER_MICRO);
    v1::StopProof {
        unit_id: control.directory().name(unit).to_owned(),
        accepted_boottime_nanoseconds: accepted.since_boot(),
        first_stop_byte_boottime_nanoseconds: written.map(Instant::since_boot),
        off_confirmed_boottime_nanoseconds: confirmed.map(Instant::since_boot),
        first_stop_byte_after_microseconds: written.map(after),
        off_confirmed_after_microseconds: confirmed.map(after),
        accepted_time: Some(Clocks::read().wall_of(accepted)),
        beam: match confirmed {
            Some(off) => Some(status::beam_at(Beam::OffProven(off), off)),
            None => newest.as_ref().map(status::beam),
        },
        relay_opened: confirmed.is_none() && newest.is_some_and(|shown| !shown.relay_closed),
        epoch: newest.map_or(0, |shown| status::marks(&shown).0.into()),
    }
}

const NANOS_PER_MICRO: u64 = 1_000;
