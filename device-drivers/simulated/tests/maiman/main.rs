//! The simulated Maiman driver alone: its documents, its pauses, its physics and its faults.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

use simulated_units::{
    Button, Device,
    maiman::{Fault, Framing, Maiman, Plan},
};

const MS: u64 = 1_000_000;

struct Bench {
    now: u64,
    unit: Maiman,
}

impl Bench {
    fn new(plan: Plan) -> Self {
        Self { now: 0, unit: Maiman::new(plan, 1, 0) }
    }

    /// What comes back within 50 ms.
    fn say(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.unit.receive(self.now, bytes);
        self.now += 50 * MS;
        let mut wire = Vec::new();
        self.unit.transmit(self.now, &mut wire);
        wire
    }

    fn text(&mut self, line: &str) -> String {
        String::from_utf8(self.say(format!("{line}\r").as_bytes())).unwrap().trim().to_owned()
    }

    fn pass(&mut self, millis: u64) {
        self.now += millis * MS;
        self.unit.advance(self.now);
    }

    /// Five watts, in text.
    fn start(&mut self) {
        for line in ["P0700 0020", "P0700 0400", "P0300 02D5", "P0700 0008"] {
            assert_eq!(self.text(line), "", "nothing answers a P");
        }
        self.pass(200);
    }
}

fn text() -> Bench {
    Bench::new(Plan::sf6(Framing::Text))
}

#[test]
fn it_answers_as_the_manuals_say() {
    let mut bench = text();
    assert_eq!(bench.text("J0702"), "K0702 0130");
    assert_eq!(bench.text("J0302"), "K0302 04B0");
    assert_eq!(bench.text("J0306"), "K0306 0BB8");
    assert_eq!(bench.text("J0700"), "K0700 0001");
    assert_eq!(bench.text("J0999"), "K0000 0000");
    assert_eq!(bench.text("X0700"), "E0000");
    assert_eq!(bench.text("J07G0"), "E0001");
    assert_eq!(bench.text("P0300"), "E0001");
    bench.text("P0300 03E8");
    assert_eq!(bench.text("J0300"), "K0300 03E8");
    bench.text("P0300 FFFF");
    assert_eq!(bench.text("J0300"), "K0300 03E8", "above its limit");
}

/// Frames of the vendor's register table, with checksums worked out elsewhere.
#[test]
fn it_answers_in_modbus() {
    let mut bench = Bench::new(Plan::sf6(Framing::Rtu(1)));
    let read = [0x01, 0x03, 0x00, 0x04, 0x00, 0x01, 0xC5, 0xCB];
    assert_eq!(bench.say(&read), [0x01, 0x03, 0x02, 0x00, 0x01, 0x79, 0x84]);
    let mut spoiled = read;
    spoiled[7] ^= 1;
    assert_eq!(bench.say(&spoiled), [], "damaged");
    let other = [0x02, 0x03, 0x00, 0x04, 0x00, 0x01, 0xC5, 0xF8];
    assert_eq!(bench.say(&other), [], "for somebody else");
    let absent = [0x01, 0x03, 0x00, 0x02, 0x00, 0x01, 0x25, 0xCA];
    assert_eq!(bench.say(&absent)[..3], [0x01, 0x83, 0x02]);
    let stop = [0x01, 0x06, 0x00, 0x04, 0x00, 0x10, 0xC9, 0xC7];
    assert_eq!(bench.say(&stop), stop);
}

#[test]
fn it_emits_only_when_current_and_start_are_ours() {
    let mut bench = text();
    bench.text("P0300 02D5");
    bench.text("P0700 0008");
    bench.pass(500);
    assert_eq!((bench.unit.output_now(), bench.unit.started()), (0, false));
    bench.start();
    assert_eq!((bench.unit.output_now(), bench.unit.started()), (5_000_000, true));
    assert_eq!(bench.text("J0700"), "K0700 0017");
}

#[test]
fn after_a_stop_it_hears_nothing_for_a_while() {
    let mut bench = text();
    bench.start();
    assert_eq!(bench.text("P0700 0010"), "");
    assert_eq!(bench.unit.output_now(), 0);
    assert_eq!(bench.text("J0700"), "", "50 ms after the stop");
    bench.pass(300);
    assert_eq!(bench.text("J0700"), "K0700 0015");
}

#[test]
fn what_comes_too_soon_is_not_heard() {
    let mut bench = text();
    bench.unit.receive(0, b"J0702\r");
    bench.unit.receive(9 * MS, b"J0701\r");
    bench.unit.receive(19 * MS, b"J0700\r");
    let mut wire = Vec::new();
    bench.unit.transmit(100 * MS, &mut wire);
    assert_eq!(wire, b"K0702 0130\rK0700 0001\r");
}

#[test]
fn the_interlock_ends_the_light_unless_it_is_ignored() {
    for (ignored, light) in [(false, 0), (true, 5_000_000)] {
        let mut bench = text();
        if ignored {
            bench.text("P0700 2000");
        }
        bench.start();
        bench.unit.press(bench.now, Button::Interlock, false);
        bench.pass(50);
        assert_eq!(bench.unit.output_now(), light);
        assert_eq!(bench.text("J0800"), "K0800 0002");
        assert_eq!(bench.text("J0700"), if ignored { "K0700 0097" } else { "K0700 0015" });
    }
}

#[test]
fn no_other_button_moves_anything() {
    let mut bench = text();
    bench.start();
    for button in [Button::Key, Button::Footswitch, Button::EStop, Button::Applicator] {
        bench.unit.press(bench.now, button, false);
        bench.unit.press(bench.now, button, true);
    }
    assert_eq!(bench.unit.output_now(), 5_000_000);
}

#[test]
fn the_meter_is_true_whatever_it_says() {
    let mut bench = text();
    bench.start();
    bench.unit.fault(bench.now, Fault::Gain(1_100));
    bench.unit.fault(bench.now, Fault::WrongDivider);
    let before = bench.unit.meter();
    bench.pass(2_000);
    assert_eq!(bench.unit.meter() - before, 11_000_000_000_000);
    let shown = bench.text("J0307");
    let shown = u32::from_str_radix(&shown[6..], 16).unwrap();
    assert!((715..=735).contains(&shown), "ten times 7.2 or 7.3 A: {shown}");
}

#[test]
fn how_often_it_is_asked_changes_nothing_but_the_last_digits() {
    let (mut one, mut other) = (text(), text());
    one.start();
    other.start();
    one.pass(5_000);
    for _ in 0..50_000 {
        other.now += 100_000;
        other.unit.advance(other.now);
    }
    assert_eq!(one.unit.meter(), other.unit.meter());
}

#[test]
fn a_stuck_output_ends_with_the_interlock_or_the_mains() {
    for mains in [false, true] {
        let mut bench = text();
        bench.start();
        bench.unit.fault(bench.now, Fault::StuckOn);
        bench.text("P0700 0010");
        bench.pass(1_000);
        assert_eq!((bench.unit.output_now(), bench.unit.started()), (5_000_000, false));
        if mains {
            bench.unit.power(bench.now, false);
        } else {
            bench.unit.press(bench.now, Button::Interlock, false);
        }
        bench.pass(50);
        assert_eq!(bench.unit.output_now(), 0);
    }
}

#[test]
fn it_trips_when_its_board_is_too_hot() {
    let mut bench = text();
    bench.start();
    bench.unit.fault(bench.now, Fault::OverTemperature);
    bench.pass(50);
    assert_eq!((bench.unit.output_now(), bench.unit.started()), (0, false));
    assert_eq!(bench.text("J0800"), "K0800 0018");
}

#[test]
fn a_mains_loss_leaves_it_off() {
    let mut bench = text();
    bench.start();
    bench.unit.power(bench.now, false);
    assert_eq!(bench.text("J0700"), "");
    bench.unit.power(bench.now, true);
    bench.pass(1_000);
    assert_eq!(bench.text("J0700"), "K0700 0001");
    assert_eq!(bench.unit.output_now(), 0);
}
