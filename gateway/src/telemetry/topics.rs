//! Where each message goes. No topic names anything but the site, the gateway and the unit (AUD-07).

use crate::directory::{Directory, UnitCard};

/// The first levels of every topic. The number is the major version of the messages.
pub(crate) const ROOT: &str = "therapy/v1";

/// The topics of one unit.
#[derive(Clone, Debug)]
pub(crate) struct UnitTopics {
    pub(crate) status: String,
    pub(crate) telemetry: String,
    pub(crate) event: String,
}

impl UnitTopics {
    pub(crate) fn new(directory: &Directory, card: &UnitCard) -> Self {
        let unit = format!("{}/{}", stem(directory), level(&card.name));
        Self {
            status: format!("{unit}/status"),
            telemetry: format!("{unit}/telemetry"),
            event: format!("{unit}/event"),
        }
    }
}

/// The topic of the gateway's presence.
pub(crate) fn gateway(directory: &Directory) -> String {
    format!("{}/gateway", stem(directory))
}

/// The topic of the newest record of the gateway's audit.
pub(crate) fn audit(directory: &Directory) -> String {
    format!("{}/audit", stem(directory))
}

fn stem(directory: &Directory) -> String {
    format!("{ROOT}/{}/{}", level(&directory.site), level(&directory.gateway))
}

/// A name as one level of a topic: what MQTT keeps for itself becomes a hyphen.
fn level(name: &str) -> String {
    let plain = |letter: char| match letter {
        '/' | '+' | '#' | '$' => '-',
        letter if letter.is_control() => '-',
        letter => letter,
    };
    name.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn a_name_is_one_level_and_no_wildcard() {
        assert_eq!(level("site-1"), "site-1");
        assert_eq!(level("a/b+c#d\u{0}"), "a-b-c-d-");
    }
}
