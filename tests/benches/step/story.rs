//! A supervisor that is brought to emit and kept there, by what a unit and an operator say.

use std::hint::black_box;

use anyhow::Context as _;
use safety::{
    Answer, ApplicatorCode, Area, AreaFluence, BEACON, Beacon, Checkable, Command, Contacts,
    Content, Demand, Dose, Emission, Energy, Exposure, Eyewear, Fact, Fence, Fluence, Flux,
    Frequency, Gate, Identity, Input, Instant, Laser, LaserPrescription, Limit, Limits, Modality,
    Nanos, OpticalDensity, Others, Output, Overrides, Pemf, PemfPrescription, Permille, Power,
    Region, Remaining, Report, Screening, Setting, Side, Since, Site, Sites, Skin, SkinType, Slew,
    State, Supervisor, Technique, Temperature, Terms, Waveform, Wavelength, check,
};

/// What most steps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// Each is a report, but for a hold now and then.
    Reports,
    /// A report, and then many wakes.
    Wakes,
}

/// Time from one step to the next.
const STEP: Nanos = Nanos::from_millis(1);
/// Wakes to one report.
const WAKES: u64 = 19;
/// Steps from one hold to the next.
const HOLD: u64 = 250;

/// A modality with something to prescribe.
pub(crate) trait Treated: Modality + Checkable {
    fn prescription() -> Option<Self::Prescription>;
}

/// One session.
pub(crate) struct Story<M: Modality> {
    supervisor: Supervisor<M>,
    setting: Option<Setting<M>>,
    fence: Fence,
    confirmed: Instant,
    now: Instant,
    steps: u64,
}

impl<M: Treated> Story<M> {
    /// A session that has just begun to emit.
    pub(crate) fn emitting(terms: Terms<M>, limits: &Limits<M>) -> anyhow::Result<Self> {
        let now = Instant::from_boot(1_000_000_000_000);
        let prescription = M::prescription().context("no such site")?;
        let checked = check(&prescription, limits, &untreated());
        let admitted = checked.admitted().context("the prescription is refused")?;
        let supervisor = Supervisor::new(terms, now);
        let fence = Fence { token: 1, epoch: 0 };
        let mut story = Self { supervisor, setting: None, fence, confirmed: now, now, steps: 0 };
        story.told(Input::Opened)?;
        story.pass(2, false);
        story.fence.epoch = story.supervisor.epoch();
        story.confirmed = story.now;
        story.told(Input::Confirm(admitted, story.fence))?;
        story.told(Input::Command(Command::Arm, story.fence))?;
        let Demand::Prepare(setting) = story.supervisor.order().demand() else {
            anyhow::bail!("nothing is to be prepared");
        };
        story.setting = Some(setting);
        story.pass(5, false);
        story.pass(5, true);
        story.held()?;
        story.told(Input::Command(Command::Start, story.fence))?;
        let warning = terms.timing.warning.get() / STEP.get() + 5;
        for _ in 0..warning {
            story.cover();
            story.held()?;
            story.pass(1, true);
            if story.still_emits() {
                return Ok(story);
            }
        }
        anyhow::bail!("it does not emit: {:?}", story.supervisor.status())
    }

    /// One step, its order and its wake, and what the ledger and the operator do beside it.
    pub(crate) fn step(&mut self, share: Share) {
        self.now = self.now.after(STEP);
        self.steps += 1;
        let input = match share {
            Share::Wakes if !self.steps.is_multiple_of(WAKES + 1) => Input::Wake,
            Share::Wakes | Share::Reports => self.report(),
        };
        let _never_refused = black_box(self.supervisor.step(self.now, black_box(input)));
        black_box(self.supervisor.order());
        black_box(self.supervisor.wake());
        self.cover();
        if self.steps.is_multiple_of(HOLD) {
            let _taken = self.held();
        }
    }

    /// Whether it emits.
    pub(crate) fn still_emits(&self) -> bool {
        self.supervisor.state() == State::Emitting
    }

    /// The next fact of a unit that says one after the other.
    fn report(&mut self) -> Input<M> {
        let fact = match self.steps / (WAKES + 1) % 5 {
            0 => self.emission(true),
            1 => Fact::Setting(self.setting),
            2 => Fact::Contacts(CLOSED),
            3 => Fact::Faults(0),
            _ => Fact::Temperature(Some(ROOM)),
        };
        Input::Report(Report { asked: self.now, fact })
    }

    fn emission(&self, on: bool) -> Fact<M> {
        let level = self.setting.map_or(0, |setting| M::output(setting.level).count());
        // A meter is never still.
        let noise = u32::try_from(self.steps % 7).unwrap_or(0);
        let output = M::Output::from_count(if on { level.saturating_sub(noise) } else { 0 });
        Fact::Emission(Emission { enabled: on, output, counter: None })
    }

    /// Everything that a unit says, for so many steps.
    fn pass(&mut self, steps: u32, footswitch: bool) {
        for _ in 0..steps {
            self.now = self.now.after(STEP);
            self.steps += 1;
            let facts = [
                Fact::Identity(Identity::Proven),
                Fact::Setting(self.setting),
                Fact::Contacts(Contacts { footswitch, ..CLOSED }),
                Fact::Faults(0),
                Fact::Temperature(Some(ROOM)),
                self.emission(self.still_emits()),
            ];
            for fact in facts {
                let report = Report { asked: self.now, fact };
                let _never_refused = self.supervisor.step(self.now, Input::Report(report));
            }
        }
    }

    /// Makes durable whatever is to be durable.
    fn cover(&mut self) {
        if let Some(slice) = self.supervisor.reserve() {
            let _taken = self.supervisor.step(self.now, Input::Durable(slice.id));
        }
    }

    fn held(&mut self) -> anyhow::Result<()> {
        let beacon = self.now.since(self.confirmed).get() / BEACON.get();
        self.told(Input::Hold(self.fence, Beacon(beacon)))
    }

    fn told(&mut self, input: Input<M>) -> anyhow::Result<()> {
        let outcome = self.supervisor.step(self.now, input);
        outcome.map_err(|refusal| anyhow::anyhow!("{input:?} is refused: {refusal:?}"))
    }
}

impl Treated for Laser {
    fn prescription() -> Option<LaserPrescription> {
        let content = |nanometres| {
            let wavelength = Wavelength::from_nanometres(nanometres);
            Some(Content { wavelength, share: Permille::new(500).unwrap_or_default() })
        };
        Some(LaserPrescription {
            site: Site::new(Region::Trapezius, Side::Left)?,
            touched: Sites::NONE,
            power: Power::from_milliwatts(5_000),
            mix: [content(810), content(980), None, None],
            gate: Gate::Continuous,
            spot: Area::from_square_millimetres(1_960),
            technique: Technique::Scanning { field: Area::from_square_millimetres(40_000) },
            fluence: AreaFluence::Field(Fluence::from_microjoules_per_cm2(6_000_000)),
            dose: Dose {
                quantity: Energy::from_millijoules(2_000_000),
                time: Nanos::from_secs(410),
            },
            course: 1,
            skin: Skin { kind: Some(SkinType::Two), dark_field: Answer::No, test_spot: false },
            epilepsy: Answer::No,
            eyewear: Eyewear {
                patient: Some(OpticalDensity::from_tenths(60)),
                operator: Some(OpticalDensity::from_tenths(60)),
                others: Others::Nobody,
            },
            overrides: all_overridden(),
        })
    }
}

impl Treated for Pemf {
    fn prescription() -> Option<PemfPrescription> {
        Some(PemfPrescription {
            site: Site::new(Region::LowerBack, Side::Midline)?,
            touched: Sites::NONE,
            flux: Flux::from_microteslas(2_000),
            frequency: Frequency::from_millihertz(10_000),
            waveform: Waveform::Sine,
            slew: Slew::from_micros(0),
            duty: Permille::WHOLE,
            dose: Dose {
                quantity: Exposure::from_microtesla_seconds(2_000_000),
                time: Nanos::from_secs(1_000),
            },
            course: 1,
            applicator: ApplicatorCode(0x0201),
            screening: Screening {
                implant: Answer::No,
                pregnancy: Answer::No,
                epilepsy: Answer::No,
                metal: Answer::No,
                bystander_implant: Answer::No,
                age_days: Some(1),
            },
            overrides: all_overridden(),
        })
    }
}

/// What is left of the limits for somebody who was never treated.
fn untreated<M: Modality>() -> Remaining<M> {
    Remaining {
        site: Some(M::Dose::default()),
        visit: Some(M::Dose::default()),
        day: Some(M::Dose::default()),
        site_sessions: Some(0),
        site_last: Some(Since::Never),
        week_sessions: Some(0),
        course_sessions: Some(0),
        needling: Some(Since::Never),
        trip: Some(Since::Never),
    }
}

fn all_overridden() -> Overrides {
    Limit::ALL.iter().fold(Overrides::NONE, |set, limit| set.with(*limit))
}

const CLOSED: Contacts = Contacts {
    key: true,
    footswitch: true,
    interlock: true,
    emergency_stop_released: true,
    applicator: true,
};
const ROOM: Temperature = Temperature::from_centicelsius(2_500);
