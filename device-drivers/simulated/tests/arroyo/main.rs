//! The simulated Arroyo driver, line by line as its manual has it.

use proptest::prelude::*;
use simulated_units::{
    Button, Device,
    arroyo::{Arroyo, Fault, Model, Plan},
};

const MS: u64 = 1_000_000;

struct Bench {
    unit: Arroyo,
    now: u64,
}

impl Bench {
    fn new(model: Model) -> Self {
        Self::of(Plan::new(model, "431234"))
    }

    fn of(plan: Plan) -> Self {
        Self { unit: Arroyo::new(plan, 1, 0), now: 3_000 * MS }
    }

    /// Says a line, and gives what is answered within 50 ms.
    fn say(&mut self, line: &str) -> String {
        self.unit.receive(self.now, format!("{line}\r\n").as_bytes());
        self.pass(50)
    }

    fn pass(&mut self, millis: u64) -> String {
        self.now += millis * MS;
        let mut wire = Vec::new();
        self.unit.transmit(self.now, &mut wire);
        String::from_utf8(wire).expect("text")
    }

    fn on(&mut self) {
        assert_eq!(self.say("LAS:LDI 6000.0") + &self.say("LAS:OUT 1"), "", "no reply to a set");
        self.pass(500);
    }
}

#[test]
fn a_setting_has_no_answer_and_a_question_has_its_value() {
    let mut bench = Bench::new(Model::Source4320);
    assert_eq!(bench.say("las:ldi 1234.5"), "");
    assert_eq!(bench.say("LAS:SET:LDI?"), "1234.5\r\n");
    assert_eq!(bench.say(":LASER:SET:LDI?;LAS:MODE?"), "1234.5\r\nILBW\r\n");
    assert_eq!(bench.say("SN?"), "431234\r\n");
    assert_eq!(bench.say("LAS:ENAB:OUTOFF?"), "40350\r\n");
    assert_eq!(bench.say("ERR?"), "0\r\n");
}

#[test]
fn a_set_point_above_the_limit_is_refused_and_a_lower_limit_lowers_it() {
    let mut bench = Bench::new(Model::Source4320);
    bench.say("LAS:LDI 14000");
    bench.say("LAS:LDI 15000.1");
    assert_eq!(bench.say("*STB?"), "128\r\n");
    assert_eq!(bench.say("ERR?"), "201\r\n");
    assert_eq!(bench.say("ERR?"), "0\r\n", "reading empties it");
    assert_eq!(bench.say("LAS:SET:LDI?"), "14000.0\r\n");
    bench.say("LAS:LIM:LDI 8000");
    assert_eq!(bench.say("LAS:SET:LDI?"), "8000.0\r\n");
}

#[test]
fn errors_wait_in_their_order() {
    let mut bench = Bench::new(Model::Source4320);
    for line in ["LAS:NONSENSE", "LAS:OUT", "LAS:OUT 7", &"x".repeat(129)] {
        bench.say(line);
    }
    assert_eq!(bench.say("ERR?"), "123,126,201,102\r\n");
}

#[test]
fn light_follows_the_current_and_the_meter_adds_it_up() {
    let mut bench = Bench::new(Model::Source4320);
    bench.on();
    assert!((4_900_000..=5_000_000).contains(&bench.unit.output_now()));
    let (before, at) = (bench.unit.meter(), bench.now);
    bench.pass(2_000);
    let energy = bench.unit.meter() - before;
    let most = 5_000 * u128::from(bench.now - at);
    assert!(energy <= most && most * 97 / 100 <= energy, "{energy} of {most}");
    bench.say("LAS:OUT 0");
    assert_eq!(bench.unit.output_now(), 0);
    let dark = bench.unit.meter();
    bench.pass(1_000);
    assert_eq!(bench.unit.meter(), dark);
}

#[test]
fn below_the_threshold_it_is_dark() {
    let mut bench = Bench::new(Model::Source4320);
    bench.say("LAS:LDI 999.9");
    bench.say("LAS:OUT 1");
    bench.pass(500);
    assert_eq!(bench.unit.meter(), 0);
    assert_eq!(bench.say("LAS:COND?"), "1024\r\n");
}

#[test]
fn a_delay_keeps_it_dark_and_an_off_within_it_ends_it() {
    let mut bench = Bench::new(Model::Source4320);
    bench.say("ONDELAY 1000");
    bench.say("LAS:LDI 6000");
    bench.say("LAS:OUT 1");
    bench.pass(800);
    assert_eq!(bench.unit.meter(), 0);
    bench.say("LAS:OUT 0");
    bench.pass(1_000);
    assert_eq!(bench.unit.meter(), 0);
}

#[test]
fn an_interlock_ends_the_output_and_leaves_a_trace() {
    let mut bench = Bench::new(Model::Source4320);
    bench.on();
    bench.say("LAS:EVE?");
    bench.unit.press(bench.now, Button::Interlock, false);
    bench.unit.press(bench.now, Button::Interlock, true);
    bench.pass(10);
    assert_eq!(bench.unit.output_now(), 0);
    assert_eq!(bench.say("LAS:COND?"), "0\r\n", "it is closed again");
    assert_eq!(bench.say("LAS:EVE?"), "3088\r\n", "new data, output changed, interlock changed");
    assert_eq!(bench.say("LAS:EVE?"), "2048\r\n", "reading clears it");
    assert_eq!(bench.say("ERR?"), "501\r\n");
    bench.unit.press(bench.now, Button::Interlock, false);
    bench.say("LAS:OUT 1");
    assert_eq!(bench.say("ERR?"), "501\r\n", "an open one does not let it on");
    assert!(!bench.unit.is_on());
}

#[test]
fn another_mode_ends_the_output() {
    let mut bench = Bench::new(Model::Source4320);
    bench.on();
    bench.say("LAS:MODE:MDP");
    bench.pass(10);
    assert_eq!(bench.unit.output_now(), 0);
    assert_eq!(bench.say("LAS:MODE?"), "MDP\r\n");
}

#[test]
fn models_know_what_they_have() {
    let mut newport = Bench::new(Model::Newport);
    assert_eq!(newport.say("KEY?"), "1\r\n");
    assert_eq!(newport.say("TEC:OUT?"), "");
    assert_eq!(newport.say("ERR?"), "123\r\n");
    newport.on();
    newport.unit.press(newport.now, Button::Key, false);
    assert!(!newport.unit.is_on());
    let mut combo = Bench::new(Model::Combo6310);
    assert_eq!(combo.say("TEC:OUT?"), "1\r\n");
    combo.on();
    combo.unit.fault(Fault::CoolerOff);
    assert!(!combo.unit.is_on());
    assert_eq!(combo.say("ERR?"), "508\r\n");
}

#[test]
fn faults_do_what_they_are_called() {
    let mut bench = Bench::new(Model::Source4320);
    bench.on();
    bench.unit.fault(Fault::StuckOn);
    bench.say("LAS:OUT 0");
    assert!(bench.unit.output_now() > 0);
    bench.unit.heal();
    bench.unit.fault(Fault::Amperes);
    assert_eq!(bench.say("LAS:LIM:LDI?"), "15.0\r\n");
    bench.unit.heal();
    bench.unit.fault(Fault::Mute);
    assert_eq!(bench.say("ERR?"), "");
    bench.say("LAS:OUT 0");
    assert!(!bench.unit.is_on(), "a mute unit obeys");
    bench.unit.heal();
    bench.unit.fault(Fault::Late(100));
    assert_eq!(bench.say("ERR?"), "");
    assert_eq!(bench.pass(100), "0\r\n");
    bench.unit.heal();
    bench.unit.fault(Fault::Intermittent);
    bench.say("LAS:OUT 1");
    assert_eq!(bench.say("ERR?"), "536\r\n");
}

#[test]
fn mains_that_fail_leave_it_off() {
    let mut bench = Bench::new(Model::Source4320);
    bench.on();
    bench.unit.power(bench.now, false);
    bench.pass(10);
    assert_eq!(bench.unit.output_now(), 0);
    bench.unit.power(bench.now, true);
    assert_eq!(bench.say("ERR?"), "", "it starts");
    bench.pass(2_000);
    assert_eq!(bench.say("LAS:COND?"), "0\r\n");
}

proptest! {
    /// Bytes that are no command turn nothing on, and the same calls give the same bytes.
    #[test]
    fn noise_turns_nothing_on(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let mut one = Bench::new(Model::Newport);
        let mut two = Bench::new(Model::Newport);
        one.unit.receive(one.now, &bytes);
        bytes.iter().for_each(|byte| two.unit.receive(two.now, &[*byte]));
        prop_assert_eq!(one.unit.meter(), 0);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        one.unit.transmit(one.now + MS, &mut first);
        two.unit.transmit(two.now + MS, &mut second);
        prop_assert_eq!(first, second);
    }
}
