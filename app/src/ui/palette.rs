//! The command palette: every command by a few letters of its name.

use super::action::{Action, Queue};
use super::theme::{GRID, ROW, SMALL, Tokens};
use crate::command::{Command, Menu};
use egui::{Align2, Key, Sense, TextEdit, Ui, pos2, vec2};

/// What is typed and chosen.
#[derive(Default)]
pub struct Palette {
    query: String,
    chosen: usize,
    shown: bool,
}

impl Palette {
    /// Draws the palette into a popup's `ui`; true when it is done.
    pub fn show(&mut self, ui: &mut Ui, queue: &mut Queue) -> bool {
        ui.set_width(460.0);
        let (down, up, enter) = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(egui::Modifiers::NONE, key);
            (pressed(Key::ArrowDown), pressed(Key::ArrowUp), pressed(Key::Enter))
        });
        let field =
            TextEdit::singleline(&mut self.query).hint_text("Type a command").desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Command"));
        if !std::mem::replace(&mut self.shown, true) {
            response.request_focus();
        }
        if response.changed() {
            self.chosen = 0;
        }
        let found: Vec<Command> = ranked(&self.query);
        if found.is_empty() {
            ui.weak("No command has these words.");
            return false;
        }
        if down {
            self.chosen = (self.chosen + 1) % found.len();
        }
        if up {
            self.chosen = (self.chosen + found.len() - 1) % found.len();
        }
        self.chosen = self.chosen.min(found.len() - 1);
        let mut picked = enter.then(|| found[self.chosen]);
        egui::ScrollArea::vertical().max_height(12.0 * ROW).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (i, command) in found.iter().enumerate() {
                let response = line(ui, *command, i == self.chosen);
                if i == self.chosen && (up || down) {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    picked = Some(*command);
                }
            }
        });
        if let Some(command) = picked {
            queue.push(Action::Command(command));
        }
        picked.is_some()
    }
}

/// Matching commands; those whose text starts with the query come first.
fn ranked(query: &str) -> Vec<Command> {
    let mut found: Vec<Command> = Command::all().filter(|command| command.matches(query)).collect();
    let query = query.to_lowercase();
    found.sort_by_key(|command| {
        let text = command.text().to_lowercase();
        if text.starts_with(&query) { 0 } else { 1 + usize::from(!text.contains(&query)) }
    });
    found
}

fn line(ui: &mut Ui, command: Command, chosen: bool) -> egui::Response {
    let tokens = Tokens::of(ui.visuals());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW + GRID), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, command.text()));
    if chosen || response.hovered() {
        let color = if chosen { tokens.selection } else { tokens.hover };
        ui.painter().rect_filled(rect, 4.0, color);
    }
    let y = rect.center().y;
    let font = |size| egui::FontId::proportional(size);
    let left = Align2::LEFT_CENTER;
    ui.painter().text(pos2(rect.left() + 2.0 * GRID, y), left, command.icon(), font(16.0), tokens.weak);
    let body = egui::TextStyle::Body.resolve(ui.style());
    let text = ui.painter().text(pos2(rect.left() + 9.0 * GRID, y), left, command.text(), body, tokens.text);
    let menu: &str = <&Menu as Into<&'static str>>::into(&command.menu());
    ui.painter().text(pos2(text.right() + 3.0 * GRID, y), left, menu, font(SMALL), tokens.weak);
    ui.painter().text(
        pos2(rect.right() - 2.0 * GRID, y),
        Align2::RIGHT_CENTER,
        command.shortcut_text(ui.ctx()),
        font(SMALL),
        tokens.weak,
    );
    response.on_hover_text(command.tooltip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_starts_with_the_query_comes_first() {
        assert_eq!(ranked("run")[0], Command::Run);
        assert_eq!(ranked("stop")[0], Command::Stop);
        assert_eq!(ranked("").len(), Command::all().count());
        assert!(ranked("qqq").is_empty());
    }
}
