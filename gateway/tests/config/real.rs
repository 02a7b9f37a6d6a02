//! What a real unit needs before it is opened, and that nothing of its secrets is ever shown.

use gateway::config::{
    Config, ConfigErrors, Contents, Kind, Memory, Mqtt, Profile, ReadBack, Serves, Style, render,
    report,
};
use jiff::civil::date;

use crate::shelf::{TEMPLATE, change};

const UNIT: &str = "units/laser-1.toml";
const KEY: &str = "keys/laser-1.key";
const PASSWORD: &str = "broker-password";
/// A key and a password that must be seen nowhere.
const CANARY_KEY: &str = "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
const CANARY_PASSWORD: &str = "canary-in-a-coal-mine";

/// The template of a real laser beside the simulated units, with all that it needs.
fn clinic() -> Memory {
    open_to_real(Memory::shipped())
}

/// These files with everything that a real unit needs of the gateway, and one that is real.
pub(crate) fn open_to_real(mut files: Memory) -> Memory {
    files.put(UNIT, TEMPLATE);
    files.put(KEY, format!("{CANARY_KEY}\n"));
    files.put(PASSWORD, format!("{CANARY_PASSWORD}\n"));
    for path in ["tls/gateway.pem", "tls/gateway-key.pem", "tls/clinic-ca.pem"] {
        files.put(path, "PEM");
    }
    let names = "approvers = [\"M. Lead\", \"L. Officer\"]";
    change(&mut files, "limits.toml", "approvers = []", names);
    change(
        &mut files,
        "gateway.toml",
        "[mqtt.embedded]\nlisten = \"127.0.0.1:1883\"",
        "[grpc.tls]\ncertificate_file = \"tls/gateway.pem\"\nkey_file = \"tls/gateway-key.pem\"\n\
         clients_file = \"tls/clinic-ca.pem\"\n\n[mqtt.broker]\nhost = \"broker.clinic.example\"\n\
         port = 1883\nclient_id = \"gateway-1\"\nusername = \"gateway-1\"\n\
         password_file = \"broker-password\"",
    );
    change(&mut files, "gateway.toml", "127.0.0.1:50051", "192.0.2.1:50051");
    files
}

pub(crate) fn read(files: &Memory) -> Result<Config, ConfigErrors> {
    Config::read_for(files, Serves::Tls)
}

fn refused(files: &Memory) -> String {
    render(&read(files).unwrap_err(), Style::Plain)
}

#[test]
fn a_real_unit_with_all_that_it_needs_is_taken() {
    let config = read(&clinic()).unwrap_or_else(|e| panic!("{}", render(&e, Style::Plain)));
    let unit = config.units.iter().find(|unit| unit.real).unwrap();
    assert_eq!(unit.name, "laser-1");
    assert_eq!(config.library.approvers, ["M. Lead", "L. Officer"]);
    let Mqtt::Broker { login: Some(login), .. } = &config.settings.mqtt else { panic!() };
    assert_eq!(login.password.expose(), CANARY_PASSWORD);
}

/// SEC-08: a password that anybody on the network can read is told of before it is sent.
#[test]
fn a_password_in_clear_is_warned_of_unless_the_broker_is_on_this_machine() {
    let today = date(2026, 11, 22);
    for (host, warns) in [
        ("broker.clinic.example", true),
        ("192.0.2.7", true),
        ("localhost", false),
        ("127.0.0.1", false),
        ("::1", false),
    ] {
        let mut files = clinic();
        change(
            &mut files,
            "gateway.toml",
            "host = \"broker.clinic.example\"",
            &format!("host = {host:?}"),
        );
        let config = read(&files).unwrap();
        let shown = report(&config, &files, today).to_string();
        assert_eq!(shown.contains(&format!("broker at {host} crosses")), warns, "{shown}");
        assert_eq!(config.warnings().len(), usize::from(warns), "{host}");
    }
    let mut files = clinic();
    let login = "username = \"gateway-1\"\npassword_file = \"broker-password\"";
    change(&mut files, "gateway.toml", login, "");
    assert_eq!(read(&files).unwrap().warnings(), Vec::<String>::new());
}

/// Design: without proof of who calls, only simulated units open.
#[test]
fn a_real_unit_is_refused_without_tls() {
    let mut files = clinic();
    change(
        &mut files,
        "gateway.toml",
        "[grpc.tls]\ncertificate_file = \"tls/gateway.pem\"\n\
        key_file = \"tls/gateway-key.pem\"\nclients_file = \"tls/clinic-ca.pem\"\n",
        "",
    );
    change(&mut files, "gateway.toml", "192.0.2.1:50051", "127.0.0.1:50051");
    let shown = refused(&files);
    assert!(shown.contains("while nobody has to prove who calls: no TLS"), "{shown}");
    assert!(shown.contains("units/laser-1.toml:"), "{shown}");
}

#[test]
fn certificates_that_nobody_serves_are_refused() {
    let errors = Config::read(&clinic()).unwrap_err();
    let shown = render(&errors, Style::Plain);
    assert!(shown.contains("[grpc.tls] is not served by this gateway yet"), "{shown}");
}

/// CFG-01: two persons, or no real unit.
#[test]
fn a_real_unit_is_refused_under_limits_that_nobody_approved() {
    let mut files = clinic();
    change(&mut files, "limits.toml", "[\"M. Lead\", \"L. Officer\"]", "[]");
    assert!(refused(&files).contains("limits that nobody approved"));
}

/// CFG-08: calibrated once a year, or as the maker says.
#[test]
fn a_real_unit_is_calibrated_once_a_year_or_as_its_maker_says() {
    let mut files = clinic();
    change(&mut files, UNIT, "calibration_due = 2027-01-01", "calibration_due = 2027-01-02");
    assert!(refused(&files).contains("later than 12 months after 2026-01-01"));
    change(&mut files, UNIT, "# calibration_basis", "calibration_basis");
    assert!(read(&files).is_ok());
}

/// LAS-10: a unit without a sensor is taken. That somebody measures it is asked for before it starts.
#[test]
fn a_real_unit_may_have_a_derived_output_and_never_none() {
    let mut files = clinic();
    change(&mut files, UNIT, "read_back = \"optical\"", "read_back = \"derived\"");
    change(&mut files, UNIT, "measured = true", "measured = false");
    let config = read(&files).unwrap_or_else(|e| panic!("{}", render(&e, Style::Plain)));
    let unit = config.units.iter().find(|unit| unit.real).unwrap();
    assert_eq!(unit.read_back, ReadBack::Derived);
    change(&mut files, UNIT, "read_back = \"derived\"", "read_back = \"none\"");
    assert!(refused(&files).contains("nobody reads back is never ready"));
}

/// COM-07, SEC-08: the key of a real unit is in a file that only the gateway reads.
#[test]
fn the_key_of_a_real_unit_is_kept() {
    let mut files = clinic();
    files.0.get_mut(KEY).unwrap().is_open_to_others = true;
    let shown = refused(&files);
    assert!(shown.contains("open to its group or to everybody"), "{shown}");
    assert!(shown.contains("chmod 600 keys/laser-1.key"), "{shown}");

    files.0.remove(KEY);
    assert!(refused(&files).contains("the secret file cannot be read"));

    for broken in [&CANARY_KEY[1..], "", "g0ffee", &format!("{CANARY_KEY}00")] {
        files.put(KEY, broken);
        let shown = refused(&files);
        assert!(shown.contains("does not hold a key"), "{shown}");
        assert!(!shown.contains("0ffee"), "{shown}");
    }
    let mut files = clinic();
    change(&mut files, UNIT, "key_file = \"keys/laser-1.key\"", "#");
    assert!(refused(&files).contains("there is no `plate.key_file`"));
}

#[test]
fn the_password_of_the_broker_is_kept() {
    let mut files = clinic();
    let bytes = CANARY_PASSWORD.into();
    files.0.insert(PASSWORD.into(), Contents { bytes, is_open_to_others: true });
    assert!(refused(&files).contains("chmod 600 broker-password"));
    files.put(PASSWORD, format!("{CANARY_PASSWORD}\nand more"));
    let shown = refused(&files);
    assert!(shown.contains("more than one line") && !shown.contains("canary"), "{shown}");
}

/// SEC-08: a secret that was read is in nothing that can be printed.
#[test]
fn no_secret_is_ever_shown() {
    let config = read(&clinic()).unwrap();
    let seen = report(&config, &clinic(), date(2026, 11, 22));
    let shown = format!("{config:?} {config:#?} {seen:?} {seen}");
    assert!(shown.contains("Password(..)") && shown.contains("Secret(..)"));
    // A key is shown neither as digits nor as a list of bytes.
    for canary in [CANARY_PASSWORD, "c0ffee", "C0FFEE", "192, 255, 238"] {
        assert!(!shown.contains(canary), "{canary}");
    }
    let Profile::Laser(watched, _) = &config.units[2].profile else { panic!() };
    assert!(!format!("{watched:?}").contains("192, 255"));
}

/// SEC-08: a secret that somebody wrote into a file by mistake is covered, whatever else is wrong.
#[test]
fn a_secret_in_the_wrong_place_is_covered() {
    let places = [
        ("gateway.toml", "[metrics]", "password = \"CANARY-1\"\n[metrics]"),
        ("gateway.toml", "[metrics]", "password = 'CANARY-1' oops\n[metrics]"),
        ("gateway.toml", "[metrics]", "login = { password = \"CANARY-1\" }\n[metrics]"),
        (
            "gateway.toml",
            "[metrics]",
            "broker_token = \"\"\"\nCANARY-1\nCANARY-1\n\"\"\"\n[metrics]",
        ),
        ("gateway.toml", "[metrics]", "secret = [\"CANARY-1\"]\nlisten = 5\n[metrics]"),
        ("units/laser-a.toml", "[wiring]", "key = \"CANARY-1\"\n[wiring]"),
        ("units/laser-a.toml", "[wiring]", "\"key\" = 3.14 # CANARY-1\n[wiring]"),
    ];
    for (path, out, put) in places {
        let mut files = Memory::shipped();
        change(&mut files, path, out, put);
        let errors = Config::read(&files).unwrap_err();
        for style in [Style::Plain, Style::Terminal] {
            let shown = format!("{} {errors} {errors:?}", render(&errors, style));
            assert!(!shown.contains("CANARY"), "{shown}");
        }
    }
    let mut files = Memory::shipped();
    change(&mut files, "gateway.toml", "[metrics]", "password = \"CANARY-1\"\n[metrics]");
    let errors = Config::read(&files).unwrap_err();
    assert_eq!(errors.mistakes()[0].kind(), Kind::Secret);
}
