//! The editor panel: tabs, find bar, text, and the line that says what is wrong.

use super::action::{Action, Queue};
use super::code_view::{self, Inputs};
use super::files::Files;
use super::kit;
use super::theme::{GRID, ROW, SMALL, Tokens};
use crate::command::Command;
use crate::editor::{Document, Finder};
use egui::{Align, Key, Layout, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};
use egui_material_icons::icons as icon;

/// The bar under the tabs.
#[derive(Default)]
pub struct FindBar {
    open: bool,
    replacing: bool,
    focus: bool,
    finder: Finder,
    replacement: String,
}

/// Asks for a line number.
#[derive(Default)]
pub struct GotoBar {
    open: bool,
    focus: bool,
    text: String,
}

/// The editor panel apart from the open files.
#[derive(Default)]
pub struct EditorPane {
    find: FindBar,
    goto: GotoBar,
    /// Give the text the keyboard in the next frame.
    pub focus: bool,
}

impl EditorPane {
    /// Opens the find bar with the selected text.
    pub fn open_find(&mut self, document: &Document, replacing: bool) {
        self.find.open = true;
        self.find.replacing = replacing;
        self.find.focus = true;
        let selected = document.selected_text();
        if !selected.is_empty() && !selected.contains('\n') {
            self.find.finder.needle = selected;
        }
    }

    /// Opens the field for a line number.
    pub fn open_goto(&mut self) {
        self.goto = GotoBar { open: true, focus: true, text: String::new() };
    }

    /// Selects the next or previous match.
    pub fn find_next(&mut self, document: &mut Document, forward: bool) {
        let range = document.selection().range();
        let found = if forward {
            self.find.finder.next(document, range.end)
        } else {
            self.find.finder.previous(document, range.start)
        };
        if let Some(found) = found {
            document.select(found.start, found.end);
        }
    }

    /// Draws the panel.
    pub fn show(&mut self, ui: &mut Ui, files: &mut Files, size: f32, queue: &mut Queue) {
        ui.spacing_mut().item_spacing.y = 0.0;
        if files.open.is_empty() {
            let commands = [Command::NewFile, Command::OpenExample];
            kit::empty_state(
                ui,
                "Nothing open",
                "Choose a file on the left, or begin one.",
                &commands,
                queue,
            );
            return;
        }
        tabs(ui, files, queue);
        let Some(file) = files.active_mut() else { return };
        self.find_bar(ui, &mut file.document, &mut file.view);
        self.goto_bar(ui, &mut file.document, &mut file.view);
        let footer = if file.document.problems.is_empty() { 0.0 } else { ROW };
        let rect = ui.available_rect_before_wrap();
        let text_rect = rect.with_max_y(rect.bottom() - footer);
        let matches =
            if self.find.open { self.find.finder.matches(&file.document).to_vec() } else { Vec::new() };
        let mut text_ui = ui.new_child(egui::UiBuilder::new().max_rect(text_rect).id_salt(file.id));
        if std::mem::take(&mut self.focus) {
            ui.memory_mut(|memory| memory.request_focus(code_view::focus_id()));
        }
        let inputs = Inputs { analysis: file.analysis.as_ref(), matches: &matches, size };
        let outputs = file.view.show(&mut text_ui, &mut file.document, &inputs);
        if outputs.changed {
            ui.ctx().request_repaint();
        }
        if footer > 0.0 {
            let rect = rect.with_min_y(rect.bottom() - footer);
            let mut line = ui.new_child(egui::UiBuilder::new().max_rect(rect));
            problem_line(&mut line, &file.document, queue);
        }
        ui.advance_cursor_after_rect(rect);
    }

    fn find_bar(&mut self, ui: &mut Ui, document: &mut Document, view: &mut code_view::CodeView) {
        if !self.find.open {
            return;
        }
        let mut moved = false;
        bar(ui, |ui| {
            ui.horizontal(|ui| {
                let field =
                    TextEdit::singleline(&mut self.find.finder.needle).hint_text("Find").desired_width(180.0);
                let response = ui.add(field);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find"));
                if std::mem::take(&mut self.find.focus) {
                    response.request_focus();
                }
                let count = self.find.finder.matches(document).len();
                if response.changed()
                    && let Some(found) = self.find.finder.next(document, document.selection().range().start)
                {
                    document.select(found.start, found.end);
                    moved = true;
                }
                if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                    let back = ui.input(|input| input.modifiers.shift);
                    self.find_next(document, !back);
                    moved = true;
                    response.request_focus();
                }
                let previous =
                    kit::glyph_button(ui, icon::ICON_KEYBOARD_ARROW_UP.codepoint, "Previous match", true);
                let next =
                    kit::glyph_button(ui, icon::ICON_KEYBOARD_ARROW_DOWN.codepoint, "Next match", true);
                if previous.on_hover_text("Previous match (Shift+F3)").clicked() {
                    self.find_next(document, false);
                    moved = true;
                }
                if next.on_hover_text("Next match (F3)").clicked() {
                    self.find_next(document, true);
                    moved = true;
                }
                let options = &mut self.find.finder.options;
                ui.toggle_value(&mut options.case, "Aa").on_hover_text("Match upper and lower case");
                ui.toggle_value(&mut options.whole_words, "\"w\"").on_hover_text("Whole words only");
                let text = match count {
                    0 if self.find.finder.needle.is_empty() => String::new(),
                    0 => "no match".to_owned(),
                    1 => "1 match".to_owned(),
                    n => format!("{n} matches"),
                };
                ui.weak(text);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let close = kit::glyph_button(ui, icon::ICON_CLOSE.codepoint, "Close find", true);
                    if close.clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
                        self.find.open = false;
                        self.focus = true;
                    }
                });
            });
            if self.find.replacing {
                ui.horizontal(|ui| {
                    let field = TextEdit::singleline(&mut self.find.replacement)
                        .hint_text("Replace with")
                        .desired_width(180.0);
                    let response = ui.add(field);
                    response.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Replace with")
                    });
                    if ui.button("Replace").clicked() {
                        let range = document.selection().range();
                        if self.find.finder.matches(document).contains(&range) {
                            document.replace(range, &self.find.replacement);
                        }
                        self.find_next(document, true);
                        moved = true;
                    }
                    if ui.button("Replace all").clicked() {
                        let replacement = self.find.replacement.clone();
                        self.find.finder.replace_all(document, &replacement);
                        moved = true;
                    }
                });
            }
        });
        if moved {
            view.reveal();
        }
    }

    fn goto_bar(&mut self, ui: &mut Ui, document: &mut Document, view: &mut code_view::CodeView) {
        if !self.goto.open {
            return;
        }
        bar(ui, |ui| {
            ui.horizontal(|ui| {
                let hint = format!("Line 1 to {}", document.line_count());
                let field = TextEdit::singleline(&mut self.goto.text).hint_text(hint).desired_width(140.0);
                let response = ui.add(field);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Go to line"));
                if std::mem::take(&mut self.goto.focus) {
                    response.request_focus();
                    return;
                }
                if response.lost_focus() {
                    if ui.input(|input| input.key_pressed(Key::Enter))
                        && let Ok(line) = self.goto.text.trim().parse::<usize>()
                    {
                        let line = line.saturating_sub(1).min(document.line_count() - 1);
                        let at = document.position(line, 0);
                        document.select(at, at);
                        view.reveal();
                    }
                    self.goto.open = false;
                    self.focus = true;
                }
            });
        });
    }
}

fn bar(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui.visuals());
    egui::Frame::new().fill(tokens.raised).inner_margin(egui::Margin::symmetric(8, 4)).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(GRID, GRID);
        ui.set_width(ui.available_width());
        contents(ui);
    });
}

fn tabs(ui: &mut Ui, files: &Files, queue: &mut Queue) {
    let tokens = Tokens::of(ui.visuals());
    let height = ROW + GRID;
    let (strip, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().rect_filled(strip, 0.0, tokens.panel);
    let mut strip_ui =
        ui.new_child(egui::UiBuilder::new().max_rect(strip).layout(Layout::left_to_right(Align::Center)));
    ScrollArea::horizontal()
        .id_salt("tabs")
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysHidden)
        .show(&mut strip_ui, |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for file in &files.open {
                tab(ui, file, Some(file.id) == files.active, height, queue);
            }
        });
}

fn tab(ui: &mut Ui, file: &super::files::OpenFile, active: bool, height: f32, queue: &mut Queue) {
    let tokens = Tokens::of(ui.visuals());
    let name = file.name();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let color = if active { tokens.text } else { tokens.weak };
    let galley = ui.painter().layout_no_wrap(name.clone(), font, color);
    let width = galley.size().x + 11.0 * GRID;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, active, &name));
    if active {
        ui.painter().rect_filled(rect, 0.0, tokens.well);
        let line = rect.with_min_y(rect.bottom() - 2.0);
        ui.painter().rect_filled(line, 0.0, tokens.accent);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, tokens.hover);
    }
    let position = egui::pos2(rect.left() + 3.0 * GRID, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(position, galley, color);
    let close_rect = egui::Rect::from_center_size(
        egui::pos2(rect.right() - 4.0 * GRID, rect.center().y),
        vec2(5.0 * GRID, 5.0 * GRID),
    );
    let close = ui.interact(close_rect, ui.scope_id().with(("close", file.id)), Sense::click());
    close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Close {name}")));
    if close.hovered() {
        ui.painter().rect_filled(close_rect, 4.0, tokens.border);
    }
    if file.document.is_changed() && !close.hovered() {
        ui.painter().circle_filled(close_rect.center(), 4.0, tokens.accent);
    } else if active || response.hovered() || close.hovered() {
        ui.painter().text(
            close_rect.center(),
            egui::Align2::CENTER_CENTER,
            icon::ICON_CLOSE.codepoint,
            egui::FontId::proportional(14.0),
            tokens.weak,
        );
    }
    if close.clicked() || response.middle_clicked() {
        queue.push(Action::Close(file.id));
    } else if response.on_hover_text(file.path.display().to_string()).clicked() {
        queue.push(Action::Activate(file.id));
    }
}

/// The line under the text: the first error, or the one under the caret.
fn problem_line(ui: &mut Ui, document: &Document, queue: &mut Queue) {
    let tokens = Tokens::of(ui.visuals());
    let rect = ui.max_rect();
    let response = ui.interact(rect, ui.scope_id().with("problems"), Sense::click());
    ui.painter().rect_filled(rect, 0.0, tokens.raised);
    let head = document.selection().head;
    let line = document.line_column(head).0;
    let here = document.problems.touching(document.line_range(line)).next();
    let Some((range, problem)) = here.or_else(|| document.problems.iter().next()) else { return };
    let (at_line, column) = document.line_column(range.start);
    let more = document.problems.len() - 1;
    let name = format!("Line {}, column {}: {}", at_line + 1, column + 1, problem.message);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect.shrink2(vec2(2.0 * GRID, 0.0))), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.label(RichText::new(icon::ICON_ERROR.codepoint).color(tokens.error).size(15.0));
            ui.add(egui::Label::new(RichText::new(&name).color(tokens.text)).truncate());
            if more > 0 {
                ui.label(RichText::new(format!("and {more} more")).size(SMALL).color(tokens.weak));
            }
        });
    });
    if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
        queue.push(Action::Caret(range.start));
    }
}
