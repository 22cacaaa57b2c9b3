//! Small widgets that every panel uses, so that like things look alike.

use super::action::{Action, Queue};
use super::theme::{GRID, ROW, SMALL, Tokens, mono};
use crate::command::Command;
use egui::{Align, Button, Frame, Layout, Margin, Response, RichText, Ui, vec2};

/// A button that is only the command's icon; name and shortcut are in the tooltip.
pub fn icon_button(ui: &mut Ui, command: Command, enabled: bool, queue: &mut Queue) -> Response {
    let response = glyph_button(ui, command.icon(), command.text(), enabled);
    let response = command_tooltip(ui, response, command);
    if response.clicked() {
        queue.push(Action::Command(command));
    }
    response
}

/// A frameless button with a glyph, whose name is for screen readers and tests.
pub fn glyph_button(ui: &mut Ui, glyph: &str, name: &str, enabled: bool) -> Response {
    let button =
        Button::new(RichText::new(glyph).size(17.0)).frame_when_inactive(false).min_size(vec2(ROW, ROW));
    let response = ui.add_enabled(enabled, button);
    let name = name.to_owned();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, &name));
    response
}

/// A button with the command's icon and text.
pub fn command_button(ui: &mut Ui, command: Command, enabled: bool, queue: &mut Queue) -> Response {
    let text = format!("{} {}", command.icon(), command.text());
    let response = ui.add_enabled(enabled, Button::new(text).min_size(vec2(0.0, ROW)));
    let name = command.text();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    let response = command_tooltip(ui, response, command);
    if response.clicked() {
        queue.push(Action::Command(command));
    }
    response
}

/// Explains a command on hover, with its shortcut.
pub fn command_tooltip(ui: &Ui, response: Response, command: Command) -> Response {
    let shortcut = command.shortcut_text(ui.ctx());
    let show = move |ui: &mut Ui| {
        ui.horizontal(|ui| {
            ui.strong(command.text());
            if !shortcut.is_empty() {
                ui.weak(shortcut);
            }
        });
        ui.label(command.tooltip());
    };
    response.on_hover_ui(show.clone()).on_disabled_hover_ui(show)
}

/// One line of a menu: icon, text, shortcut.
pub fn menu_item(ui: &mut Ui, command: Command, enabled: bool, queue: &mut Queue) {
    let text = format!("{}  {}", glyph_or_space(command.icon()), command.text());
    let button = Button::new(text).shortcut_text(command.shortcut_text(ui.ctx())).min_size(vec2(220.0, ROW));
    let response = ui.add_enabled(enabled, button);
    let name = command.text();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, enabled, name));
    if response.on_hover_text(command.tooltip()).clicked() {
        queue.push(Action::Command(command));
        ui.close();
    }
}

fn glyph_or_space(glyph: &str) -> &str {
    // Icons are one em wide; so is this, and menu texts stay in line.
    if glyph.is_empty() { "\u{2003}" } else { glyph }
}

/// What an empty panel says: what is missing, and how to get it.
pub fn empty_state(ui: &mut Ui, title: &str, hint: &str, commands: &[Command], queue: &mut Queue) {
    let height = 2.0 * ROW + commands.len().min(1) as f32 * (ROW + GRID);
    ui.add_space(((ui.available_height() - height) / 2.0).max(GRID));
    ui.vertical_centered(|ui| {
        ui.strong(title);
        ui.add(egui::Label::new(RichText::new(hint).weak()).wrap());
        ui.add_space(GRID);
        for command in commands {
            command_button(ui, *command, true, queue);
        }
    });
}

/// A caption over a group of controls.
pub fn caption(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).size(SMALL).weak())
}

/// A value with its unit, in the monospaced face, right-aligned in `width`.
pub fn value(ui: &mut Ui, text: &str, unit: &str, width: f32) -> Response {
    ui.allocate_ui_with_layout(vec2(width, ROW), Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = GRID;
        if !unit.is_empty() {
            ui.label(RichText::new(unit).size(SMALL).weak());
        }
        ui.label(RichText::new(text).font(mono(12.5)));
    })
    .response
}

/// A card: a raised surface with a border.
pub fn card(ui: &Ui) -> Frame {
    let tokens = Tokens::of(ui.visuals());
    Frame::new()
        .fill(tokens.raised)
        .stroke(egui::Stroke::new(1.0, tokens.border))
        .corner_radius(6.0)
        .inner_margin(Margin::same(8))
}

/// A page over the window.
pub fn page(ctx: &egui::Context, id: &'static str) -> egui::Modal {
    let frame = Frame::popup(&ctx.global_style()).inner_margin(Margin::same(16));
    egui::Modal::new(egui::Id::unique(id)).frame(frame)
}

/// A number with about four significant digits: 0.123, 21.4, 1013.
pub fn short_number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs();
    let digits = if magnitude >= 1000.0 || magnitude == 0.0 {
        0
    } else if magnitude >= 100.0 {
        1
    } else if magnitude >= 10.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time span with the unit that leaves one to three digits before the point: `12.5 µs`.
pub fn time_span(nanoseconds: i64) -> String {
    let magnitude = nanoseconds.unsigned_abs();
    let (scale, unit) = match magnitude {
        0 => return "0 s".to_owned(),
        1..1_000 => (1.0, "ns"),
        1_000..1_000_000 => (1e3, "µs"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let value = nanoseconds as f64 / scale;
    let digits = if value.abs() >= 100.0 { 2 } else { 3 };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// A frequency with its unit: `1.25 kHz`.
pub fn frequency(hertz: f64) -> String {
    let (scale, unit) = match hertz.abs() {
        h if h >= 1e9 => (1e9, "GHz"),
        h if h >= 1e6 => (1e6, "MHz"),
        h if h >= 1e3 => (1e3, "kHz"),
        h if h >= 1.0 || h == 0.0 => (1.0, "Hz"),
        _ => (1e-3, "mHz"),
    };
    format!("{} {unit}", short_number(hertz / scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short_number(0.0), "0");
        assert_eq!(short_number(21.456), "21.46");
        assert_eq!(short_number(1013.25), "1013");
        assert_eq!(short_number(-0.5), "-0.5");
        assert_eq!(short_number(100.0), "100");
        assert_eq!(short_number(f64::NAN), "NaN");
    }

    #[test]
    fn spans_and_frequencies_carry_sensible_units() {
        assert_eq!(time_span(0), "0 s");
        assert_eq!(time_span(950), "950 ns");
        assert_eq!(time_span(12_500), "12.5 µs");
        assert_eq!(time_span(-2_000_000), "-2 ms");
        assert_eq!(time_span(1_500_000_000), "1.5 s");
        assert_eq!(frequency(1250.0), "1.25 kHz");
        assert_eq!(frequency(0.5), "500 mHz");
        assert_eq!(frequency(2.0), "2 Hz");
    }
}
