//! One supervisor, and a person and a unit that do as they are told until a test says otherwise.

use std::vec::Vec;

use crate::{
    Admitted, Beacon, BootId, Cause, CoilLimits, Command, Contacts, Demand, Emission, FROZEN, Fact,
    Fence, Gate, Identity, Input, Instant, Laser, LaserDose, LaserLevel, Modality, Nanos, Order,
    Pace, Pemf, PemfDose, PemfLevel, Permille, Power, Pulsing, Refusal, Report, Setting, State,
    Stimulator, StimulatorDose, StimulatorLevel, Supervisor, Temperature, Terms, Timing, Waveform,
    quantity::{Energy, Exposure, Flux, Frequency, Integral, Output, Slew},
};

/// A modality with something to prescribe.
pub(super) trait Sample: Modality {
    /// The terms of a unit of this kind.
    fn terms() -> Terms<Self>;
    /// What is prescribed: ten seconds of it, and room for the tail.
    fn admitted() -> Admitted<Self>;
    /// The count of the quantity that counts.
    fn quantity(dose: Self::Dose) -> u64;
    /// The time of a dose.
    fn time(dose: Self::Dose) -> Nanos;
}

/// What the samples emit: 10 W, or 10 mT.
pub(super) const LEVEL: u32 = 10_000;
/// How long the samples emit.
pub(super) const SPAN: Nanos = Nanos::from_secs(10);

impl Sample for Laser {
    fn terms() -> Terms<Self> {
        Terms {
            timing: Timing::LASER,
            lease: Nanos::from_millis(400),
            rise: Nanos::from_millis(200),
            off_below: Power::from_milliwatts(50),
            second_enable: true,
            coil: None,
            pace: Pace::Continuous,
            frozen: Some(FROZEN),
        }
    }

    fn admitted() -> Admitted<Self> {
        let level = LaserLevel {
            power: Power::from_milliwatts(LEVEL),
            mix: [Permille::WHOLE, Permille::ZERO, Permille::ZERO, Permille::ZERO],
            gate: Gate::Continuous,
        };
        let dose = LaserDose { quantity: energy(SPAN), time: Nanos::from_secs(60) };
        Admitted::new(level, dose, Self::accrue(dose, level.power, Self::terms().tail()))
    }

    fn quantity(dose: LaserDose) -> u64 {
        dose.quantity.picojoules()
    }

    fn time(dose: LaserDose) -> Nanos {
        dose.time
    }
}

impl Sample for Pemf {
    fn terms() -> Terms<Self> {
        Terms {
            timing: Timing::PEMF,
            lease: Nanos::from_secs(1),
            rise: Nanos::from_millis(100),
            off_below: Flux::from_microteslas(50),
            second_enable: false,
            coil: Some(CoilLimits::STANDARD),
            pace: Pace::Continuous,
            frozen: Some(FROZEN),
        }
    }

    fn admitted() -> Admitted<Self> {
        let level = PemfLevel {
            flux: Flux::from_microteslas(LEVEL),
            frequency: Frequency::from_millihertz(10_000),
            waveform: Waveform::Rectangular,
            slew: Slew::from_micros(1_000),
            duty: Permille::WHOLE,
        };
        let count = u64::from(LEVEL) * 3_600 * 1_000_000_000;
        let dose = PemfDose { quantity: Exposure::from_count(count), time: SPAN };
        Admitted::new(level, dose, Self::accrue(dose, level.flux, Self::terms().tail()))
    }

    fn quantity(dose: PemfDose) -> u64 {
        dose.quantity.femtotesla_seconds()
    }

    fn time(dose: PemfDose) -> Nanos {
        dose.time
    }
}

impl Sample for Stimulator {
    fn terms() -> Terms<Self> {
        Terms {
            timing: Timing::STIMULATOR,
            lease: Nanos::from_secs(1),
            rise: Nanos::from_millis(100),
            off_below: Pulsing::from_count(1),
            second_enable: false,
            coil: Some(CoilLimits::STANDARD),
            pace: Pace::Continuous,
            frozen: None,
        }
    }

    /// Trains of five pulses in half a second, with half a second between them.
    fn admitted() -> Admitted<Self> {
        let level = StimulatorLevel {
            intensity: Permille::new(500).unwrap(),
            rate: Frequency::from_millihertz(LEVEL),
            pulses: 5,
            wait: Nanos::from_millis(500),
            pulse_energy: Energy::from_millijoules(50_000),
        };
        let dose = level.train().times(8);
        Admitted::new(level, dose, dose)
    }

    fn quantity(dose: StimulatorDose) -> u64 {
        dose.pulses.picopulses()
    }

    fn time(dose: StimulatorDose) -> Nanos {
        dose.time
    }
}

/// The terms of a PEMF unit that emits a second at a time and cannot break it off.
pub(super) fn chunked() -> Terms<Pemf> {
    let pace = Pace::Chunks { length: Nanos::from_secs(1) };
    Terms { pace, frozen: None, ..Pemf::terms() }
}

/// What the sample level adds up to over `time`.
fn energy(time: Nanos) -> Energy {
    Energy::from_picojoules(u64::from(LEVEL) * time.get())
}

pub(super) const fn ms(count: u64) -> Nanos {
    Nanos::from_millis(count)
}

/// The smallest step of time.
pub(super) const TICK: Nanos = Nanos::new(1);

/// Everything closed, in place and switched on, and the footswitch as told.
pub(super) const fn contacts(footswitch: bool) -> Contacts {
    Contacts {
        key: true,
        footswitch,
        interlock: true,
        emergency_stop_released: true,
        applicator: true,
    }
}

/// A supervisor at work.
#[derive(Clone, Copy)]
pub(super) struct Bench<M: Sample> {
    pub(super) supervisor: Supervisor<M>,
    pub(super) now: Instant,
    /// What the unit says of its switches.
    pub(super) contacts: Contacts,
    /// What it says of its output while it is ordered on; by default what it was told, and a digit
    /// that moves.
    pub(super) output: Option<u32>,
    /// What the unit says it counted.
    pub(super) counter: Option<u64>,
    pub(super) temperature: Option<Temperature>,
    /// Whether the operator echoes every beacon.
    pub(super) holds: bool,
    /// Whether the ledger answers at once.
    pub(super) writes: bool,
    pub(super) boot: BootId,
    pub(super) token: u32,
    digit: u32,
}

impl<M: Sample> Bench<M> {
    /// A unit whose port is closed.
    pub(super) fn closed() -> Self {
        Self::on_terms(M::terms())
    }

    pub(super) fn on_terms(terms: Terms<M>) -> Self {
        let now = Instant::from_boot(1_000_000_000_000);
        Self {
            supervisor: Supervisor::new(terms, now),
            now,
            contacts: contacts(false),
            output: None,
            counter: None,
            temperature: Some(Temperature::from_centicelsius(3_000)),
            holds: true,
            writes: true,
            boot: BootId(7),
            token: 0,
            digit: 0,
        }
    }

    /// In STANDBY, with nothing confirmed.
    pub(super) fn standby() -> Self {
        Self::standby_on(M::terms())
    }

    pub(super) fn standby_on(terms: Terms<M>) -> Self {
        let mut bench = Self::on_terms(terms);
        bench.must(Input::Opened);
        bench.identify();
        bench.poll();
        assert_eq!(bench.supervisor.state(), State::Standby);
        bench
    }

    pub(super) fn confirmed() -> Self {
        Self::confirmed_on(M::terms())
    }

    pub(super) fn confirmed_on(terms: Terms<M>) -> Self {
        let mut bench = Self::standby_on(terms);
        bench.confirm();
        bench
    }

    pub(super) fn ready() -> Self {
        Self::ready_on(M::terms())
    }

    pub(super) fn ready_on(terms: Terms<M>) -> Self {
        let mut bench = Self::confirmed_on(terms);
        bench.arm();
        bench
    }

    pub(super) fn warning() -> Self {
        Self::warning_on(M::terms())
    }

    pub(super) fn warning_on(terms: Terms<M>) -> Self {
        let mut bench = Self::ready_on(terms);
        bench.start();
        bench
    }

    /// In EMITTING, and seen to emit for a second.
    pub(super) fn emitting() -> Self {
        Self::emitting_on(M::terms())
    }

    pub(super) fn emitting_on(terms: Terms<M>) -> Self {
        let mut bench = Self::warning_on(terms);
        bench.emit();
        bench
    }

    /// Just ordered on, and not yet seen to be.
    pub(super) fn begun() -> Self {
        let mut bench = Self::warning();
        bench.work(bench.terms().timing.warning.minus(TICK));
        bench.skip(TICK);
        assert_eq!(bench.supervisor.state(), State::Emitting);
        bench
    }

    pub(super) fn paused() -> Self {
        let mut bench = Self::emitting();
        bench.pause();
        bench
    }

    pub(super) fn pause(&mut self) {
        self.command(Command::Pause).unwrap();
        self.poll();
        assert_eq!(self.supervisor.state(), State::Paused);
    }

    pub(super) fn confirm(&mut self) {
        self.token += 1;
        self.must(Input::Confirm(M::admitted(), self.fence()));
    }

    pub(super) fn arm(&mut self) {
        self.command(Command::Arm).unwrap();
        self.press();
        self.identify();
    }

    /// Releases the footswitch and presses it.
    pub(super) fn press(&mut self) {
        self.contacts.footswitch = false;
        self.poll();
        self.contacts.footswitch = true;
        self.poll();
    }

    pub(super) fn start(&mut self) {
        self.hold();
        self.command(Command::Start).unwrap();
        assert_eq!(self.supervisor.state(), State::Warning);
    }

    pub(super) fn emit(&mut self) {
        self.work(self.terms().timing.warning.plus(Nanos::from_secs(1)));
        assert_eq!(self.supervisor.state(), State::Emitting, "{:?}", self.supervisor);
    }

    pub(super) fn terms(&self) -> Terms<M> {
        *self.supervisor.terms()
    }

    pub(super) fn fence(&self) -> Fence {
        Fence { token: self.token, epoch: self.supervisor.epoch() }
    }

    pub(super) fn step(&mut self, input: Input<M>) -> Result<(), Refusal> {
        self.supervisor.step(self.now, input)
    }

    pub(super) fn must(&mut self, input: Input<M>) {
        self.step(input).unwrap();
    }

    pub(super) fn command(&mut self, command: Command<M>) -> Result<(), Refusal> {
        let fence = self.fence();
        self.step(Input::Command(command, fence))
    }

    /// Steps at `after` from now, and at nothing before.
    pub(super) fn skip(&mut self, after: Nanos) {
        self.now = self.now.after(after);
        self.must(Input::Wake);
    }

    /// Lets time pass with a poll every period, and the operator and ledger at work.
    pub(super) fn work(&mut self, span: Nanos) {
        let until = self.now.after(span);
        while self.now < until {
            let next = self.now.after(self.terms().timing.poll).min(until);
            while self.supervisor.wake() < next {
                self.now = self.supervisor.wake();
                self.serve();
            }
            self.now = next;
            self.serve();
            self.poll_now();
        }
    }

    fn serve(&mut self) {
        self.must(Input::Wake);
        if self.holds {
            self.hold();
        }
        if let (true, Some(slice)) = (self.writes, self.supervisor.reserve()) {
            self.must(Input::Durable(slice.id));
        }
    }

    /// Echoes the newest beacon.
    pub(super) fn hold(&mut self) {
        if let Some(session) = self.supervisor.status().session {
            let _ended = self.step(Input::Hold(self.fence(), session.beacon));
        }
    }

    /// Asks for everything, a moment later.
    pub(super) fn poll(&mut self) {
        self.now = self.now.after(ms(1));
        self.poll_now();
    }

    fn poll_now(&mut self) {
        for fact in self.facts() {
            self.hear(fact);
        }
    }

    pub(super) fn facts(&mut self) -> Vec<Fact<M>> {
        let emission = self.emission();
        let mut facts = std::vec![
            Fact::Boot(self.boot),
            Fact::Contacts(self.contacts),
            Fact::Faults(0),
            Fact::Temperature(self.temperature),
            Fact::Setting(self.setting()),
            Fact::Emission(emission),
        ];
        if self.run().is_some_and(|(_, over)| over <= self.now) {
            facts.push(Fact::Ran(self.supervisor.grant));
        }
        facts
    }

    /// The run in flight: when it begins and ends in a unit that takes it at once.
    pub(super) fn run(&self) -> Option<(Instant, Instant)> {
        let runs = self.supervisor.session?.runs?;
        runs.is_open().then(|| (runs.ordered, runs.ordered.after(runs.run.length)))
    }

    /// What an obedient unit says of its emission.
    fn emission(&mut self) -> Emission<M::Output> {
        self.digit = (self.digit + 1) % 2;
        let enabled = matches!(self.supervisor.order().demand(), Demand::Emit { .. });
        let output = self.output.unwrap_or(LEVEL - self.digit);
        let runs = self.supervisor.session.is_some_and(|session| session.runs.is_some());
        let within = !runs || self.run().is_some_and(|(_, over)| self.now < over);
        let output = if enabled && within { output } else { 0 };
        let counter = self.counter.map(<M::Output as Output>::Integral::from_count);
        Emission { enabled, output: M::Output::from_count(output), counter }
    }

    pub(super) fn setting(&self) -> Option<Setting<M>> {
        match self.supervisor.order().demand() {
            Demand::Off => None,
            Demand::Prepare(setting) | Demand::Warn(setting) | Demand::Emit { setting, .. } => {
                Some(setting)
            }
        }
    }

    pub(super) fn identify(&mut self) {
        self.now = self.now.after(ms(1));
        self.hear(Fact::Identity(Identity::Proven));
    }

    /// The answer to a question of now.
    pub(super) fn hear(&mut self, fact: Fact<M>) {
        self.tell(self.now, fact);
    }

    pub(super) fn tell(&mut self, asked: Instant, fact: Fact<M>) {
        self.must(Input::Report(Report { asked, fact }));
    }

    pub(super) fn read(&mut self, enabled: bool, output: u32) {
        self.read_counting(enabled, output, None);
    }

    /// A reading of an output and of a count of it.
    pub(super) fn read_counting(&mut self, enabled: bool, output: u32, counter: Option<u64>) {
        let counter = counter.map(<M::Output as Output>::Integral::from_count);
        let output = M::Output::from_count(output);
        self.hear(Fact::Emission(Emission { enabled, output, counter }));
    }

    pub(super) fn causes(&self) -> Vec<Cause> {
        self.supervisor.causes().iter().map(|latched| latched.cause).collect()
    }

    pub(super) fn is_off(&self) -> bool {
        self.supervisor.order() == Order::off()
    }

    pub(super) fn state(&self) -> State {
        self.supervisor.state()
    }

    pub(super) fn beacon(&self) -> Beacon {
        self.supervisor.status().session.map(|session| session.beacon).unwrap_or_default()
    }

    /// All that was charged, settled or not.
    pub(super) fn charged(&self) -> u64 {
        let session = self.supervisor.status().session.map(|session| session.charged);
        let ended = self.supervisor.ended().map(|ended| ended.charged);
        [session, ended, Some(self.supervisor.stray())].into_iter().flatten().map(M::quantity).sum()
    }
}
