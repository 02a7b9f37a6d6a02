//! What people do in a world, and how it reaches the gateway or the unit.

use clinic::{Call, Happening, UnitId};
use simulated_units::Button;

use crate::{
    gateway::{Asked, Gateway},
    operator::Deed,
    ward::{self, UNITS},
    world::World,
};

impl World {
    /// Everybody does what they do.
    pub(crate) fn people(&mut self) {
        for place in 0..UNITS {
            if self.now < self.operators[place].due {
                continue;
            }
            let glance = self.glance(place);
            let mut deeds = Vec::new();
            self.operators[place].act(self.now, glance.as_ref(), &mut self.chance, &mut deeds);
            for deed in deeds {
                self.act(place, deed);
            }
        }
    }

    pub(crate) fn act(&mut self, place: usize, deed: Deed) {
        match deed {
            Deed::Ask(ask) => self.ask(&Asked { ask, request: None }),
            Deed::AskTwice(ask) => {
                let request = self.gateway.as_mut().and_then(Gateway::next_request);
                let asked = Asked { ask, request };
                self.ask(&asked);
                self.ask(&asked);
            }
            Deed::Stop => self.stop(place),
            Deed::StopAll(room) => {
                let Some(gateway) = &mut self.gateway else { return };
                let call = gateway.next_call();
                let within = |place: &usize| {
                    room.is_none_or(|room| usize::from(room.0) == ward::room(*place))
                };
                (0..self.story.units).filter(within).for_each(|place| {
                    self.judge.stopping(self.now, place, Some(call));
                });
                self.tell(Happening::StopAll(call, room));
            }
            Deed::Press(button, on) => self.press(place, button, on),
            Deed::Mend => {
                self.devices[place].advance(self.now);
                self.look(place);
                self.devices[place].heal(self.now);
                self.move_device(place);
            }
        }
    }

    pub(crate) fn press(&mut self, place: usize, button: Button, on: bool) {
        self.write(|| format!("unit {place}: {button:?} {on}"));
        self.devices[place].press(self.now, button, on);
        self.move_device(place);
    }

    pub(crate) fn stop(&mut self, place: usize) {
        let Some(gateway) = &mut self.gateway else { return };
        let call = gateway.next_call();
        let unit = UnitId(u16::try_from(place).unwrap_or_default());
        self.judge.stopping(self.now, place, Some(call));
        self.tell(Happening::Stop(call, unit));
    }

    fn ask(&mut self, asked: &Asked) {
        let Some(gateway) = &mut self.gateway else { return };
        let id = gateway.next_call();
        gateway.calls.insert(id, asked.clone());
        let call = Call { id, request: asked.request.clone(), ask: asked.ask.clone() };
        self.tell(Happening::Call(call));
    }
}
