//! Draws the console and turns keys and mouse into bytes and selections.

use super::keys;
use super::terminal::{Cell, Link, Look, Place, Terminal};
use crate::ui::theme::{GRID, Tokens, mono};
use egui::text::{LayoutJob, TextFormat};
use egui::{
    Color32, Event, EventFilter, Id, Pos2, Rect, Response, ScrollArea, Sense, Stroke, Ui, pos2, vec2,
};

/// What the user did.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// Bytes for the board.
    Send(Vec<u8>),
    /// Go to the line of a traceback.
    Follow(Link),
}

/// The state of the view: selection and what was laid out.
#[derive(Default)]
pub struct ConsoleView {
    selection: Option<(Place, Place)>,
    /// The first visual line of each row, one more at the end; rebuilt when text or width change.
    starts: Vec<usize>,
    laid_out: Option<(u64, usize)>,
    follow: bool,
}

/// The id of the console's keyboard focus.
pub fn focus_id() -> Id {
    Id::unique("console")
}

impl ConsoleView {
    /// Makes the view show the end again.
    pub fn scroll_to_end(&mut self) {
        self.follow = true;
    }

    /// Draws the console into the rest of `ui`; `live` says whether keys have anywhere to go.
    pub fn show(&mut self, ui: &mut Ui, terminal: &Terminal, size: f32, live: bool) -> Vec<Request> {
        let tokens = Tokens::of(ui.visuals());
        let font = mono(size);
        let (glyph, height) = ui.fonts_mut(|f| (f.glyph_width(&font, '0'), f.row_height(&font)));
        let line_height = (height + 2.0).round();
        let rect = ui.available_rect_before_wrap();
        ui.painter().rect_filled(rect, 0.0, tokens.well);
        let inner = rect.shrink2(vec2(2.0 * GRID, GRID));
        let columns = (((inner.width() - 3.0 * GRID) / glyph).floor() as usize).max(8);
        self.lay_out(terminal, columns);

        let id = focus_id();
        let mut requests = Vec::new();
        let response = ui.interact(rect, id, Sense::click_and_drag());
        self.name_for_screen_readers(&response, terminal);
        if response.clicked() || response.drag_started() {
            response.request_focus();
        }
        let focused = response.has_focus();
        if focused {
            ui.memory_mut(|memory| {
                let filter =
                    EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };
                memory.set_focus_lock_filter(id, filter);
            });
            self.keys(ui, terminal, live, &mut requests);
        }

        let mut area_ui = ui.new_child(egui::UiBuilder::new().max_rect(inner));
        let scroll = ScrollArea::vertical().id_salt("console").auto_shrink(false).stick_to_bottom(true);
        let total = self.starts.last().copied().unwrap_or(1);
        let scroll = if std::mem::take(&mut self.follow) {
            scroll.vertical_scroll_offset((total as f32 * line_height - inner.height()).max(0.0))
        } else {
            scroll
        };
        let grid = Grid { glyph, line_height, columns };
        scroll.show_viewport(&mut area_ui, |ui, viewport| {
            ui.set_height(total as f32 * line_height);
            ui.set_width(ui.available_width());
            let origin = ui.min_rect().min;
            let first = (viewport.top() / line_height).floor().max(0.0) as usize;
            let last = ((viewport.bottom() / line_height).ceil() as usize).min(total);
            self.mouse(ui, &response, terminal, &grid, origin, &mut requests);
            for visual in first..last {
                self.draw_line(ui, terminal, &grid, &font, origin, visual, tokens);
            }
            self.draw_cursor(ui, terminal, &grid, origin, focused && live, tokens);
        });
        ui.advance_cursor_after_rect(rect);
        requests
    }

    fn name_for_screen_readers(&self, response: &Response, terminal: &Terminal) {
        response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Board console");
            let last = (terminal.len().saturating_sub(20)..terminal.len())
                .map(|row| terminal.row_text(row))
                .collect::<Vec<_>>()
                .join("\n");
            info.current_text_value = Some(last);
            info
        });
    }

    fn lay_out(&mut self, terminal: &Terminal, columns: usize) {
        let key = (terminal.revision(), columns);
        if self.laid_out == Some(key) {
            return;
        }
        self.laid_out = Some(key);
        self.starts.clear();
        let mut at = 0;
        for row in 0..terminal.len() {
            self.starts.push(at);
            at += terminal.row(row).len().div_ceil(columns).max(1);
        }
        // The cursor behind a full last line needs a line of its own.
        self.starts.push(at);
    }

    /// The row and the first column of a visual line.
    fn row_of(&self, visual: usize, columns: usize) -> (usize, usize) {
        let row = self.starts.partition_point(|start| *start <= visual).saturating_sub(1);
        let row = row.min(self.starts.len().saturating_sub(2));
        (row, (visual - self.starts[row]) * columns)
    }

    fn keys(&mut self, ui: &Ui, terminal: &Terminal, live: bool, requests: &mut Vec<Request>) {
        let mut sent = Vec::new();
        for event in ui.input(|input| input.events.clone()) {
            match event {
                Event::Text(text) => sent.extend(text.bytes()),
                Event::Ime(egui::ImeEvent::Commit(text)) => sent.extend(text.bytes()),
                Event::Paste(text) => sent.extend(keys::paste(&text, terminal.at_prompt())),
                Event::Copy => match self.selected_text(terminal) {
                    Some(text) => ui.ctx().copy_text(text),
                    // Without a selection it is the Ctrl-C that interrupts.
                    None => sent.push(0x03),
                },
                Event::Cut => sent.push(0x18),
                Event::Key { key: egui::Key::C, pressed: true, modifiers, .. }
                    if modifiers.command && modifiers.shift =>
                {
                    if let Some(text) = self.selected_text(terminal) {
                        ui.ctx().copy_text(text);
                    }
                }
                Event::Key { key, pressed: true, modifiers, .. } => {
                    sent.extend(keys::bytes(key, modifiers).unwrap_or_default());
                }
                _ => {}
            }
        }
        if !sent.is_empty() {
            self.selection = None;
            self.follow = true;
            if live {
                requests.push(Request::Send(sent));
            }
        }
    }

    fn selected_text(&self, terminal: &Terminal) -> Option<String> {
        let (a, b) = self.selection?;
        let text = terminal.text_between(a, b);
        (!text.is_empty()).then_some(text)
    }

    fn mouse(
        &mut self,
        ui: &Ui,
        response: &Response,
        terminal: &Terminal,
        grid: &Grid,
        origin: Pos2,
        requests: &mut Vec<Request>,
    ) {
        let Some(pointer) = response.hover_pos().or(response.interact_pointer_pos()) else { return };
        let place = self.place_at(terminal, grid, origin, pointer);
        let link = terminal
            .link((place.row - terminal.first_row()) as usize)
            .filter(|link| link.columns.contains(&place.column));
        if link.is_some() && response.hovered() {
            ui.set_cursor_icon(egui::CursorIcon::PointingHand);
        } else if response.hovered() {
            ui.set_cursor_icon(egui::CursorIcon::Text);
        }
        if response.drag_started() {
            self.selection = Some((place, place));
        } else if response.dragged() {
            if let Some((_, head)) = &mut self.selection {
                *head = place;
            }
        } else if response.double_clicked() {
            let text: Vec<char> =
                terminal.row_text((place.row - terminal.first_row()) as usize).chars().collect();
            let word = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '.';
            let at = place.column.min(text.len());
            let start = text[..at].iter().rposition(|c| !word(c)).map_or(0, |i| i + 1);
            let end = text[at..].iter().position(|c| !word(c)).map_or(text.len(), |i| at + i);
            self.selection = Some((Place { column: start, ..place }, Place { column: end, ..place }));
        } else if response.clicked() {
            self.selection = None;
            if let Some(link) = link {
                requests.push(Request::Follow(link));
            }
        }
    }

    fn place_at(&self, terminal: &Terminal, grid: &Grid, origin: Pos2, pointer: Pos2) -> Place {
        let total = self.starts.last().copied().unwrap_or(1);
        let visual = ((pointer.y - origin.y) / grid.line_height).floor().max(0.0) as usize;
        let (row, start) = self.row_of(visual.min(total - 1), grid.columns);
        let column = ((pointer.x - origin.x) / grid.glyph).round().max(0.0) as usize;
        let column = start + column.min(grid.columns);
        Place { row: terminal.first_row() + row as u64, column: column.min(terminal.row(row).len()) }
    }

    #[expect(clippy::too_many_arguments, reason = "one line's worth of drawing state")]
    fn draw_line(
        &self,
        ui: &Ui,
        terminal: &Terminal,
        grid: &Grid,
        font: &egui::FontId,
        origin: Pos2,
        visual: usize,
        tokens: &Tokens,
    ) {
        let (row, start) = self.row_of(visual, grid.columns);
        let cells = terminal.row(row);
        let cells = &cells[start.min(cells.len())..(start + grid.columns).min(cells.len())];
        let y = origin.y + visual as f32 * grid.line_height;
        if let Some((a, b)) = self.selection {
            let (from, to) = (a.min(b), a.max(b));
            let number = terminal.first_row() + row as u64;
            if (from.row..=to.row).contains(&number) {
                let left = if number == from.row { from.column.saturating_sub(start) } else { 0 };
                let right = if number == to.row { to.column.saturating_sub(start) } else { cells.len() + 1 };
                let right = right.min(grid.columns);
                if right > left {
                    let x = |column: usize| origin.x + column as f32 * grid.glyph;
                    let rect = Rect::from_min_max(pos2(x(left), y), pos2(x(right), y + grid.line_height));
                    ui.painter().rect_filled(rect, 0.0, tokens.selection);
                }
            }
        }
        if cells.is_empty() {
            return;
        }
        let link = terminal.link(row);
        let mut job = LayoutJob::default();
        job.wrap.max_width = f32::INFINITY;
        let mut run = String::new();
        let mut format = TextFormat::default();
        for (i, cell) in cells.iter().enumerate() {
            let linked = link.as_ref().is_some_and(|link| link.columns.contains(&(start + i)));
            let next = text_format(cell, linked, font, tokens);
            if next != format && !run.is_empty() {
                job.append(&run, 0.0, format);
                run.clear();
            }
            format = next;
            run.push(cell.ch);
        }
        job.append(&run, 0.0, format);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let y = y + ((grid.line_height - galley.size().y) / 2.0).round();
        ui.painter().galley(pos2(origin.x, y), galley, tokens.text);
    }

    fn draw_cursor(
        &self,
        ui: &Ui,
        terminal: &Terminal,
        grid: &Grid,
        origin: Pos2,
        focused: bool,
        tokens: &Tokens,
    ) {
        let cursor = terminal.cursor();
        let row = (cursor.row - terminal.first_row()) as usize;
        let Some(start) = self.starts.get(row) else { return };
        let lines = terminal.row(row).len().div_ceil(grid.columns).max(1);
        let line = (cursor.column / grid.columns).min(lines - 1);
        let column = cursor.column - line * grid.columns;
        let min = origin + vec2(column as f32 * grid.glyph, (start + line) as f32 * grid.line_height);
        let rect = Rect::from_min_size(min, vec2(grid.glyph, grid.line_height)).shrink2(vec2(0.0, 1.0));
        if focused {
            ui.painter().rect_filled(rect, 1.0, tokens.accent.gamma_multiply(0.7));
        } else {
            let stroke = Stroke::new(1.0, tokens.weak);
            ui.painter().rect_stroke(rect, 1.0, stroke, egui::StrokeKind::Inside);
        }
        if focused {
            ui.output_mut(|output| {
                output.ime = Some(egui::output::IMEOutput {
                    purpose: egui::IMEPurpose::Terminal,
                    rect,
                    cursor_rect: rect,
                    should_interrupt_composition: false,
                });
            });
        }
    }
}

/// The raster of the console.
struct Grid {
    glyph: f32,
    line_height: f32,
    columns: usize,
}

fn text_format(cell: &Cell, linked: bool, font: &egui::FontId, tokens: &Tokens) -> TextFormat {
    let Look { color, background, bold, inverse } = cell.look;
    let mut foreground = ansi(color, tokens).unwrap_or(tokens.text);
    let mut behind = ansi(background, tokens).unwrap_or(Color32::TRANSPARENT);
    if inverse {
        behind = foreground;
        foreground = tokens.well;
    }
    if bold && color == 0 && !inverse {
        foreground = tokens.accent;
    }
    let underline = if linked { Stroke::new(1.0, tokens.accent) } else { Stroke::NONE };
    if linked {
        foreground = tokens.accent;
    }
    TextFormat {
        font_id: font.clone(),
        color: foreground,
        background: behind,
        underline,
        ..Default::default()
    }
}

fn ansi(index: u8, tokens: &Tokens) -> Option<Color32> {
    Some(match index {
        0 => return None,
        1 => tokens.border,
        2 | 10 => tokens.error,
        3 | 11 => tokens.good,
        4 | 12 => tokens.warning,
        5 | 13 => tokens.signals[1],
        6 | 14 => tokens.signals[3],
        7 | 15 => tokens.signals[6],
        9 => tokens.weak,
        _ => tokens.text,
    })
}
