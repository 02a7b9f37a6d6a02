//! A record drawn for a report: output, dose and state of each unit over time, as SVG.
//!
//! Everything is counted in whole numbers, so that one record gives one picture to the last byte.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use clinic::{Effect, UnitId};
use jiff::Timestamp;
use safety::{Cause, Instant, State};

use super::{
    Seen,
    glance::{Decimal, Doses, Glance, Measures},
    story::Clocks,
};
use crate::{directory::Directory, word};

/// What is drawn, gathered step by step.
#[derive(Clone, Debug)]
pub struct Plot {
    /// The only unit that is drawn, or all.
    unit: Option<UnitId>,
    /// What is drawn lies between these.
    from: Instant,
    until: Instant,
    /// The first and the last step that were seen there.
    seen: Option<(Instant, Instant)>,
    units: BTreeMap<UnitId, Track>,
}

/// What one unit showed.
#[derive(Clone, Debug)]
struct Track {
    measures: Measures,
    /// Each state, and from when on.
    states: Vec<(Instant, State)>,
    /// Each cause, and when it was latched.
    causes: Vec<(Instant, Cause)>,
    latched: Vec<Cause>,
    /// The outputs and the doses, each time one changed.
    points: Vec<Point>,
    most_output: u64,
    most_dose: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    at: Instant,
    output: Option<u64>,
    doses: Option<Doses>,
}

impl Plot {
    /// A picture of one unit or of all, of everything between two instants.
    pub const fn new(unit: Option<UnitId>, from: Instant, until: Instant) -> Self {
        Self { unit, from, until, seen: None, units: BTreeMap::new() }
    }

    /// Looks at a step.
    pub fn see(&mut self, seen: &Seen<'_>) {
        if seen.at < self.from || self.until < seen.at {
            return;
        }
        let (first, _) = self.seen.unwrap_or((seen.at, seen.at));
        self.seen = Some((first, seen.at));
        for effect in seen.effects {
            let Effect::Show(unit) = effect else { continue };
            if self.unit.is_none_or(|only| only == *unit)
                && let Some(shown) = seen.clinic.shown(*unit)
            {
                self.take(*unit, seen.at, Glance::of(&shown));
            }
        }
    }

    /// The picture. `clocks` tells the time of an instant.
    pub fn svg(&self, clocks: &Clocks, directory: &Directory) -> String {
        let (first, last) = self.seen.unwrap_or((self.from, self.from));
        let axis = Axis { first, span: last.since(first).get().max(1) };
        let height = self.units.len().saturating_mul(PANEL).saturating_add(FOOT);
        let mut svg = String::new();
        // Text takes whatever it is given.
        let _never_fails = self.draw(&mut svg, &axis, height, clocks, directory);
        svg
    }

    fn take(&mut self, unit: UnitId, at: Instant, glance: Glance) {
        let track = self.units.entry(unit).or_insert_with(|| Track::new(glance.measures));
        track.take(at, glance);
    }

    fn draw(
        &self,
        svg: &mut String,
        axis: &Axis,
        height: usize,
        clocks: &Clocks,
        directory: &Directory,
    ) -> fmt::Result {
        writeln!(
            svg,
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">"#
        )?;
        writeln!(svg, r##"<rect width="{WIDTH}" height="{height}" fill="#fff"/>"##)?;
        for ((unit, track), place) in self.units.iter().zip(0..) {
            let top = PANEL.saturating_mul(place);
            writeln!(svg, r#"<g transform="translate({LEFT} {top})">"#)?;
            track.draw(svg, axis, directory.name(*unit))?;
            writeln!(svg, "</g>")?;
        }
        let foot = height.saturating_sub(FOOT);
        writeln!(svg, r#"<g transform="translate({LEFT} {foot})">"#)?;
        axis.draw(svg, clocks)?;
        writeln!(svg, "</g>\n</svg>")
    }
}

impl Track {
    fn new(measures: Measures) -> Self {
        let (states, causes, latched, points) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { measures, states, causes, latched, points, most_output: 0, most_dose: 0 }
    }

    fn take(&mut self, at: Instant, glance: Glance) {
        let Glance { state, causes, output, doses, .. } = glance;
        if self.states.last().is_none_or(|(_, last)| *last != state) {
            self.states.push((at, state));
        }
        let news = causes.iter().filter(|cause| !self.latched.contains(cause));
        self.causes.extend(news.map(|cause| (at, *cause)));
        self.latched = causes;
        let point = Point { at, output, doses };
        let is_same = |last: &Point| (last.output, last.doses) == (output, doses);
        if !self.points.last().is_some_and(is_same) {
            self.most_output = self.most_output.max(output.unwrap_or(0));
            let most = doses.map_or(0, |doses| doses.charged.max(doses.prescribed));
            self.most_dose = self.most_dose.max(most);
            self.points.push(point);
        }
    }

    fn draw(&self, svg: &mut String, axis: &Axis, name: &str) -> fmt::Result {
        let Measures { output, dose } = self.measures;
        writeln!(svg, r#"<text y="14" font-weight="bold">{name}</text>"#)?;
        writeln!(
            svg,
            r#"<text x="120" y="14" fill="{OUTPUT}">output, to {} {output}</text>"#,
            Decimal(self.most_output)
        )?;
        writeln!(
            svg,
            r#"<text x="300" y="14" fill="{CHARGED}">charged, and <tspan fill="{DELIVERED}">delivered</tspan>, to {} {dose}</text>"#,
            Decimal(self.most_dose)
        )?;
        self.draw_states(svg, axis)?;
        writeln!(
            svg,
            r##"<path d="M0 {CHART}h{SPAN}m0 {DEPTH}h-{SPAN}" stroke="#ccc" fill="none"/>"##
        )?;
        let most = self.most_output;
        self.draw_line(svg, axis, OUTPUT, |point| level(point.output.unwrap_or(0), most))?;
        let most = self.most_dose;
        let charged = |doses: Doses| level(doses.charged, most);
        let delivered = |doses: Doses| level(doses.delivered, most);
        self.draw_line(svg, axis, DELIVERED, |point| point.doses.map_or(0, delivered))?;
        self.draw_line(svg, axis, CHARGED, |point| point.doses.map_or(0, charged))?;
        self.draw_causes(svg, axis)
    }

    fn draw_states(&self, svg: &mut String, axis: &Axis) -> fmt::Result {
        let ends = self.states.iter().skip(1).map(|(at, _)| axis.place(*at));
        let ends = ends.chain([SPAN.saturating_mul(10)]);
        for ((at, state), end) in self.states.iter().zip(ends) {
            let begin = axis.place(*at);
            writeln!(
                svg,
                r#"<rect x="{}" y="20" width="{}" height="8" fill="{}"><title>{}</title></rect>"#,
                Tenths(begin),
                Tenths(end.saturating_sub(begin)),
                colour(*state),
                word::state(*state)
            )?;
        }
        Ok(())
    }

    /// A line with a corner at each change, in no more columns than can be told apart.
    fn draw_line(
        &self,
        svg: &mut String,
        axis: &Axis,
        colour: &str,
        height: impl Fn(&Point) -> u64,
    ) -> fmt::Result {
        write!(svg, r#"<polyline fill="none" stroke="{colour}" points=""#)?;
        let bottom = CHART.saturating_add(DEPTH).saturating_mul(10);
        let (mut last, mut corner) = (0, None);
        for column in self.columns(axis) {
            // From the last height straight across, then to the least, the greatest and the last.
            let heights = column.iter().map(&height);
            let (least, most) = (heights.clone().min(), heights.clone().max());
            let place = column.first().map_or(0, |point| axis.place(point.at));
            let end = heights.last().unwrap_or(last);
            for up in [last, least.unwrap_or(last), most.unwrap_or(last), end] {
                if corner.replace((place, up)) != Some((place, up)) {
                    write!(svg, "{},{} ", Tenths(place), Tenths(bottom.saturating_sub(up)))?;
                }
            }
            last = end;
        }
        let (right, height) = (SPAN.saturating_mul(10), bottom.saturating_sub(last));
        writeln!(svg, r#"{},{}"/>"#, Tenths(right), Tenths(height))
    }

    /// The points, those together that fall into one column of the picture.
    fn columns(&self, axis: &Axis) -> impl Iterator<Item = &[Point]> {
        let column = |point: &Point| axis.place(point.at) / 10;
        self.points.chunk_by(move |one, other| column(one) == column(other))
    }

    fn draw_causes(&self, svg: &mut String, axis: &Axis) -> fmt::Result {
        for (at, cause) in &self.causes {
            let place = Tenths(axis.place(*at));
            let word = word::cause(*cause);
            writeln!(svg, r#"<path d="M{place} 20v{REACH}" stroke="{ALARM}"/>"#)?;
            writeln!(svg, r#"<text x="{place}" y="42" fill="{ALARM}">{word}</text>"#)?;
        }
        Ok(())
    }
}

/// Time from left to right.
struct Axis {
    first: Instant,
    /// In nanoseconds, one at least.
    span: u64,
}

impl Axis {
    /// Tenths of a step to the right.
    fn place(&self, at: Instant) -> u64 {
        let since = u128::from(at.since(self.first).get().min(self.span));
        let wide = u128::from(SPAN.saturating_mul(10));
        u64::try_from(since.saturating_mul(wide) / u128::from(self.span)).unwrap_or(0)
    }

    fn draw(&self, svg: &mut String, clocks: &Clocks) -> fmt::Result {
        for quarter in 0..=4_u64 {
            let after = safety::Nanos::new((self.span / 4).saturating_mul(quarter));
            let wall: Timestamp = clocks.wall(self.first.after(after));
            let place = SPAN / 4 * quarter;
            let anchor = match quarter {
                0 => "start",
                4 => "end",
                _ => "middle",
            };
            let time = wall.strftime("%Y-%m-%d %H:%M:%S UTC");
            writeln!(svg, r##"<path d="M{place} 0v5" stroke="#888"/>"##)?;
            writeln!(svg, r#"<text x="{place}" y="18" text-anchor="{anchor}">{time}</text>"#)?;
        }
        Ok(())
    }
}

/// How high a count is drawn of which `most` is the greatest, in tenths.
fn level(count: u64, most: u64) -> u64 {
    let high = u128::from(count).saturating_mul(u128::from(DEPTH.saturating_mul(10)));
    u64::try_from(high / u128::from(most.max(1))).unwrap_or(0)
}

/// Tenths with their point.
struct Tenths(u64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

const fn colour(state: State) -> &'static str {
    match state {
        State::Offline => "#bbb",
        State::Standby => "#8fbf8f",
        State::Ready => "#8fb4d9",
        State::Warning => "#f2c14e",
        State::Emitting => "#e07b39",
        State::Paused => "#c9a6d4",
        State::Stopping => "#a0785a",
        State::Locked => "#c0392b",
    }
}

/// The whole picture, and what lies left of the curves.
const WIDTH: usize = 1_040;
const LEFT: usize = 20;
/// How wide the curves are.
const SPAN: u64 = 1_000;
/// One unit, and the times below all.
const PANEL: usize = 150;
const FOOT: usize = 30;
/// Where the curves of a unit begin, how high they are, and how far a cause reaches down.
const CHART: u64 = 46;
const DEPTH: u64 = 90;
const REACH: u64 = 116;
const OUTPUT: &str = "#e07b39";
const CHARGED: &str = "#2c3e50";
const DELIVERED: &str = "#2980b9";
const ALARM: &str = "#c0392b";

#[cfg(test)]
mod tests {
    use clinic::SessionId;
    use safety::{Beam, Nanos};

    use super::*;
    use crate::config::Config;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recorder/golden/plot.svg");

    fn at(millis: u64) -> Instant {
        Instant::from_boot(5_000_000_000).after(Nanos::from_millis(millis))
    }

    /// A laser that warms up, emits, and is locked; a picture every 100 ms.
    fn drawn() -> (Plot, String) {
        let mut plot = Plot::new(None, at(0), at(60_000));
        for tenth in 0..600_u64 {
            let (state, output) = match tenth {
                0..50 => (State::Standby, 0),
                50..80 => (State::Warning, 0),
                80..400 => (State::Emitting, (tenth - 79).min(10) * 500 + tenth % 3),
                _ => (State::Locked, 0),
            };
            let charged = tenth.clamp(80, 400) * 520 - 41_600;
            let delivered = tenth.clamp(80, 400) * 500 - 40_000;
            let doses = Doses { prescribed: 200_000, charged, delivered };
            let is_open = (50..400).contains(&tenth);
            let glance = Glance {
                at: at(tenth * 100),
                state,
                beam: Beam::OffProven(at(0)),
                causes: if state == State::Locked { vec![Cause::StuckOn] } else { Vec::new() },
                session: is_open.then_some(SessionId { run: 1, token: 1 }),
                measures: Measures { output: "W", dose: "J" },
                output: Some(output),
                doses: is_open.then_some(doses),
            };
            plot.take(UnitId(1), glance.at, glance);
        }
        plot.seen = Some((at(0), at(60_000)));
        let config = Config::demo(|name| format!("/nowhere/{name}").into()).unwrap();
        let clocks = Clocks::at(at(0), "2026-03-01T12:00:00Z".parse().unwrap());
        let svg = plot.svg(&clocks, &config.directory);
        (plot, svg)
    }

    /// One record gives one picture, to the last byte.
    #[test]
    fn a_picture_is_as_it_was() {
        let (_, svg) = drawn();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(GOLDEN, &svg).unwrap();
        }
        let golden = std::fs::read_to_string(GOLDEN).unwrap();
        assert!(svg == golden, "the picture changed: look at it, then run with UPDATE_GOLDEN=1");
    }

    /// What a report is drawn for is in it.
    #[test]
    fn a_picture_shows_state_output_dose_and_causes() {
        let (plot, svg) = drawn();
        for shown in ["laser-a", "to 5.002 W", "to 200.000 J", "stuck_on", "emitting"] {
            assert!(svg.contains(shown), "{shown}");
        }
        assert!(svg.contains("12:00:30 UTC"), "the middle of a minute");
        let track = &plot.units[&UnitId(1)];
        assert_eq!(track.states.len(), 4);
        assert_eq!(track.causes, [(at(40_000), Cause::StuckOn)]);
        assert!(svg.len() < 40_000, "{}", svg.len());
    }

    /// However long a record is, its picture has so many columns.
    #[test]
    fn a_line_has_no_more_corners_than_columns_can_show() {
        let mut track = Track::new(Measures { output: "W", dose: "J" });
        for step in 0..200_000_u64 {
            track.points.push(Point { at: at(step), output: Some(step % 7), doses: None });
        }
        track.most_output = 6;
        let axis = Axis { first: at(0), span: 200_000_000_000 };
        let mut svg = String::new();
        track.draw_line(&mut svg, &axis, OUTPUT, |point| point.output.unwrap_or(0)).unwrap();
        assert!(svg.matches(',').count() <= 4_005, "{}", svg.matches(',').count());
    }

    #[test]
    fn only_what_lies_between_is_drawn() {
        let axis = Axis { first: at(1_000), span: 1_000_000_000 };
        assert_eq!(
            (axis.place(at(0)), axis.place(at(1_500)), axis.place(at(9_000))),
            (0, 5_000, 10_000)
        );
        assert_eq!((level(0, 0), level(1, 2), level(u64::MAX, u64::MAX)), (0, 450, 900));
    }
}
