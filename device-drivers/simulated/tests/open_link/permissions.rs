//! What turns an emission on, and everything that ends it by itself.

use simulated_units::{Button, Fault, State};

use crate::host::{Bench, MS, SECOND, kind, laser_setting, pemf_setting, result, state};

/// (COM-02, COM-05)
#[test]
fn an_enable_works_once() {
    let mut bench = Bench::laser();
    bench.warned();
    bench.nonce = bench.status().enable_nonce;
    let body = bench.enabling();
    let line = bench.fresh(kind::ENABLE, &body);
    assert_eq!(bench.put(&line)[0].result, result::OK);
    assert_eq!(bench.put(&line)[0].result, result::STALE_SEQUENCE);
    assert_eq!(bench.status().last_enable, (bench.nonce, result::OK));
    bench.off();
    bench.warned();
    assert_eq!(bench.put(&line)[0].result, result::STALE_SEQUENCE);
    assert_eq!(bench.command(kind::ENABLE, &body).result, result::BAD_NONCE);
    assert_eq!(bench.status().last_enable, (bench.nonce, result::BAD_NONCE));
}

#[test]
fn any_attempt_uses_the_nonce_up() {
    let mut bench = Bench::laser();
    bench.warned();
    bench.nonce = bench.status().enable_nonce;
    let body = bench.enabling();
    let mut wrong = body.clone();
    wrong[8] ^= 1;
    assert_eq!(bench.command(kind::ENABLE, &wrong).result, result::BAD_DIGEST);
    assert_eq!(bench.command(kind::ENABLE, &body).result, result::BAD_NONCE);
    let stale = bench.request(kind::ENABLE, bench.boot_id, 0, 0, &body);
    let before = bench.status().enable_nonce;
    bench.put(&stale);
    assert_ne!(bench.status().enable_nonce, before, "even one that is refused as a copy");
}

#[test]
fn set_off_and_the_end_of_a_warning_each_make_a_fresh_nonce() {
    let mut bench = Bench::laser();
    let mut seen = vec![bench.status().enable_nonce];
    let acts: [fn(&mut Bench); 4] = [
        |bench| assert_eq!(bench.set().result, result::OK),
        |bench| assert_eq!(bench.off().result, result::OK),
        |bench| {
            bench.warned();
        },
        |bench| bench.wait(2 * SECOND),
    ];
    for act in acts {
        act(&mut bench);
        let nonce = bench.status().enable_nonce;
        assert!(!seen.contains(&nonce));
        seen.push(nonce);
    }
}

#[test]
fn a_whole_session_played_back_turns_nothing_on() {
    let mut bench = Bench::laser();
    let mut tape = Vec::new();
    let set = bench.fresh(kind::SET, &bench.setting.clone());
    tape.push((0, set));
    for beat in 0..5 {
        bench.now += 500 * MS;
        tape.push(((beat + 1) * 500 * MS, bench.fresh(kind::WARN, &[1, 0, 0xE8, 3])));
    }
    let start = bench.now - 2_500 * MS;
    for (at, line) in &tape {
        bench.now = start + at;
        assert_eq!(bench.put(line)[0].result, result::OK);
    }
    bench.press(Button::Footswitch, true);
    assert_eq!(bench.enable().result, result::OK);
    tape.push((
        2_500 * MS,
        bench.request(
            kind::ENABLE,
            bench.boot_id,
            bench.sequence,
            bench.now / MS,
            &bench.enabling(),
        ),
    ));
    bench.run(SECOND);
    bench.off();
    let truth = bench.unit.meter();

    for reboots in [false, true] {
        if reboots {
            bench.unit.power_cycle(bench.now);
        }
        bench.wait(5 * SECOND);
        let start = bench.now;
        for (at, line) in &tape {
            bench.now = bench.now.max(start + at);
            bench.put(line);
            assert_eq!(bench.status_any().state, state::STANDBY);
        }
    }
    assert_eq!(bench.unit.meter(), truth);
}

impl Bench {
    /// The status of whatever boot answers.
    fn status_any(&mut self) -> crate::host::Status {
        let line = self.request(kind::STATUS, 0, 0, 0, &[]);
        let reply = self.put(&line).pop().expect("a reply");
        crate::host::facts(&reply)
    }
}

/// (LAS-07)
#[test]
fn the_lease_ends_the_emission_at_its_instant() {
    for (lease, wait) in [(200, 100), (500, 300), (1_000, 990)] {
        let mut bench = Bench::laser();
        bench.setting = laser_setting(5_000, 300_000, 60_000, lease);
        bench.emitting();
        bench.wait(wait * MS);
        assert_eq!(bench.renew().result, result::OK);
        let end = bench.now - 5 * MS + u64::from(lease) * MS;
        assert_eq!(bench.unit.wake(bench.now), Some(end));
        bench.unit.advance(end - 1);
        assert!(bench.unit.output_now() > 0);
        bench.unit.advance(end);
        assert_eq!((bench.unit.output_now(), bench.unit.state()), (0, Some(State::Standby)));
        bench.now = end + MS;
        assert_eq!(bench.status().stop_cause, 2);
        assert_eq!(bench.renew().result, result::WRONG_STATE);
    }
}

#[test]
fn a_jump_past_the_end_of_the_lease_costs_no_dose() {
    let mut bench = Bench::laser();
    bench.emitting();
    let enabled = bench.now - 5 * MS;
    bench.unit.advance(enabled + 500 * MS);
    let at_end = bench.unit.meter();
    bench.unit.advance(enabled + 3_600 * SECOND);
    assert_eq!(bench.unit.meter(), at_end);
    assert_eq!(at_end, 625_000_000_000, "half of 0.5 s at 2.5 W, in picojoules");
}

#[test]
fn only_the_grant_renews() {
    let mut bench = Bench::laser();
    bench.emitting();
    let grant = bench.nonce;
    bench.nonce = bench.status().enable_nonce;
    assert_eq!(bench.renew().result, result::BAD_NONCE);
    bench.nonce = grant;
    assert_eq!(bench.renew().result, result::OK);
    assert_eq!(bench.status().lease_ms, 495);
}

/// (LAS-06)
#[test]
fn the_footswitch_gates_the_output_and_nothing_else() {
    let mut bench = Bench::laser();
    bench.emitting().run(2 * SECOND);
    assert_eq!(bench.output(), 5_000_000);
    let before = bench.status();
    bench.press(Button::Footswitch, false);
    assert_eq!(bench.output(), 0);
    let (truth, released) = (bench.unit.meter(), bench.status());
    assert_eq!((released.state, released.contacts & 2), (state::EMITTING, 0));
    assert_eq!(released.enable_nonce, before.enable_nonce);
    bench.run(400 * MS);
    let later = bench.status();
    assert_eq!(later.time_left, released.time_left, "preset time stands still");
    assert_eq!(bench.unit.meter(), truth);
    bench.press(Button::Footswitch, true);
    bench.run(500 * MS);
    let output = bench.output();
    assert!((2_000_000..=3_000_000).contains(&output), "it climbs again: {output}");
}

#[test]
fn a_released_footswitch_does_not_stop_the_lease() {
    let mut bench = Bench::laser();
    bench.emitting();
    bench.press(Button::Footswitch, false);
    bench.wait(600 * MS);
    bench.press(Button::Footswitch, true);
    assert_eq!((bench.output(), bench.status().state), (0, state::STANDBY));
}

#[test]
fn the_preset_dose_ends_it_to_the_nanosecond() {
    let mut bench = Bench::laser();
    bench.setting = laser_setting(5_000, 10_000, 60_000, 1_000);
    bench.emitting();
    let enabled = bench.now - 5 * MS;
    bench.run(2_400 * MS);
    // 2.5 J on the ramp of a second, then 7.5 J at 5 W.
    let end = enabled + 2_500 * MS;
    bench.unit.advance(end - 1);
    assert_eq!(bench.unit.state(), Some(State::Emitting));
    assert_eq!(bench.unit.wake(end - 1), Some(end));
    bench.unit.advance(end);
    assert_eq!(bench.unit.state(), Some(State::Standby));
    assert_eq!(bench.unit.meter(), 10_000_000_000_000);
    bench.now = end + MS;
    let status = bench.status();
    assert_eq!((status.stop_cause, status.dose_counter), (3, 10_000_000));
}

#[test]
fn the_preset_time_ends_it_to_the_nanosecond() {
    let mut bench = Bench::pemf();
    bench.setting = pemf_setting(10_000, 18_000_000, 1_500, 3_000);
    bench.emitting();
    let end = bench.now - 5 * MS + 1_500 * MS;
    bench.unit.advance(end - 1);
    assert_eq!(bench.unit.output_now(), 10_000_000);
    bench.unit.advance(end);
    assert_eq!(bench.unit.output_now(), 0);
    bench.now = end + MS;
    assert_eq!(bench.status().stop_cause, 4);
    // 10 mT in half a second along the ramp, then a second: 12.5 mT·s, in femtotesla seconds.
    assert_eq!(bench.unit.meter(), 12_500_000_000_000);
}

/// (LAS-07)
#[test]
fn a_reboot_ends_it_and_starts_from_nothing() {
    let mut bench = Bench::laser();
    bench.emitting().run(SECOND);
    let boot = bench.boot_id;
    bench.unit.fault(bench.now, Fault::Reboot);
    assert_eq!((bench.output(), bench.unit.state()), (0, None));
    assert_eq!(bench.ask(kind::STATUS, &[]), None, "it is silent while it starts");
    bench.wait(SECOND);
    assert_eq!(bench.renew().result, result::BOOT_MISMATCH);
    bench.meet();
    let status = bench.status();
    assert_ne!(bench.boot_id, boot);
    assert_eq!((status.state, status.dose_counter, status.last_sequence), (state::STANDBY, 0, 0));
    assert_eq!((status.last_enable, status.emission_ms), ((0, 0), 0));
    assert_eq!(bench.output(), 0);
}

#[test]
fn a_dip_of_the_mains_is_a_reboot() {
    let mut bench = Bench::laser();
    bench.emitting().run(SECOND);
    bench.unit.power(bench.now, false);
    bench.wait(2 * SECOND);
    assert_eq!((bench.output(), bench.unit.state(), bench.unit.wake(bench.now)), (0, None, None));
    bench.unit.power(bench.now, true);
    bench.wait(5 * SECOND);
    assert_eq!((bench.output(), bench.unit.state()), (0, Some(State::Standby)));
}
