//! The waveforms panel: pins, buses and values over virtual time.

mod axis;
mod draw;
mod plot;
mod rows;

pub use plot::Plotter;

use super::action::Queue;
use super::kit;
use super::state::UserState;
use super::theme::{GRID, ROW, SMALL, Tokens, mono};
use crate::command::Command;
use axis::View;
use draw::Canvas;
use egui::{Align, Align2, Color32, Id, Layout, Pos2, Rect, RichText, Sense, Stroke, Ui, pos2, vec2};
use egui_material_icons::icons as icon;
use emulator::clock::Time;
use emulator::trace::{Kind, SharedTrace, Trace};
use rows::{Data, Row};
use std::collections::HashMap;

/// Width of the names at the left.
const NAMES: f32 = 148.0;

/// Height of the time axis.
const AXIS: f32 = 22.0;

/// Width of the scales at the right, where a row has one.
const SCALE: f32 = 52.0;

/// Rows at least this high show the ends of their scale.
const SCALED: f32 = 34.0;

/// How near a click must be to an edge to snap to it, in points.
const SNAP: f32 = 8.0;

/// The state of the panel.
pub struct Waves {
    view: View,
    follow: bool,
    /// The row that was clicked last: edges are sought in it.
    selected: Option<String>,
    cursors: [Option<u64>; 2],
    scroll: f32,
    /// Numbers that scripts printed.
    pub printed: Plotter,
    cache: Option<Cache>,
    /// Where the panel was drawn, for pictures of it.
    pub rect: Rect,
}

struct Cache {
    key: Key,
    data: HashMap<String, Data>,
}

#[derive(Clone, PartialEq)]
struct Key {
    generation: u64,
    view: View,
    columns: usize,
    rows: Vec<String>,
}

impl Default for Waves {
    fn default() -> Self {
        Self {
            view: View { start: 0, span: 5_000_000_000 },
            follow: true,
            selected: None,
            cursors: [None; 2],
            scroll: 0.0,
            printed: Plotter::default(),
            cache: None,
            rect: Rect::NOTHING,
        }
    }
}

/// The id of the waveforms' keyboard focus.
pub fn focus_id() -> Id {
    Id::unique("waves")
}

impl Waves {
    /// Forgets what belonged to the board before.
    pub fn reset(&mut self) {
        let view = View { start: 0, ..self.view };
        *self = Self { view, rect: self.rect, ..Self::default() };
    }

    /// Whether the newest samples are kept in view.
    pub fn follows(&self) -> bool {
        self.follow
    }

    /// Carries a command out.
    pub fn command(&mut self, command: Command, board: Option<&SharedTrace>) {
        match command {
            Command::WaveZoomIn => self.zoom(0.5, self.zoom_center()),
            Command::WaveZoomOut => self.zoom(2.0, self.zoom_center()),
            Command::WaveFit => {
                self.follow = false;
                let from = board.and_then(|b| b.read(Trace::dropped_before)).unwrap_or(Time::ZERO);
                self.view = View::fitting(from.0, self.now(board));
            }
            Command::WaveFollow => self.follow = !self.follow,
            Command::WaveLeft => self.pan(-0.1),
            Command::WaveRight => self.pan(0.1),
            Command::WavePreviousEdge => self.jump(board, false),
            Command::WaveNextEdge => self.jump(board, true),
            Command::WaveClearCursors => self.cursors = [None; 2],
            _ => {}
        }
    }

    fn zoom_center(&self) -> f64 {
        if self.follow { 1.0 } else { 0.5 }
    }

    fn zoom(&mut self, factor: f64, share: f64) {
        self.view = self.view.zoomed(factor, share);
    }

    fn pan(&mut self, share: f64) {
        self.follow = false;
        self.view = self.view.panned(share);
    }

    fn now(&self, board: Option<&SharedTrace>) -> u64 {
        board.map_or(self.printed.trace().now(), |board| board.read(Trace::now)).0
    }

    /// Puts the first cursor on the next or previous edge of the selected row.
    fn jump(&mut self, board: Option<&SharedTrace>, forward: bool) {
        let rows = rows::rows(board, self.printed.trace());
        let selected = rows.iter().find(|row| Some(&row.name) == self.selected.as_ref());
        let Some(row) = selected.or_else(|| rows.iter().find(|row| row.kind == Kind::Digital)) else {
            return;
        };
        let from = self.cursors[0].unwrap_or_else(|| self.view.time_at(0.5));
        let found = rows::with(row, board, self.printed.trace(), |trace, id| {
            edge(trace, id, row.kind, from, forward)
        });
        if let Some(time) = found.flatten() {
            self.selected = Some(row.name.clone());
            self.cursors[0] = Some(time);
            if !(0.0..=1.0).contains(&self.view.share_of(time)) {
                self.follow = false;
                self.view.start = time.saturating_sub(self.view.span / 2);
            }
        }
    }

    // ---- the panel ----

    /// Brings an instant into view.
    pub fn reveal(&mut self, time: Time) {
        if !(0.0..=1.0).contains(&self.view.share_of(time.0)) {
            self.view.start = time.0.saturating_sub(self.view.span / 2);
        }
    }

    /// Keeps still, or moves with the newest samples.
    pub fn set_follow(&mut self, follow: bool) {
        self.follow = follow;
    }

    /// The next or previous edge of the row that was clicked last; `None` when none was.
    pub fn edge_of_selected(
        &self,
        board: Option<&SharedTrace>,
        from: u64,
        forward: bool,
    ) -> Option<Option<u64>> {
        let rows = rows::rows(board, self.printed.trace());
        let row = rows.iter().find(|row| Some(&row.name) == self.selected.as_ref())?;
        if !matches!(row.kind, Kind::Digital | Kind::Bus) {
            return None;
        }
        rows::with(row, board, self.printed.trace(), |trace, id| edge(trace, id, row.kind, from, forward))
    }

    /// Draws the panel; an instant of the past that the window shows is marked.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        board: Option<&SharedTrace>,
        at: Option<Time>,
        user: &mut UserState,
        queue: &mut Queue,
    ) {
        let all = rows::rows(board, self.printed.trace());
        if all.is_empty() {
            let hint = "Run a script: every pin it moves, every bus it uses and every number it prints as \
                        “name: value” gets a row here.";
            kit::empty_state(ui, "Nothing recorded yet", hint, &[Command::Run], queue);
            return;
        }
        let rows: Vec<&Row> = all.iter().filter(|row| !user.hidden_rows.contains(&row.name)).collect();
        let tokens = Tokens::of(ui.visuals());
        let rect = ui.available_rect_before_wrap();
        self.rect = rect;
        let footer = rect.with_min_y(rect.bottom() - ROW);
        let height = user.wave_row_height;
        let scaled = height >= SCALED && rows.iter().any(|row| row.kind == Kind::Analog);
        let right = rect.right() - if scaled { SCALE } else { 0.0 };
        let axis = Rect::from_min_max(pos2(rect.left() + NAMES, rect.top()), pos2(right, rect.top() + AXIS));
        let area = Rect::from_min_max(pos2(axis.left(), axis.bottom()), pos2(right, footer.top()));
        let beside = Rect::from_min_max(pos2(right, area.top()), pos2(rect.right(), area.bottom()));
        let names = Rect::from_min_max(pos2(rect.left(), area.top()), pos2(area.left(), area.bottom()));
        ui.painter().rect_filled(area, 0.0, tokens.well);

        let now = self.now(board);
        self.keep_up(now);
        let overflow = (rows.len() as f32 * height - area.height()).max(0.0);
        self.input(ui, rect, area, overflow);
        self.refresh(ui, board, &rows, area);

        let grid = axis::ticks(self.view, area.width(), 96.0);
        draw_axis(ui, axis, area, self.view, &grid);
        let painter = ui.painter().with_clip_rect(area);
        // Nothing is known about what is still to come.
        let known = area.with_max_x(self.x(area, now).clamp(area.left(), area.right()));
        let known_painter = ui.painter().with_clip_rect(known);
        let beside = ui.painter().with_clip_rect(beside);
        for (i, row) in rows.iter().enumerate() {
            let top = area.top() + i as f32 * height - self.scroll;
            let strip = Rect::from_min_max(pos2(area.left(), top), pos2(area.right(), top + height));
            if !strip.intersects(area) {
                continue;
            }
            let color = self.color(&all, row, tokens);
            painter.hline(
                area.x_range(),
                strip.bottom() - 0.5,
                Stroke::new(1.0, tokens.border.gamma_multiply(0.6)),
            );
            if let Some(data) = self.cache.as_ref().and_then(|cache| cache.data.get(&row.name)) {
                let canvas = Canvas {
                    painter: &known_painter,
                    beside: scaled.then_some(&beside),
                    rect: strip.shrink2(vec2(0.0, 1.0)),
                    view: self.view,
                    color,
                    tokens,
                };
                canvas.row(data);
            }
            let name_rect = strip.with_min_x(names.left()).with_max_x(names.right());
            self.draw_name(ui, name_rect, names, row, color, board, at.map_or(now, |at| at.0), user);
        }
        let line = Stroke::new(1.0, tokens.border);
        ui.painter().vline(area.left(), rect.top()..=footer.top(), line);
        self.pointer(ui, area, &rows, board, height, now);
        self.draw_past(ui, area, at);
        self.draw_cursors(ui, area);
        self.footer(ui, footer, &all, board, user);
        ui.advance_cursor_after_rect(rect);
    }

    /// Moves with the newest samples.
    fn keep_up(&mut self, now: u64) {
        if self.follow {
            let room = self.view.span / 50;
            self.view.start = (now + room).saturating_sub(self.view.span);
        }
    }

    fn input(&mut self, ui: &Ui, rect: Rect, area: Rect, overflow: f32) {
        let response = ui.interact(rect, focus_id(), Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Unknown, true, "Waveforms"));
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        if response.has_focus() {
            ui.memory_mut(|memory| {
                let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
                memory.set_focus_lock_filter(focus_id(), filter);
            });
        }
        let drag = response.drag_delta();
        if drag.x != 0.0 {
            self.pan(f64::from(-drag.x / area.width()));
        }
        self.scroll -= drag.y;
        if let Some(pointer) =
            ui.input(|input| input.pointer.hover_pos()).filter(|_| response.contains_pointer())
        {
            let (scroll, zoom, shift) =
                ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta(), input.modifiers.shift));
            let share = f64::from((pointer.x - area.left()) / area.width()).clamp(0.0, 1.0);
            let share = if self.follow { 1.0 } else { share };
            if zoom != 1.0 {
                self.zoom(f64::from(1.0 / zoom), share);
            } else if pointer.x < area.left() {
                self.scroll -= scroll.y;
            } else if shift || scroll.x.abs() > scroll.y.abs() {
                let delta = if scroll.x == 0.0 { scroll.y } else { scroll.x };
                if delta != 0.0 {
                    self.pan(f64::from(-delta / area.width()));
                }
            } else if scroll.y != 0.0 {
                self.zoom((f64::from(-scroll.y) / 240.0).exp(), share);
            }
        }
        self.scroll = self.scroll.clamp(0.0, overflow);
    }

    /// Reduces the data again if the view or the data changed.
    fn refresh(&mut self, ui: &Ui, board: Option<&SharedTrace>, rows: &[&Row], area: Rect) {
        let columns = ((area.width() * ui.pixels_per_point()).round() as usize).clamp(1, 16_384);
        let key = Key {
            generation: board.map_or(0, SharedTrace::generation) + self.printed.trace().now().0,
            view: self.view,
            columns,
            rows: rows.iter().map(|row| row.name.clone()).collect(),
        };
        if self.cache.as_ref().is_some_and(|cache| cache.key == key) {
            return;
        }
        let read = |row: &&Row| {
            let data = rows::with(row, board, self.printed.trace(), |trace, id| {
                rows::data(row, trace, id, self.view, columns)
            });
            data.map(|data| (row.name.clone(), data))
        };
        let data = rows.iter().filter_map(read).collect();
        self.cache = Some(Cache { key, data });
    }

    /// A row keeps its colour when others are hidden.
    fn color(&self, all: &[Row], row: &Row, tokens: &Tokens) -> Color32 {
        let index = all.iter().position(|other| other.name == row.name).unwrap_or(0);
        tokens.signal(index)
    }

    #[expect(clippy::too_many_arguments, reason = "one row's worth of drawing state")]
    fn draw_name(
        &mut self,
        ui: &Ui,
        whole: Rect,
        names: Rect,
        row: &Row,
        color: Color32,
        board: Option<&SharedTrace>,
        now: u64,
        user: &mut UserState,
    ) {
        // A row that is cut off at the edge keeps its layout, so that name and value never meet.
        let rect = whole.intersect(names);
        let tokens = Tokens::of(ui.visuals());
        let response = ui.interact(rect, ui.scope_id().with(("row", &row.name)), Sense::click());
        response
            .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Row {}", row.name)));
        let selected = self.selected.as_ref() == Some(&row.name);
        if selected || response.hovered() {
            let fill = if selected { tokens.selection.gamma_multiply(0.5) } else { tokens.hover };
            ui.painter().rect_filled(rect, 0.0, fill);
        }
        if response.clicked() {
            self.selected = Some(row.name.clone());
            ui.memory_mut(|memory| memory.request_focus(focus_id()));
        }
        response.context_menu(|ui| {
            if ui.button("Hide this row").clicked() {
                user.hidden_rows.push(row.name.clone());
                ui.close();
            }
        });
        let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
        let bar = Rect::from_min_size(whole.min, vec2(3.0, whole.height())).shrink2(vec2(0.0, 2.0));
        painter.rect_filled(bar, 1.0, color);
        let time = self.cursors[0].unwrap_or(now);
        let value = rows::with(row, board, self.printed.trace(), |trace, id| {
            rows::value_at(row, trace, id, time, false)
        })
        .unwrap_or_default();
        let left = whole.left() + 2.5 * GRID;
        let two_lines = whole.height() >= 32.0 && !value.is_empty();
        let name_y = if two_lines { whole.center().y - 7.5 } else { whole.center().y };
        let name = row.name.strip_prefix("print ").unwrap_or(&row.name);
        let font = egui::FontId::proportional(13.0);
        painter.text(pos2(left, name_y), Align2::LEFT_CENTER, name, font, tokens.text);
        let at = if two_lines {
            (pos2(left, whole.center().y + 8.0), Align2::LEFT_CENTER)
        } else {
            (pos2(whole.right() - 2.0 * GRID, whole.center().y), Align2::RIGHT_CENTER)
        };
        painter.text(at.0, at.1, value, mono(SMALL), tokens.weak);
    }

    /// What the pointer is over, and clicks that set cursors.
    fn pointer(
        &mut self,
        ui: &Ui,
        area: Rect,
        rows: &[&Row],
        board: Option<&SharedTrace>,
        height: f32,
        now: u64,
    ) {
        let tokens = Tokens::of(ui.visuals());
        let hovered = ui.ctx().viewport(|v| v.interact_widgets.hovered.contains(&focus_id()));
        let Some(pointer) =
            ui.input(|input| input.pointer.hover_pos()).filter(|p| area.contains(*p) && hovered)
        else {
            return;
        };
        let time = self.view.time_at(f64::from((pointer.x - area.left()) / area.width()));
        let index = ((pointer.y - area.top() + self.scroll) / height) as usize;
        let row = rows.get(index).copied();
        if ui.input(|input| input.pointer.primary_clicked()) {
            let snapped = row.and_then(|row| self.snap(row, board, area, pointer)).unwrap_or(time);
            let second = ui.input(|input| input.modifiers.shift);
            self.cursors[usize::from(second)] = Some(snapped);
            self.selected = row.map(|row| row.name.clone()).or(self.selected.take());
        }
        if ui.input(|input| input.pointer.is_decidedly_dragging()) {
            return;
        }
        ui.painter().vline(pointer.x, area.y_range(), Stroke::new(1.0, tokens.weak.gamma_multiply(0.5)));
        let Some(row) = row.filter(|_| time <= now) else { return };
        let value = rows::with(row, board, self.printed.trace(), |trace, id| {
            rows::value_at(row, trace, id, time, true)
        });
        let step = (self.view.span / 2_000).max(1);
        let mut text = axis::label(time, step);
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text = format!("{value}\n{text}");
        }
        chip(ui, area, pointer, &text, tokens);
    }

    /// Where an instant lies; outside of `area` when out of view.
    fn x(&self, area: Rect, time: u64) -> f32 {
        area.left() + (self.view.share_of(time) * f64::from(area.width())) as f32
    }

    fn snap(&self, row: &Row, board: Option<&SharedTrace>, area: Rect, pointer: Pos2) -> Option<u64> {
        let time = self.view.time_at(f64::from((pointer.x - area.left()) / area.width()));
        let edges = rows::with(row, board, self.printed.trace(), |trace, id| {
            [true, false].map(|forward| edge(trace, id, row.kind, time, forward))
        })?;
        edges
            .into_iter()
            .flatten()
            .filter(|edge| (self.x(area, *edge) - pointer.x).abs() <= SNAP)
            .min_by_key(|edge| edge.abs_diff(time))
    }

    /// What came after the instant shown is dimmed.
    fn draw_past(&self, ui: &Ui, area: Rect, at: Option<Time>) {
        let Some(at) = at else { return };
        let tokens = Tokens::of(ui.visuals());
        let x = self.x(area, at.0);
        let after = area.with_min_x(x.clamp(area.left(), area.right()));
        ui.painter().rect_filled(after, 0.0, tokens.well.gamma_multiply(0.55));
        if area.x_range().contains(x) {
            ui.painter().vline(x, area.top() - 6.0..=area.bottom(), Stroke::new(1.5, tokens.warning));
            let tip = pos2(x, area.top());
            let flag = vec![tip, tip + vec2(-5.0, -7.0), tip + vec2(5.0, -7.0)];
            ui.painter().add(egui::Shape::convex_polygon(flag, tokens.warning, Stroke::NONE));
        }
    }

    fn draw_cursors(&self, ui: &Ui, area: Rect) {
        let tokens = Tokens::of(ui.visuals());
        for (cursor, name) in self.cursors.iter().zip(["A", "B"]) {
            let Some(time) = cursor else { continue };
            let share = self.view.share_of(*time);
            if !(0.0..=1.0).contains(&share) {
                continue;
            }
            let x = area.left() + share as f32 * area.width();
            ui.painter().vline(x, area.top() - 6.0..=area.bottom(), Stroke::new(1.0, tokens.accent));
            let flag = Rect::from_min_size(pos2(x - 7.0, area.top() - AXIS + 3.0), vec2(14.0, 14.0));
            ui.painter().rect_filled(flag, 3.0, tokens.accent);
            ui.painter().text(
                flag.center(),
                Align2::CENTER_CENTER,
                name,
                mono(SMALL - 1.0),
                tokens.on_accent,
            );
        }
    }

    /// The line below: what the cursors measure, and which rows are shown.
    fn footer(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        all: &[Row],
        board: Option<&SharedTrace>,
        user: &mut UserState,
    ) {
        let tokens = Tokens::of(ui.visuals());
        ui.painter().rect_filled(rect, 0.0, tokens.panel);
        ui.painter().hline(rect.x_range(), rect.top(), Stroke::new(1.0, tokens.border));
        let builder = egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(2.0 * GRID, 0.0)))
            .layout(Layout::left_to_right(Align::Center));
        let mut line = ui.new_child(builder);
        line.spacing_mut().item_spacing.x = 3.0 * GRID;
        let hidden = all.iter().filter(|row| user.hidden_rows.contains(&row.name)).count();
        let title = if hidden == 0 { "Rows".to_owned() } else { format!("Rows ({hidden} hidden)") };
        let title = format!("{} {title}", icon::ICON_VISIBILITY.codepoint);
        let button = egui::Button::new(RichText::new(title).size(SMALL)).frame_when_inactive(false);
        egui::containers::menu::MenuButton::from_button(button).ui(&mut line, |ui| rows_menu(ui, all, user));
        let figure = |ui: &mut Ui, text: String| {
            ui.label(RichText::new(text).font(mono(SMALL)).color(tokens.text));
        };
        let digits = (self.view.span / 10_000).max(1);
        match self.cursors {
            [None, None] => {
                line.label(
                    RichText::new("Click: cursor A   Shift+click: cursor B   Wheel: zoom   Drag: pan")
                        .size(SMALL)
                        .color(tokens.weak),
                );
            }
            [a, b] => {
                for (cursor, name) in [(a, "A"), (b, "B")] {
                    if let Some(time) = cursor {
                        figure(&mut line, format!("{name} {}", axis::label(time, digits)));
                    }
                }
                if let (Some(a), Some(b)) = (a, b) {
                    figure(&mut line, format!("Δt {}", kit::time_span(b as i64 - a as i64)));
                    if a != b {
                        figure(&mut line, format!("1/Δt {}", kit::frequency(1e9 / a.abs_diff(b) as f64)));
                    }
                }
            }
        }
        line.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if self.follow {
                ui.label(RichText::new("following").size(SMALL).color(tokens.accent));
            }
            if let Some(dropped) = board.and_then(|board| board.read(Trace::dropped_before)) {
                let text =
                    format!("before {}: forgotten to save memory", axis::label(dropped.0, 1_000_000_000));
                ui.label(RichText::new(text).size(SMALL).color(tokens.warning));
            }
        });
    }
}

/// The instant of the next or previous change of a row.
fn edge(trace: &Trace, id: emulator::trace::ChannelId, kind: Kind, from: u64, forward: bool) -> Option<u64> {
    match (kind, forward) {
        (Kind::Digital, true) => trace.next_edge(id, Time(from)).map(|(t, _)| t.0),
        (Kind::Digital, false) => trace.previous_edge(id, Time(from)).map(|(t, _)| t.0),
        (Kind::Bus, true) => {
            trace.items(id, Time(from), Time::NEVER).map(|item| item.start.0).find(|start| *start > from)
        }
        (Kind::Bus, false) => {
            // Looking back in growing steps keeps this from reading the whole recording.
            let mut reach = 1_000_000_u64;
            loop {
                let begin = from.saturating_sub(reach);
                let last = trace
                    .items(id, Time(begin), Time(from))
                    .map(|item| item.start.0)
                    .filter(|s| *s < from)
                    .last();
                if last.is_some() || begin == 0 {
                    return last;
                }
                reach = reach.saturating_mul(16);
            }
        }
        _ => None,
    }
}

fn rows_menu(ui: &mut Ui, all: &[Row], user: &mut UserState) {
    ui.set_min_width(200.0);
    ui.horizontal(|ui| {
        if ui.button("Show all").clicked() {
            user.hidden_rows.clear();
        }
        if ui.button("Hide all").clicked() {
            user.hidden_rows = all.iter().map(|row| row.name.clone()).collect();
        }
    });
    egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for row in all {
            let mut shown = !user.hidden_rows.contains(&row.name);
            if ui.checkbox(&mut shown, &row.name).changed() {
                if shown {
                    user.hidden_rows.retain(|name| *name != row.name);
                } else {
                    user.hidden_rows.push(row.name.clone());
                }
            }
        }
    });
    ui.separator();
    let label = ui.label("Row height");
    ui.add(egui::Slider::new(&mut user.wave_row_height, 24.0..=120.0).step_by(4.0).suffix(" pt"))
        .labelled_by(label.id);
}

fn draw_axis(ui: &Ui, axis: Rect, area: Rect, view: View, (step, marks): &(u64, Vec<u64>)) {
    let tokens = Tokens::of(ui.visuals());
    let painter = ui.painter().with_clip_rect(axis.union(area));
    for mark in marks {
        let x = axis.left() + (view.share_of(*mark) * f64::from(axis.width())) as f32;
        painter.vline(x, area.y_range(), Stroke::new(1.0, tokens.border.gamma_multiply(0.5)));
        painter.vline(x, axis.bottom() - 5.0..=axis.bottom(), Stroke::new(1.0, tokens.weak));
        let text = axis::label(*mark, *step);
        painter.text(
            pos2(x + GRID, axis.center().y),
            Align2::LEFT_CENTER,
            text,
            mono(SMALL - 0.5),
            tokens.weak,
        );
    }
    painter.hline(area.x_range(), area.top(), Stroke::new(1.0, tokens.border));
}

/// A note beside the pointer, kept inside `area`.
fn chip(ui: &Ui, area: Rect, pointer: Pos2, text: &str, tokens: &Tokens) {
    let galley = ui.painter().layout(text.to_owned(), mono(SMALL), tokens.text, 280.0);
    let size = galley.size() + vec2(12.0, 8.0);
    let mut min = pointer + vec2(12.0, 12.0);
    if min.x + size.x > area.right() {
        min.x = pointer.x - 12.0 - size.x;
    }
    min.y = min.y.min(area.bottom() - size.y - 2.0).max(area.top());
    let rect = Rect::from_min_size(min, size);
    ui.painter().rect(rect, 4.0, tokens.raised, Stroke::new(1.0, tokens.border), egui::StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(6.0, 4.0), galley, tokens.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use emulator::trace::{BusData, BusItem, Channel};

    fn board() -> SharedTrace {
        let mut trace = Trace::new();
        let pin = trace.define(Channel::digital("GP15", Some(15)));
        let bus = trace.define(Channel::bus("UART GP0"));
        for i in 0..100_u64 {
            trace.edge(pin, Time(i * 1_000), i % 2 == 0);
        }
        let what = BusData::Uart { byte: 65, ok: true };
        for i in [5_000, 9_000] {
            trace.bus(bus, BusItem { start: Time(i), end: Time(i + 500), what });
        }
        trace.advance(Time(100_000));
        SharedTrace::new(trace)
    }

    #[test]
    fn cursors_jump_from_edge_to_edge() {
        let board = board();
        let mut waves = Waves { cursors: [Some(2_500), None], ..Default::default() };
        waves.command(Command::WaveNextEdge, Some(&board));
        assert_eq!(waves.cursors[0], Some(3_000));
        waves.command(Command::WavePreviousEdge, Some(&board));
        assert_eq!(waves.cursors[0], Some(2_000));
        waves.selected = Some("UART GP0".into());
        waves.command(Command::WaveNextEdge, Some(&board));
        assert_eq!(waves.cursors[0], Some(5_000));
        waves.command(Command::WaveNextEdge, Some(&board));
        waves.command(Command::WavePreviousEdge, Some(&board));
        assert_eq!(waves.cursors[0], Some(5_000));
    }

    #[test]
    fn showing_everything_shows_everything() {
        let board = board();
        let mut waves = Waves::default();
        waves.command(Command::WaveFit, Some(&board));
        assert_eq!(waves.view.start, 0);
        assert!(waves.view.end() >= 100_000);
        assert!(!waves.follows());
    }

    #[test]
    fn panning_ends_following_and_zooming_does_not() {
        let mut waves = Waves::default();
        waves.command(Command::WaveZoomIn, None);
        assert!(waves.follows());
        waves.command(Command::WaveLeft, None);
        assert!(!waves.follows());
    }
}
