//! Every fault does what it says, and the true meter says so whatever the unit does.

use simulated_units::{Button, Fault};

use crate::host::{Bench, MS, SECOND, kind, result, state};

impl Bench {
    fn break_by(&mut self, name: &str) {
        self.unit.fault(self.now, name.parse().expect("a fault"));
    }

    fn asks_answered(&mut self, count: usize) -> usize {
        (0..count).filter(|_| self.ask(kind::STATUS, &[]).is_some()).count()
    }

    /// True output over a second, in microwatts or nanotesla on average.
    fn puts_out(&mut self) -> u128 {
        let before = self.unit.meter();
        self.wait(SECOND);
        (self.unit.meter() - before) / 1_000_000
    }
}

#[test]
fn drop_loses_frames_of_its_way() {
    let mut bench = Bench::laser();
    bench.break_by("drop:500");
    let answered = bench.asks_answered(400);
    assert!((60..140).contains(&answered), "a quarter of {answered}");
    bench.unit.heal(bench.now);
    bench.break_by("reply-drop");
    assert_eq!(bench.asks_answered(10), 0);
    assert_eq!(bench.off_unheard(), 0);
    bench.unit.heal(bench.now);
    bench.emitting();
    bench.break_by("request-drop");
    assert!(bench.off_unheard() > 0, "an Off that never came");
}

impl Bench {
    /// Says Off without expecting a reply, and gives the true output after it.
    fn off_unheard(&mut self) -> u64 {
        let line = self.request(kind::OFF, 0, 0, 0, &[]);
        self.put(&line);
        self.output()
    }
}

#[test]
fn corrupt_flips_bits_that_the_crc_finds() {
    let mut bench = Bench::laser();
    bench.break_by("request-corrupt");
    assert_eq!(bench.asks_answered(100), 0);
    bench.unit.heal(bench.now);
    assert!(bench.status().bad_frames >= 100);
    bench.break_by("reply-corrupt");
    assert_eq!(bench.asks_answered(100), 0);
}

#[test]
fn duplicate_doubles_frames() {
    let mut bench = Bench::laser();
    bench.break_by("duplicate");
    let line = bench.fresh(kind::WARN, &[0; 4]);
    let results: Vec<u8> = bench.put(&line).iter().map(|reply| reply.result).collect();
    let stale = result::STALE_SEQUENCE;
    assert_eq!(results, [result::OK, result::OK, stale, stale]);
}

/// (COM-02, COM-03)
#[test]
fn delay_makes_a_command_expire_and_a_reply_late() {
    let mut bench = Bench::laser();
    bench.break_by("request-delay:400");
    let line = bench.fresh(kind::WARN, &[0; 4]);
    assert!(bench.put(&line).is_empty());
    bench.wait(400 * MS);
    assert_eq!(bench.hear()[0].result, result::EXPIRED);
    bench.unit.heal(bench.now);
    bench.break_by("reply-delay:60000");
    let asked = bench.now;
    assert_eq!(bench.asks_answered(1), 0);
    assert_eq!(bench.unit.wake(bench.now), Some(asked + 60_001 * MS));
    bench.wait(61 * SECOND);
    assert_eq!(bench.hear()[0].uptime_ms, asked / MS);
}

#[test]
fn reorder_and_replay_mix_old_and_new() {
    let mut bench = Bench::laser();
    bench.break_by("reorder");
    let lines: Vec<u8> =
        (1..=4).flat_map(|sequence| bench.request(kind::STATUS, 0, sequence, 0, &[])).collect();
    let order =
        |bench: &mut Bench| bench.put(&lines).iter().map(|r| r.sequence).collect::<Vec<_>>();
    assert_eq!(order(&mut bench), [2, 1, 4, 3]);
    bench.unit.heal(bench.now);
    bench.break_by("replay");
    assert_eq!(order(&mut bench), [1, 1, 2, 1, 3, 1, 4]);
}

#[test]
fn mute_acts_and_says_nothing() {
    let mut bench = Bench::laser();
    bench.emitting();
    bench.break_by("mute");
    assert_eq!(bench.off_unheard(), 0);
    assert_eq!(bench.asks_answered(3), 0);
}

#[test]
fn freeze_stops_the_readings_and_not_the_output() {
    let mut bench = Bench::laser();
    bench.emitting().run(2 * SECOND);
    bench.break_by("freeze");
    let first = bench.status();
    bench.run(SECOND);
    let second = bench.status();
    assert_eq!((first.output, first.temperature), (second.output, second.temperature));
    assert!(second.sample > first.sample);
    bench.press(Button::Footswitch, false);
    let truth = bench.unit.meter();
    bench.run(SECOND);
    assert_eq!((bench.unit.meter(), bench.status().output), (truth, first.output));
    assert!(bench.status().dose_counter > second.dose_counter);
}

/// (LAS-10)
#[test]
fn gain_is_true_and_meter_gain_is_a_lie() {
    let mut bench = Bench::laser();
    bench.emitting().run(2 * SECOND);
    bench.break_by("gain:1600");
    bench.run(100 * MS);
    assert_eq!(bench.output(), 8_000_000);
    assert!((7_900..8_100).contains(&bench.status().output));
    bench.unit.heal(bench.now);
    bench.break_by("meter-gain:300");
    bench.run(100 * MS);
    assert_eq!(bench.output(), 5_000_000);
    assert!((1_450..1_550).contains(&bench.status().output));
    let (truth, counted) = (bench.unit.meter(), bench.status().dose_counter);
    bench.run(SECOND);
    let truth_microjoules = (bench.unit.meter() - truth) / 1_000_000;
    let counted = u128::from(bench.status().dose_counter - counted);
    assert!(counted * 3 < truth_microjoules && truth_microjoules < counted * 4);
}

#[test]
fn clamp_puts_out_less_than_is_held() {
    let mut bench = Bench::laser();
    bench.break_by("clamp:2000");
    bench.emitting().run(2 * SECOND);
    assert_eq!((bench.output(), bench.status().level), (2_000_000, 5_000));
}

/// (LAS-12)
#[test]
fn stuck_on_hears_no_off_and_obeys_the_wires() {
    let mut bench = Bench::laser();
    bench.emitting().run(2 * SECOND);
    bench.break_by("stuck-on");
    assert_eq!(bench.off().state, state::STANDBY);
    bench.wait(100 * MS);
    assert!(bench.status().output > 4_900, "the unit's own sensor sees it");
    assert_eq!(bench.puts_out(), 5_000_000);
    for (button, opens) in [(Button::Interlock, false), (Button::EStop, true), (Button::Key, false)]
    {
        bench.press(button, opens);
        assert_eq!(bench.output(), 0, "{button:?}");
        bench.press(button, !opens);
        bench.wait(2 * SECOND);
        assert_eq!(bench.output(), 5_000_000, "stuck is stuck");
    }
    bench.unit.power(bench.now, false);
    assert_eq!(bench.output(), 0);
}

#[test]
fn a_stage_that_sticks_while_off_puts_out_the_smallest_level() {
    let mut bench = Bench::laser();
    bench.break_by("stuck-on");
    bench.wait(SECOND);
    assert_eq!((bench.output(), bench.status().state), (100_000, state::STANDBY));
    bench.unit.clear(bench.now, Fault::StuckOn);
    assert_eq!(bench.output(), 0);
}

#[test]
fn ignore_lease_goes_on_alone() {
    let mut bench = Bench::laser();
    bench.break_by("ignore-lease");
    bench.emitting();
    bench.wait(30 * SECOND);
    assert_eq!(bench.output(), 5_000_000);
    assert_eq!(bench.off_unheard(), 0);
}

/// (LAS-07)
#[test]
fn auto_resume_emits_after_a_start_unasked() {
    let mut bench = Bench::laser();
    bench.break_by("auto-resume");
    bench.emitting().run(2 * SECOND);
    bench.break_by("reboot");
    assert_eq!(bench.output(), 0);
    bench.wait(30 * SECOND);
    assert_eq!(bench.output(), 5_000_000);
    bench.meet();
    let status = bench.status();
    assert_eq!((status.state, status.lease_ms, status.last_enable), (state::EMITTING, 0, (0, 0)));
    assert_eq!(bench.off_unheard(), 0);
}

/// (COM-05)
#[test]
fn acknowledged_is_not_done() {
    let mut bench = Bench::laser();
    bench.break_by("ack-without-act:set");
    let reply = bench.set();
    assert_eq!((reply.result, reply.state), (result::OK, state::SET));
    assert_eq!(bench.status().state, state::STANDBY);
    bench.unit.heal(bench.now);
    bench.warned();
    bench.press(Button::Footswitch, true);
    bench.break_by("ack-without-act:enable");
    let reply = bench.enable();
    assert_eq!((reply.result, reply.state), (result::OK, state::EMITTING));
    assert_eq!((bench.output(), bench.status().state), (0, state::WARNING));
    bench.unit.heal(bench.now);
    assert_eq!(bench.enable().result, result::OK);
    bench.run(2 * SECOND);
    bench.break_by("ack-without-act:off");
    let reply = bench.off();
    assert_eq!((reply.result, reply.state), (result::OK, state::STANDBY));
    assert_eq!((bench.output(), bench.status().state), (5_000_000, state::EMITTING));
    bench.break_by("ack-without-act:renew");
    assert_eq!(bench.renew().result, result::OK);
    bench.wait(500 * MS);
    assert_eq!((bench.output(), bench.status().stop_cause), (0, 2));
}

/// (COM-04)
#[test]
fn ignore_is_neither_done_nor_answered() {
    let mut bench = Bench::laser();
    bench.emitting();
    bench.break_by("ignore:off");
    let line = bench.request(kind::OFF, 0, 0, 0, &[]);
    assert!(bench.put(&line).is_empty());
    assert!(bench.output() > 0);
    assert_eq!(bench.asks_answered(1), 1);
}

/// (PEM-04)
#[test]
fn a_broken_sensor_trips() {
    for (name, code) in [("sensor:open", 1), ("sensor:short", 2), ("sensor:absent", 3)] {
        let mut bench = Bench::pemf();
        bench.emitting();
        bench.break_by(name);
        assert_eq!(bench.output(), 0);
        let status = bench.status();
        assert_eq!((status.state, status.sensor, status.faults), (state::FAULT, code, 1 << 1));
        assert_eq!(status.temperature, 0x7FFF);
    }
}

/// (LAS-18, PEM-07)
#[test]
fn another_applicator_ends_it_and_an_unknown_one_blocks() {
    let mut bench = Bench::pemf();
    bench.emitting();
    bench.break_by("applicator:513");
    assert_eq!(bench.status().state, state::EMITTING, "it is the one that was there");
    bench.break_by("applicator:7");
    let status = bench.status();
    assert_eq!((status.state, status.applicator, status.stop_cause), (state::STANDBY, 7, 8));
    bench.break_by("applicator:0");
    assert_eq!(bench.set().detail, 1 << 3);
}

/// (COM-07)
#[test]
fn an_identity_can_be_another_an_impostor_or_changed() {
    let mut bench = Bench::laser();
    let challenge = [9; 16];
    let identify = |bench: &mut Bench| bench.ask(kind::IDENTIFY, &challenge).expect("a reply").body;
    let honest = identify(&mut bench);
    assert_eq!(honest, identify(&mut bench), "one challenge, one boot, one proof");
    assert_ne!(honest, bench.ask(kind::IDENTIFY, &[8; 16]).expect("a reply").body);
    let fields = honest.len() - 32;

    bench.break_by("impostor");
    let impostor = identify(&mut bench);
    assert_eq!(impostor[..fields], honest[..fields]);
    assert_ne!(impostor[fields..], honest[fields..]);
    bench.unit.heal(bench.now);

    for (name, shown) in [("identity", "XOL15-0001"), ("firmware", "9.9.9")] {
        bench.break_by(name);
        let other = identify(&mut bench);
        assert!(String::from_utf8_lossy(&other).contains(shown), "{name}");
        bench.unit.heal(bench.now);
    }
    assert_eq!(honest, identify(&mut bench));
}

#[test]
fn capabilities_are_answered_in_full() {
    for (mut bench, bytes) in [(Bench::laser(), 68), (Bench::pemf(), 52)] {
        let reply = bench.ask(kind::CAPABILITIES, &[]).expect("a reply");
        assert_eq!((reply.result, reply.body.len()), (result::OK, bytes));
    }
}
