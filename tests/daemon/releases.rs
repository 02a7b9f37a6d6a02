//! People who release causes.

use ::gateway::clock;
use proto::v1::{
    CauseKind, ContactKind, ContactState, ListCausesRequest, ReleaseRequest, ReleaseResponse, Role,
    UnitStatus, safety_service_client::SafetyServiceClient,
};
use simulated_units::Button;
use tonic::Status;

use super::{
    house::House,
    prescriptions::person,
    process::Gateway,
    time::{until, within},
};

/// Asks for the release of a cause that is latched on a unit.
pub(super) async fn release(
    gateway: &Gateway,
    unit: &str,
    cause: CauseKind,
    role: Role,
) -> Result<ReleaseResponse, Status> {
    let mut client = SafetyServiceClient::new(gateway.channel().await);
    let request = ListCausesRequest { unit_id: unit.to_owned(), room_id: String::new() };
    let listed = within("the causes", client.list_causes(request)).await?.into_inner().causes;
    let latched = listed.into_iter().find(|latched| latched.kind() == cause).unwrap();
    let request = ReleaseRequest {
        request_id: format!("r-{}", clock::now().since_boot()),
        unit_id: unit.to_owned(),
        cause_id: latched.cause_id,
        released_by: Some(person(role)),
        reason: "looked at it and found it mended".to_owned(),
    };
    within("a release", client.release(request)).await.map(tonic::Response::into_inner)
}

/// Releases a cause as soon as its condition no longer stands.
pub(super) async fn released(gateway: &Gateway, unit: &str, cause: CauseKind, role: Role) {
    until("a release", async || release(gateway, unit, cause, role).await.ok()).await;
}

/// A person at the unit turns its key off and on, as long as the gateway needs to see both.
pub(super) async fn turn_key(house: &House, gateway: &Gateway, unit: &str) {
    for on in [false, true] {
        house.stand(unit).press(Button::Key, on);
        let wanted = if on { ContactState::Closed } else { ContactState::Open };
        let seen = |status: &UnitStatus| {
            let mut contacts = status.contacts.iter();
            contacts.any(|one| one.kind() == ContactKind::Key && one.state() == wanted)
        };
        gateway.watcher.until(unit, "the key", seen).await;
    }
}
