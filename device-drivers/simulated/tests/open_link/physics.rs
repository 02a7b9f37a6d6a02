//! Output, heat and meters: exact, and the same however often anyone looks.

use proptest::prelude::*;
use simulated_units::{Button, Fault, Plan, Unit};

use crate::host::{Bench, MS, SECOND, kind, pemf_setting, result, state};

/// (LAS-20)
#[test]
fn the_output_climbs_at_its_rate_and_falls_at_once() {
    let mut bench = Bench::laser();
    bench.emitting();
    let enabled = bench.now - 5 * MS;
    for (after, milliwatts) in [(100, 500), (250, 1_250), (499, 2_495)] {
        bench.unit.advance(enabled + after * MS);
        assert_eq!(bench.unit.output_now(), milliwatts * 1_000);
    }
    bench.now = enabled + 499 * MS;
    bench.unit.receive(bench.now, &bench.request(kind::OFF, 0, 0, 0, &[]));
    assert_eq!(bench.unit.output_now(), 0);
}

/// TST-01: the true meter is another one than the unit's own counter.
#[test]
fn the_own_counter_and_the_truth_agree_in_a_healthy_unit() {
    let mut bench = Bench::laser();
    bench.emitting().run(10 * SECOND);
    bench.off();
    let truth_microjoules = bench.unit.meter().div_ceil(1_000_000);
    assert_eq!(u128::from(bench.status().dose_counter), truth_microjoules);
    assert!(truth_microjoules > 45_000_000);
}

/// (LAS-11)
#[test]
fn a_healthy_reading_moves_and_is_close() {
    let mut bench = Bench::pemf();
    bench.emitting().run(2 * SECOND);
    let mut readings = Vec::new();
    for _ in 0..20 {
        bench.run(100 * MS);
        readings.push(bench.status().output);
    }
    assert!(readings.iter().all(|reading| (9_900..=10_100).contains(reading)), "{readings:?}");
    readings.dedup();
    assert!(readings.len() > 10);
}

/// (PEM-04)
#[test]
fn a_coil_at_full_field_trips_at_43_degrees_and_stays_off() {
    let mut bench = Bench::pemf();
    bench.setting = pemf_setting(30_000, 4_000_000_000, 5_400_000, 3_000);
    bench.emitting();
    let mut hottest = 0;
    while bench.unit.state() == Some(simulated_units::State::Emitting) {
        assert!(bench.now < 600 * SECOND, "it never trips");
        hottest = hottest.max(bench.unit.temperature_now());
        bench.wait(SECOND);
        bench.renew();
    }
    let status = bench.status();
    assert_eq!((status.state, status.faults, status.stop_cause), (state::FAULT, 1, 9));
    assert!((4_250..=4_300).contains(&hottest), "{hottest}");
    assert_eq!(bench.output(), 0);
    bench.press(Button::Key, false);
    bench.press(Button::Key, true);
    assert_eq!(bench.off().state, state::FAULT, "still too hot");
    bench.wait(600 * SECOND);
    bench.press(Button::Key, false);
    bench.press(Button::Key, true);
    assert_eq!(bench.off().state, state::STANDBY);
}

#[test]
fn a_hot_room_trips_and_the_wake_sees_it_coming() {
    let mut unit = Unit::new(Plan::pemf("A"), 1, 0);
    unit.advance(2 * SECOND);
    unit.fault(2 * SECOND, Fault::Ambient(4_500));
    let mut now = 2 * SECOND;
    while unit.state() != Some(simulated_units::State::Fault) {
        now += 100 * MS;
        assert!(now < 3_600 * SECOND);
        let foreseen = unit.wake(now - 100 * MS);
        unit.advance(now);
        let tripped = unit.state() == Some(simulated_units::State::Fault);
        assert_eq!(foreseen, tripped.then_some(now));
    }
}

#[test]
fn one_seed_is_one_story() {
    let tell = |seed| {
        let mut unit = Unit::new(Plan::laser("A"), seed, 0);
        unit.fault(0, "corrupt:300".parse().expect("a fault"));
        let mut wire = Vec::new();
        let ask = Bench::laser().request(kind::STATUS, 0, 0, 0, &[]);
        for beat in 1..100 {
            unit.receive(beat * 100 * MS, &ask);
            unit.transmit(beat * 100 * MS, &mut wire);
        }
        wire
    };
    assert_eq!(tell(1), tell(1));
    assert_ne!(tell(1), tell(2));
}

/// What a person and a host do to a unit, at an instant.
#[derive(Clone, Debug)]
enum Deed {
    Press(Button, bool),
    Fault(Fault),
    Heal,
    Power(bool),
    Emit,
    Renew,
    Off,
}

fn deed() -> impl Strategy<Value = Deed> {
    let fault = prop::sample::select(vec![
        "gain:1600",
        "meter-gain:300",
        "freeze",
        "stuck-on",
        "ignore-lease",
        "auto-resume",
        "reboot",
        "clamp:2000",
        "sensor:open",
        "ack-without-act:off",
        "reply-corrupt:500",
        "request-delay:700",
        "ambient:4400",
    ]);
    let button = prop::sample::select(Button::NAMES.map(|(_, button)| button).to_vec());
    prop_oneof![
        (button, any::<bool>()).prop_map(|(button, on)| Deed::Press(button, on)),
        fault.prop_map(|name| Deed::Fault(name.parse().expect("a fault"))),
        Just(Deed::Heal),
        any::<bool>().prop_map(Deed::Power),
        Just(Deed::Emit),
        Just(Deed::Emit),
        Just(Deed::Renew),
        Just(Deed::Renew),
        Just(Deed::Off),
    ]
}

fn perform(bench: &mut Bench, deed: &Deed) {
    match deed {
        Deed::Press(button, on) => bench.press(*button, *on),
        Deed::Fault(fault) => bench.unit.fault(bench.now, *fault),
        Deed::Heal => bench.unit.heal(bench.now),
        Deed::Power(on) => bench.unit.power(bench.now, *on),
        Deed::Emit => try_to_emit(bench),
        Deed::Renew => {
            let line = bench.fresh(kind::RENEW, &bench.nonce.to_le_bytes());
            bench.put(&line);
        }
        Deed::Off => {
            let line = bench.request(kind::OFF, 0, 0, 0, &[]);
            bench.put(&line);
        }
    }
}

/// As far as the unit lets it; it may be broken in any way.
fn try_to_emit(bench: &mut Bench) {
    let Some(reply) = bench.ask(kind::STATUS, &[]) else { return };
    if reply.result != result::OK {
        bench.boot_id = reply.boot_id;
        return;
    }
    let setting = bench.setting.clone();
    for (kind, body) in [(kind::SET, setting), (kind::WARN, vec![1, 0, 0xE8, 3])] {
        let line = bench.fresh(kind, &body);
        bench.put(&line);
    }
    bench.wait(600 * MS);
    if let Some(reply) = bench.ask(kind::STATUS, &[]) {
        bench.nonce = crate::host::facts(&reply).enable_nonce;
    }
    let body = bench.enabling();
    let line = bench.fresh(kind::ENABLE, &body);
    bench.put(&line);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Two units live the same story; one is looked at all the time. Neither its meter nor a byte it says differs.
    #[test]
    fn looking_changes_nothing(
        story in prop::collection::vec((deed(), 1..2_000_000_000u64), 1..25),
        looks in prop::collection::vec(1..300_000_000u64, 1..20),
    ) {
        let (mut alone, mut watched) = (Bench::pemf(), Bench::pemf());
        let mut look = looks.iter().cycle();
        for (deed, then_ns) in story {
            perform(&mut alone, &deed);
            perform(&mut watched, &deed);
            let until = watched.now + then_ns;
            let mut at = watched.now;
            while at < until {
                at = (at + look.next().expect("a cycle")).min(until);
                watched.unit.advance(at);
                watched.unit.wake(at);
            }
            watched.now = until;
            alone.now = until;
            prop_assert_eq!(alone.hear(), watched.hear());
            prop_assert_eq!(alone.unit.meter(), watched.unit.meter());
            prop_assert_eq!(alone.unit.state(), watched.unit.state());
            prop_assert_eq!(alone.unit.temperature_now(), watched.unit.temperature_now());
            let line = alone.request(kind::STATUS, 0, 0, 0, &[]);
            prop_assert_eq!(alone.put(&line), watched.put(&line));
        }
    }

    /// A caller that sleeps until each wake sees every change of the output the instant it happens.
    #[test]
    fn nothing_ends_between_two_wakes(
        lease in 500..3_000u16,
        time in 1..5_000u32,
        dose in 1..50_000u32,
    ) {
        let mut bench = Bench::pemf();
        bench.setting = pemf_setting(10_000, dose, time, lease);
        bench.emitting();
        let mut guard = 0;
        while let Some(at) = bench.unit.wake(bench.now) {
            let mut just_before = bench.unit.clone();
            just_before.advance(at.saturating_sub(1).max(bench.now));
            prop_assert_eq!(just_before.state(), bench.unit.state());
            bench.now = at;
            bench.hear();
            guard += 1;
            prop_assert!(guard < 100);
        }
        prop_assert_eq!(bench.output(), 0);
    }
}
