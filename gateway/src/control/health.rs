//! Health as load balancers and watchdogs ask for it: of the gateway, its services and each unit.
//!
//! `""` and each service serve while the control thread shows how units stand. A unit, named
//! `unit/<unit_id>`, serves while it is neither offline nor locked.

use std::{collections::BTreeMap, time::Duration};

use clinic::UnitId;
use safety::{Nanos, State};
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{Control, status};
use crate::clock;

/// Between two looks at the units.
const LOOK: Duration = Duration::from_millis(250);
/// The control thread shows each unit every 100 ms. Silence of this length means that it is stuck.
const SILENT: Nanos = Nanos::from_secs(1);

/// Reports for ever. Only changes are reported.
pub(crate) async fn report(control: Control, reporter: HealthReporter) {
    let mut known = BTreeMap::new();
    loop {
        for (name, serves) in look(&control) {
            if known.get(&name) != Some(&serves) {
                let status =
                    if serves { ServingStatus::Serving } else { ServingStatus::NotServing };
                reporter.set_service_status(&name, status).await;
                known.insert(name, serves);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn look(control: &Control) -> Vec<(String, bool)> {
    let now = clock::now();
    let (mut alive, mut any) = (false, false);
    let mut found = Vec::new();
    for (unit, card) in (0..).map(UnitId).zip(&control.directory().units) {
        any = true;
        let marks = control.herald().shown(unit).map(|shown| status::marks(&shown));
        let fresh = marks.is_some_and(|(_, at, _)| now.since(at) < SILENT);
        alive |= fresh;
        let ready = marks.is_some_and(|(.., state)| serves(state));
        found.push((format!("unit/{}", card.name), fresh && ready));
    }
    let whole = alive || !any;
    found.extend(NAMES.iter().map(|name| ((*name).to_owned(), whole)));
    found
}

const fn serves(state: State) -> bool {
    match state {
        State::Standby
        | State::Ready
        | State::Warning
        | State::Emitting
        | State::Paused
        | State::Stopping => true,
        State::Offline | State::Locked => false,
    }
}

const NAMES: [&str; 4] = [
    "",
    "therapy.gateway.v1.UnitService",
    "therapy.gateway.v1.SessionService",
    "therapy.gateway.v1.SafetyService",
];
