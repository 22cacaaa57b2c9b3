//! Draws a [`Document`] and turns keys and mouse into edits. Only visible lines are laid out.

use super::theme::{GRID, Tokens, mono};
use crate::editor::{Analysis, Document, Motion, Problem, Span};
use egui::text::{CCursor, CharIndex, LayoutJob, TextFormat};
use egui::{
    Event, EventFilter, FontId, Galley, Id, ImeEvent, Key, Modifiers, Pos2, Rect, Response, ScrollArea,
    Sense, Stroke, Ui, pos2, vec2,
};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Longer lines are cut in the view (not in the text): laying out a megabyte takes seconds.
const MAX_COLUMNS: usize = 2_000;

/// What a frame of the editor needs to know.
pub struct Inputs<'a> {
    /// Colours, once they are known.
    pub analysis: Option<&'a Analysis>,
    /// Matches to mark.
    pub matches: &'a [Range<usize>],
    /// Size of the text, in points.
    pub size: f32,
}

/// What came of a frame of the editor.
pub struct Outputs {
    /// The whole widget.
    pub response: Response,
    /// The text is another than before.
    pub changed: bool,
}

/// The state of one view.
#[derive(Default)]
pub struct CodeView {
    reveal: bool,
    /// Where the caret was when it was last brought into view.
    lines: HashMap<usize, Arc<Galley>>,
    key: Option<CacheKey>,
    preedit: String,
    /// The widest line seen, so that the horizontal scroll bar does not jump.
    widest: f32,
    rows_visible: usize,
}

#[derive(Clone, Copy, PartialEq)]
struct CacheKey {
    revision: u64,
    analysed: Option<u64>,
    size: f32,
    dark: bool,
    pixels_per_point: f32,
}

/// Measures of one frame.
struct Metrics {
    font: FontId,
    glyph: f32,
    line_height: f32,
    gutter: f32,
}

/// The id of the editor's keyboard focus.
pub fn focus_id() -> Id {
    Id::unique("code_view")
}

impl CodeView {
    /// Brings the caret into view in the next frame.
    pub fn reveal(&mut self) {
        self.reveal = true;
    }

    /// Draws the text into the rest of `ui`.
    pub fn show(&mut self, ui: &mut Ui, document: &mut Document, inputs: &Inputs<'_>) -> Outputs {
        let tokens = Tokens::of(ui.visuals());
        let font = mono(inputs.size);
        let (glyph, height) = ui.fonts_mut(|f| (f.glyph_width(&font, '0'), f.row_height(&font)));
        let digits = document.line_count().to_string().len().max(3) as f32;
        let metrics = Metrics {
            glyph,
            line_height: (height * 1.25).round(),
            gutter: (digits * glyph + 7.0 * GRID).round(),
            font,
        };
        let rect = ui.available_rect_before_wrap();
        ui.painter().rect_filled(rect, 0.0, tokens.well);
        self.rows_visible = (rect.height() / metrics.line_height) as usize;

        let id = focus_id();
        let response = ui.interact(rect, id, Sense::click_and_drag());
        name_for_screen_readers(&response, document);
        let before = (document.revision(), document.selection());
        if response.clicked() || response.drag_started() || response.double_clicked() {
            response.request_focus();
        }
        let focused = response.has_focus();
        if focused {
            ui.memory_mut(|memory| {
                let filter =
                    EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: false };
                memory.set_focus_lock_filter(id, filter);
            });
            self.keys(ui, document);
        }
        if before != (document.revision(), document.selection()) {
            self.reveal = true;
        }

        self.forget_stale_lines(ui, document, inputs);
        let mut area = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        ScrollArea::both().id_salt(("code", id)).auto_shrink(false).show_viewport(
            &mut area,
            |ui, viewport| {
                let height = document.line_count() as f32 * metrics.line_height;
                // Half a page of air at the end, so that the last line need not sit at the edge.
                ui.set_height(height + viewport.height() * 0.5);
                ui.set_width((self.widest + metrics.gutter + 8.0 * GRID).max(viewport.width()));
                let origin = ui.min_rect().min;
                let clip = ui.clip_rect();
                let first = (viewport.top() / metrics.line_height).floor().max(0.0) as usize;
                let last =
                    ((viewport.bottom() / metrics.line_height).ceil() as usize).min(document.line_count());
                let lines = first..last.max(first);
                self.mouse(ui, &response, document, &metrics, origin, inputs);
                let text_origin = origin + vec2(metrics.gutter, 0.0);
                let text_clip = clip.with_min_x(clip.left() + metrics.gutter);
                let painter = ui.painter().with_clip_rect(text_clip);
                self.draw_text(ui, &painter, document, inputs, &metrics, text_origin, lines.clone(), focused);
                self.draw_gutter(ui, document, &metrics, clip, origin, lines);
                self.caret_into_view(ui, document, inputs, &metrics, text_origin, focused);
            },
        );
        ui.advance_cursor_after_rect(rect);
        Outputs { response, changed: before.0 != document.revision() }
    }

    // ---- keys ----

    fn keys(&mut self, ui: &Ui, document: &mut Document) {
        for event in ui.input(|input| input.events.clone()) {
            match event {
                Event::Text(text) if !text.is_empty() => document.insert(&text),
                Event::Paste(text) => document.insert(&text),
                Event::Copy => copy(ui, document, false),
                Event::Cut => copy(ui, document, true),
                Event::Ime(ImeEvent::Preedit { text, .. }) => self.preedit = text,
                Event::Ime(ImeEvent::Commit(text)) => {
                    self.preedit.clear();
                    if !text.is_empty() {
                        document.insert(&text);
                    }
                }
                Event::Key { key, pressed: true, modifiers, .. } => self.key(key, modifiers, document),
                _ => {}
            }
        }
    }

    fn key(&mut self, key: Key, modifiers: Modifiers, document: &mut Document) {
        let page = self.rows_visible.saturating_sub(2).max(1) as isize;
        let (word, extend) = (modifiers.command || modifiers.ctrl, modifiers.shift);
        let motion = match key {
            Key::ArrowUp | Key::ArrowDown if modifiers.alt => {
                document.move_lines(key == Key::ArrowDown);
                return;
            }
            Key::ArrowLeft if word => Motion::WordLeft,
            Key::ArrowRight if word => Motion::WordRight,
            Key::ArrowLeft => Motion::Left,
            Key::ArrowRight => Motion::Right,
            Key::ArrowUp if !word => Motion::Lines(-1),
            Key::ArrowDown if !word => Motion::Lines(1),
            Key::PageUp if !word => Motion::Lines(-page),
            Key::PageDown if !word => Motion::Lines(page),
            Key::Home if word => Motion::Start,
            Key::End if word => Motion::End,
            Key::Home => Motion::LineStart,
            Key::End => Motion::LineEnd,
            Key::Enter if !word => return document.new_line(),
            Key::Tab if extend => return document.dedent(),
            Key::Tab if !word => return document.tab(),
            Key::Backspace => return document.backspace(word),
            Key::Delete if !extend => return document.delete_forward(word),
            _ => return,
        };
        document.move_caret(motion, extend);
    }

    // ---- mouse ----

    fn mouse(
        &mut self,
        ui: &Ui,
        response: &Response,
        document: &mut Document,
        metrics: &Metrics,
        origin: Pos2,
        inputs: &Inputs<'_>,
    ) {
        let Some(pointer) = response.interact_pointer_pos().or(response.hover_pos()) else { return };
        let in_gutter = pointer.x < ui.clip_rect().left() + metrics.gutter;
        if response.hovered() {
            ui.set_cursor_icon(if in_gutter { egui::CursorIcon::Default } else { egui::CursorIcon::Text });
        }
        let line = ((pointer.y - origin.y) / metrics.line_height).floor().max(0.0) as usize;
        let line = line.min(document.line_count() - 1);
        let galley = self.line(ui, document, inputs, metrics, line);
        let x = pointer.x - origin.x - metrics.gutter;
        let at = document.position(line, galley.cursor_from_pos(vec2(x, 0.0)).index.0);

        let pressed = ui.input(|input| input.pointer.primary_pressed());
        let shift = ui.input(|input| input.modifiers.shift);
        if response.triple_clicked() || (in_gutter && response.clicked()) {
            let next = document.position(line + 1, 0);
            let end = if line + 1 < document.line_count() { next } else { document.line_range(line).end };
            document.select(document.line_range(line).start, end);
        } else if response.double_clicked() {
            let word = document.word_at(at);
            document.select(word.start, word.end);
        } else if pressed && response.contains_pointer() && !in_gutter {
            let anchor = if shift { document.selection().anchor } else { at };
            document.select(anchor, at);
        } else if response.dragged_by(egui::PointerButton::Primary) && !in_gutter {
            document.select(document.selection().anchor, at);
            self.reveal = true;
        }
        if let Some(problem) = problem_at(document, at).filter(|_| response.hovered() && !in_gutter) {
            let tokens = Tokens::of(ui.visuals());
            response.clone().on_hover_ui_at_pointer(|ui| {
                ui.colored_label(tokens.error, &problem.message);
            });
        }
    }

    // ---- drawing ----

    fn forget_stale_lines(&mut self, ui: &Ui, document: &Document, inputs: &Inputs<'_>) {
        let key = CacheKey {
            revision: document.revision(),
            analysed: inputs.analysis.map(|analysis| analysis.revision),
            size: inputs.size,
            dark: ui.visuals().dark_mode,
            pixels_per_point: ui.pixels_per_point(),
        };
        if self.key != Some(key) {
            self.key = Some(key);
            self.lines.clear();
        }
    }

    /// A line, laid out with its colours.
    fn line(
        &mut self,
        ui: &Ui,
        document: &Document,
        inputs: &Inputs<'_>,
        metrics: &Metrics,
        line: usize,
    ) -> Arc<Galley> {
        if let Some(galley) = self.lines.get(&line) {
            return Arc::clone(galley);
        }
        let tokens = Tokens::of(ui.visuals());
        let text: String = document.line_text(line).chars().take(MAX_COLUMNS).collect();
        let start = document.rope().line_to_byte(line);
        let spans = match inputs.analysis {
            Some(analysis) => {
                // After an undo the way from there to here is not known: draw with what there is.
                let changes = document.changes_since(analysis.revision).unwrap_or(&[]);
                analysis.spans_in(start..start + text.len(), changes)
            }
            None => Vec::new(),
        };
        let galley = ui.fonts_mut(|f| f.layout_job(line_job(&text, start, &spans, &metrics.font, tokens)));
        self.widest = self.widest.max(galley.size().x);
        self.lines.insert(line, Arc::clone(&galley));
        galley
    }

    #[expect(clippy::too_many_arguments, reason = "one frame's worth of drawing state")]
    fn draw_text(
        &mut self,
        ui: &Ui,
        painter: &egui::Painter,
        document: &Document,
        inputs: &Inputs<'_>,
        metrics: &Metrics,
        origin: Pos2,
        lines: Range<usize>,
        focused: bool,
    ) {
        let tokens = Tokens::of(ui.visuals());
        let selection = document.selection();
        let (caret_line, _) = document.line_column(selection.head);
        for line in lines {
            let y = origin.y + line as f32 * metrics.line_height;
            let galley = self.line(ui, document, inputs, metrics, line);
            let range = document.line_range(line);
            let row = Row { range, y, x: origin.x, galley: &galley, height: metrics.line_height };
            if line == caret_line && selection.is_empty() {
                let rect = Rect::from_x_y_ranges(painter.clip_rect().x_range(), row.y..=row.y + row.height);
                painter.rect_filled(rect, 0.0, tokens.current_line);
            }
            for found in
                inputs.matches.iter().filter(|m| m.start <= row.range.end && m.end >= row.range.start)
            {
                if let Some(rect) = row.part(found, 0.0) {
                    painter.rect_filled(rect, 2.0, tokens.warning.gamma_multiply(0.25));
                }
            }
            if !selection.is_empty()
                && let Some(rect) = row.part(&selection.range(), metrics.glyph * 0.5)
            {
                let color = if focused { tokens.selection } else { tokens.selection.gamma_multiply(0.6) };
                painter.rect_filled(rect, 0.0, color);
            }
            let text_y = y + ((metrics.line_height - galley.size().y) / 2.0).round();
            painter.galley(pos2(origin.x, text_y), Arc::clone(&galley), tokens.text);
            for (problem, _) in document.problems.touching(row.range.clone()) {
                if let Some(rect) = row.part(problem, metrics.glyph) {
                    squiggle(painter, rect, tokens);
                }
            }
        }
    }

    fn draw_gutter(
        &self,
        ui: &Ui,
        document: &Document,
        metrics: &Metrics,
        clip: Rect,
        origin: Pos2,
        lines: Range<usize>,
    ) {
        let tokens = Tokens::of(ui.visuals());
        let painter = ui.painter();
        let right = clip.left() + metrics.gutter;
        painter.rect_filled(clip.with_max_x(right), 0.0, tokens.well);
        let (caret_line, _) = document.line_column(document.selection().head);
        for line in lines {
            let center = origin.y + (line as f32 + 0.5) * metrics.line_height;
            let color = if line == caret_line { tokens.text } else { tokens.weak.gamma_multiply(0.75) };
            painter.text(
                pos2(right - 3.0 * GRID, center),
                egui::Align2::RIGHT_CENTER,
                line + 1,
                metrics.font.clone(),
                color,
            );
            if document.problems.touching(document.line_range(line)).next().is_some() {
                painter.circle_filled(pos2(clip.left() + 2.0 * GRID, center), 3.0, tokens.error);
            }
        }
    }

    fn caret_into_view(
        &mut self,
        ui: &Ui,
        document: &Document,
        inputs: &Inputs<'_>,
        metrics: &Metrics,
        origin: Pos2,
        focused: bool,
    ) {
        let tokens = Tokens::of(ui.visuals());
        let (line, column) = document.line_column(document.selection().head);
        let galley = self.line(ui, document, inputs, metrics, line);
        let x = origin.x + column_x(&galley, column);
        let top = origin.y + line as f32 * metrics.line_height;
        let caret = Rect::from_min_size(pos2(x, top), vec2(2.0, metrics.line_height));
        if focused {
            // The caret does not blink: a window in which nothing happens must not draw.
            if ui.clip_rect().with_min_x(ui.clip_rect().left() + metrics.gutter).intersects(caret) {
                ui.painter().rect_filled(caret.shrink2(vec2(0.0, 1.0)), 0.0, tokens.accent);
            }
            self.draw_preedit(ui, metrics, caret, tokens);
            ui.output_mut(|output| {
                output.ime = Some(egui::output::IMEOutput {
                    purpose: egui::IMEPurpose::Normal,
                    rect: ui.clip_rect(),
                    cursor_rect: caret,
                    should_interrupt_composition: false,
                });
            });
        }
        if std::mem::take(&mut self.reveal) {
            let room = vec2(metrics.gutter + 4.0 * metrics.glyph, metrics.line_height);
            let around = Rect::from_min_max(
                caret.min - vec2(if column < 8 { origin.x } else { room.x }, room.y),
                caret.max + room,
            );
            ui.scroll_to_rect_animation(around, None, egui::style::ScrollAnimation::none());
        }
    }

    fn draw_preedit(&self, ui: &Ui, metrics: &Metrics, caret: Rect, tokens: &Tokens) {
        if self.preedit.is_empty() {
            return;
        }
        let painter = ui.painter();
        let galley = painter.layout_no_wrap(self.preedit.clone(), metrics.font.clone(), tokens.text);
        let rect = Rect::from_min_size(caret.left_top(), vec2(galley.size().x, metrics.line_height));
        painter.rect_filled(rect, 0.0, tokens.raised);
        painter.galley(rect.min, galley, tokens.text);
        painter.hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, tokens.accent));
    }
}

/// One visible line.
struct Row<'a> {
    range: Range<usize>,
    x: f32,
    y: f32,
    galley: &'a Galley,
    height: f32,
}

impl Row<'_> {
    /// The part of the line that `range` covers; `tail` is drawn for a line end inside it.
    fn part(&self, range: &Range<usize>, tail: f32) -> Option<Rect> {
        let start = range.start.max(self.range.start);
        let end = range.end.min(self.range.end);
        if start > end || range.is_empty() {
            return None;
        }
        let left = self.x + column_x(self.galley, start - self.range.start);
        let mut right = self.x + column_x(self.galley, end - self.range.start);
        if range.end > self.range.end {
            right += tail;
        }
        (right > left).then(|| Rect::from_min_max(pos2(left, self.y), pos2(right, self.y + self.height)))
    }
}

fn column_x(galley: &Galley, column: usize) -> f32 {
    galley.pos_from_cursor(CCursor::new(CharIndex(column))).left()
}

fn line_job(text: &str, start: usize, spans: &[Span], font: &FontId, tokens: &Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = f32::INFINITY;
    let mut at = 0;
    let append = |job: &mut LayoutJob, range: Range<usize>, color| {
        // Spans of an older text may cut a character in two: such a piece is drawn plain.
        if let Some(piece) = text.get(range) {
            job.append(piece, 0.0, TextFormat { font_id: font.clone(), color, ..Default::default() });
            true
        } else {
            false
        }
    };
    for span in spans {
        let range = span.bytes.start - start..(span.bytes.end - start).min(text.len());
        if range.start < at || range.end <= range.start {
            continue;
        }
        if !text.is_char_boundary(range.start) || !text.is_char_boundary(range.end) {
            continue;
        }
        append(&mut job, at..range.start, tokens.text);
        append(&mut job, range.clone(), tokens.code(span.kind));
        at = range.end;
    }
    append(&mut job, at..text.len(), tokens.text);
    job
}

fn squiggle(painter: &egui::Painter, rect: Rect, tokens: &Tokens) {
    let y = rect.bottom() - 2.0;
    let mut points = Vec::new();
    let mut x = rect.left();
    let mut up = false;
    while x <= rect.right() + 1.0 {
        points.push(pos2(x, if up { y - 2.0 } else { y }));
        up = !up;
        x += 2.5;
    }
    painter.add(egui::Shape::line(points, Stroke::new(1.2, tokens.error)));
}

fn problem_at(document: &Document, at: usize) -> Option<Problem> {
    document.problems.touching(at..at).map(|(_, problem)| problem.clone()).next()
}

fn copy(ui: &Ui, document: &mut Document, cut: bool) {
    if document.selection().is_empty() {
        // Without a selection it is the whole line, as in most editors.
        let (line, _) = document.line_column(document.selection().head);
        let start = document.line_range(line).start;
        let end = (document.line_range(line).end + 1).min(document.rope().len_chars());
        if start == end {
            return;
        }
        ui.ctx().copy_text(document.rope().slice(start..end).to_string());
        if cut {
            document.replace(start..end, "");
        }
        return;
    }
    ui.ctx().copy_text(document.selected_text());
    if cut {
        document.delete_forward(false);
    }
}

fn name_for_screen_readers(response: &Response, document: &Document) {
    response.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::MultilineTextInput, true, "Source text");
        // A screen reader reads around the caret; a megabyte a frame would help nobody.
        let (line, _) = document.line_column(document.selection().head);
        let near = line.saturating_sub(50)..(line + 50).min(document.line_count());
        let start = document.line_range(near.start).start;
        let end = document.line_range(near.end.saturating_sub(1)).end;
        info.current_text_value = Some(document.rope().slice(start..end).to_string());
        info
    });
}
