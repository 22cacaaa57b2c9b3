//! The bar of time: what happened so far as a line to move along, steps, and the ways back to the present.
//!
//! Looking at the past costs nothing: pins, values, displays and console are read from the recording, and the board
//! waits. Only who goes on from there sends the board back.

use super::action::{Action, Queue};
use super::kit;
use super::theme::{GRID, ROW, SMALL, Tokens, mono};
use super::waves::Waves;
use crate::command::Command;
use crate::session::Travel;
use egui::{Align, Button, ComboBox, Frame, Layout, Margin, Panel, RichText, Slider, Ui, vec2};
use emulator::clock::Time;
use emulator::trace::{Kind, SharedTrace};
use std::time::Duration;
use strum::{EnumIter, IntoEnumIterator};

/// Height of the bar.
pub const HEIGHT: f32 = 8.0 * GRID;

/// How far a step goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumIter)]
pub enum Step {
    /// To the next edge: of the row that was clicked last in the waveforms, or of any pin.
    #[default]
    Edge,
    /// One millisecond.
    Millisecond,
    /// One instruction of the first core.
    Instruction,
}

impl Step {
    fn text(self) -> &'static str {
        match self {
            Step::Edge => "Edge",
            Step::Millisecond => "1 ms",
            Step::Instruction => "Instruction",
        }
    }
}

/// What a step comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stepped {
    /// Look at this instant.
    Look(Time),
    /// The board itself has to move.
    Board(Travel),
    /// There is nothing further.
    Nothing,
}

/// The bar's state.
#[derive(Default)]
pub struct TimeBar {
    /// The instant looked at; the present when there is none.
    pub at: Option<Time>,
    /// How far a step goes.
    pub step: Step,
    /// The board was running when the past was first looked at.
    pub resumes: bool,
    /// Where the first core was after the last instruction stepped, with the board's time then.
    pub place: Option<(Time, String)>,
    /// After going back: up to where what was done once is done again.
    pub until: Option<Time>,
}

/// A duration since power-on as the trace counts.
pub fn time(time: Duration) -> Time {
    Time(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// An instant of the trace since power-on.
pub fn duration(time: Time) -> Duration {
    Duration::from_nanos(time.nanos())
}

/// `2.134 567 s`: to the microsecond, which an edge needs.
pub fn label(time: Time) -> String {
    let micros = time.nanos() / 1_000;
    format!("{}.{:03} {:03} s", micros / 1_000_000, micros / 1_000 % 1_000, micros % 1_000)
}

impl TimeBar {
    /// What a step from the instant looked at comes to.
    pub fn step(&self, back: bool, trace: &SharedTrace, waves: &Waves) -> Stepped {
        let (first, now) = reach(trace);
        let from = self.at.unwrap_or(now);
        let to = match self.step {
            Step::Instruction => {
                return Stepped::Board(Travel::Step { from: self.at.map(duration), back });
            }
            Step::Millisecond if back => Some(Time(from.nanos().saturating_sub(1_000_000))),
            Step::Millisecond => Some(Time(from.nanos() + 1_000_000)),
            Step::Edge => match waves.edge_of_selected(Some(trace), from.nanos(), !back) {
                Some(found) => found.map(Time),
                None => edge(trace, from, back),
            },
        };
        let to = to.map(|to| to.clamp(first, now));
        match to {
            Some(to) if to != from => Stepped::Look(to),
            _ => Stepped::Nothing,
        }
    }

    /// Draws the bar.
    pub fn show(&mut self, ui: &mut Ui, trace: &SharedTrace, queue: &mut Queue) {
        let tokens = Tokens::of(ui.visuals());
        let frame = Frame::new().fill(tokens.chrome).inner_margin(Margin::symmetric(8, 0));
        Panel::bottom("time").exact_size(HEIGHT).show_separator_line(false).frame(frame).show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.spacing_mut().item_spacing.x = GRID;
                self.contents(ui, trace, queue);
            });
        });
    }

    fn contents(&mut self, ui: &mut Ui, trace: &SharedTrace, queue: &mut Queue) {
        let tokens = Tokens::of(ui.visuals());
        let (first, now) = reach(trace);
        let past = self.at.is_some();
        kit::icon_button(ui, Command::TimeBack, now > first, queue);
        let instructions = self.step == Step::Instruction;
        kit::icon_button(ui, Command::TimeOn, past || instructions, queue);
        let combo = ComboBox::from_id_salt("time step").width(92.0).selected_text(self.step.text());
        let response = combo
            .show_ui(ui, |ui| {
                for step in Step::iter() {
                    ui.selectable_value(&mut self.step, step, step.text());
                }
            })
            .response;
        let name = format!("Step: {}", self.step.text());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
        response.on_hover_text("How far a step goes");
        ui.add_space(GRID);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let live = ui.add_enabled(past, Button::new("Live").min_size(vec2(52.0, ROW)));
            live.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, past, "Live"));
            if kit::command_tooltip(ui, live, Command::GoLive).clicked() {
                queue.push(Action::Command(Command::GoLive));
            }
            let text = RichText::new("Run from here");
            let (text, fill) = if past {
                (text.color(tokens.on_accent), tokens.accent)
            } else {
                (text.color(tokens.weak), tokens.raised)
            };
            let run = ui.add_enabled(past, Button::new(text).fill(fill).min_size(vec2(104.0, ROW)));
            run.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, past, "Run from here"));
            if kit::command_tooltip(ui, run, Command::RunFromHere).clicked() {
                queue.push(Action::Command(Command::RunFromHere));
            }
            ui.add_space(GRID);
            self.figures(ui, now);
            ui.add_space(GRID);
            self.slider(ui, first, now, queue);
        });
    }

    /// Where in time, as figures; the place within the program after a step.
    fn figures(&self, ui: &mut Ui, now: Time) {
        let tokens = Tokens::of(ui.visuals());
        let mut figure = |text: String, color, width: f32, hint: &str| {
            let label = egui::Label::new(RichText::new(text).font(mono(SMALL)).color(color)).truncate();
            ui.allocate_ui_with_layout(vec2(width, ROW), Layout::right_to_left(Align::Center), |ui| {
                ui.set_width(width);
                ui.add(label).on_hover_text(hint);
            });
        };
        match self.at {
            Some(at) => figure(label(at), tokens.warning, 124.0, "The instant that the window shows"),
            None => figure(label(now), tokens.weak, 124.0, "The board's present"),
        }
        if let Some((at, place)) =
            self.place.as_ref().filter(|(at, _)| self.at.is_none() && is_near(*at, now))
        {
            let hint = format!("The first core's next instruction, at {}", label(*at));
            figure(place.clone(), tokens.accent, 132.0, &hint);
        } else if let Some(until) = self.until.filter(|until| *until > now && self.at.is_none()) {
            let text = format!("repeats to {:.2} s", duration(until).as_secs_f64());
            figure(text, tokens.accent, 132.0, "What was done once is done again until then, unless you act");
        }
    }

    fn slider(&self, ui: &mut Ui, first: Time, now: Time, queue: &mut Queue) {
        ui.spacing_mut().slider_width = (ui.available_width() - 2.0 * GRID).max(40.0);
        // Nanoseconds of a hundred days fit into a float.
        let mut at = self.at.unwrap_or(now).nanos() as f64;
        let range = first.nanos() as f64..=(now.nanos() as f64).max(first.nanos() as f64 + 1.0);
        let slider = Slider::new(&mut at, range).show_value(false).trailing_fill(true).smart_aim(false);
        let response = ui.add_enabled(now > first, slider);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, "Time"));
        if response.changed() {
            queue.push(Action::Look(Time(at as u64)));
        }
        response.on_hover_text("Drag to look at what was. The board waits meanwhile.");
    }
}

/// Within a core the clock and the recording may be a block apart.
fn is_near(a: Time, b: Time) -> bool {
    a.nanos().abs_diff(b.nanos()) < 1_000_000
}

/// From where to where there is something to see.
fn reach(trace: &SharedTrace) -> (Time, Time) {
    trace.read(|trace| (trace.dropped_before().unwrap_or(Time::ZERO), trace.now()))
}

/// The nearest edge of any pin.
fn edge(trace: &SharedTrace, from: Time, back: bool) -> Option<Time> {
    trace.read(|trace| {
        let pins = trace.channels().filter(|(_, channel)| channel.kind == Kind::Digital);
        if back {
            pins.filter_map(|(id, _)| trace.previous_edge(id, from)).map(|(at, _)| at).max()
        } else {
            pins.filter_map(|(id, _)| trace.next_edge(id, from)).map(|(at, _)| at).min()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::trace::{Channel, Trace};

    fn trace() -> SharedTrace {
        let mut trace = Trace::new();
        let [a, b] = ["GP1", "GP2"].map(|name| trace.define(Channel::digital(name, None)));
        for (pin, at, high) in
            [(a, 0, false), (b, 0, false), (a, 1_000, true), (b, 1_500, true), (a, 9_000, false)]
        {
            trace.edge(pin, Time(at), high);
        }
        trace.advance(Time(5_000_000));
        SharedTrace::new(trace)
    }

    #[test]
    fn steps_go_to_edges_by_milliseconds_and_by_instructions() {
        let (trace, waves) = (trace(), Waves::default());
        let mut bar = TimeBar::default();
        assert_eq!(bar.step(false, &trace, &waves), Stepped::Nothing);
        assert_eq!(bar.step(true, &trace, &waves), Stepped::Look(Time(9_000)));
        bar.at = Some(Time(1_200));
        assert_eq!(bar.step(true, &trace, &waves), Stepped::Look(Time(1_000)));
        assert_eq!(bar.step(false, &trace, &waves), Stepped::Look(Time(1_500)));
        bar.step = Step::Millisecond;
        assert_eq!(bar.step(true, &trace, &waves), Stepped::Look(Time(0)));
        assert_eq!(bar.step(false, &trace, &waves), Stepped::Look(Time(1_001_200)));
        bar.at = Some(Time(4_900_000));
        assert_eq!(bar.step(false, &trace, &waves), Stepped::Look(Time(5_000_000)));
        bar.step = Step::Instruction;
        let from = Some(Duration::from_nanos(4_900_000));
        assert_eq!(bar.step(true, &trace, &waves), Stepped::Board(Travel::Step { from, back: true }));
    }

    #[test]
    fn instants_are_told_to_the_microsecond() {
        assert_eq!(label(Time(2_134_567_890)), "2.134 567 s");
        assert_eq!(label(Time(5_000)), "0.000 005 s");
    }
}
