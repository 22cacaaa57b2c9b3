//! A part's card: what it shows, what is fed into it, where it is wired.

use super::edit;
use super::live::Live;
use super::picture;
use crate::ui::action::{Action, Queue};
use crate::ui::kit;
use crate::ui::theme::{GRID, ROW, SMALL, Tokens, mono};
use egui::{Align, Button, ComboBox, Layout, RichText, Sense, Slider, TextureHandle, Ui, vec2};
use egui_material_icons::icons as icon;
use emulator::bench::{Bench, PartSpec};
use emulator::board::Node;
use emulator::part::{InputInfo, PropertyInfo, PropertyKind, Value};
use emulator::signal::{Signal, Source};
use emulator::trace::Picture;
use std::collections::HashMap;
use std::sync::Arc;

/// What the user changed on the cards of one frame.
#[derive(Default)]
pub struct Changes {
    /// A part's pin goes elsewhere.
    pub pin: Option<(usize, &'static str, Option<String>)>,
    /// A property of a part has another value.
    pub property: Option<(usize, &'static str, toml_edit::Value)>,
    /// A part goes.
    pub remove: Option<usize>,
    /// Ask what drives an input of a part.
    pub drive: Option<(usize, usize)>,
}

/// Textures of displays, by part, with the picture they were made from.
pub type Displays = HashMap<String, (Arc<Picture>, TextureHandle)>;

/// Inputs that are fed by hand, by part and input.
pub type ByHand = HashMap<(String, String), f64>;

/// What the cards remember between frames.
pub struct Hands<'a> {
    /// Inputs that are fed by hand.
    pub by_hand: &'a mut ByHand,
    /// What displays show.
    pub displays: &'a mut Displays,
}

/// A part's display, as large as the card allows, with square pixels.
fn display(ui: &mut Ui, part: &str, picture: &Arc<Picture>, displays: &mut Displays) {
    let fresh = displays.get(part).is_some_and(|(shown, _)| Arc::ptr_eq(shown, picture));
    if !fresh {
        let pixels = picture.rgb.iter().map(|[r, g, b]| egui::Color32::from_rgb(*r, *g, *b)).collect();
        let image = egui::ColorImage::new([picture.width, picture.height], pixels);
        let texture = ui.ctx().load_texture(format!("display {part}"), image, egui::TextureOptions::NEAREST);
        displays.insert(part.to_owned(), (Arc::clone(picture), texture));
    }
    let Some((_, texture)) = displays.get(part) else { return };
    let (columns, rows) = (picture.width.max(1) as f32, picture.height.max(1) as f32);
    let scale = (ui.available_width() / columns).min(160.0 / rows).min(24.0);
    let image = egui::Image::new((texture.id(), vec2(columns, rows) * scale));
    let name = format!("Display of {part}");
    ui.add(image.corner_radius(3.0))
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &name));
}

/// Draws the card of a part; true while the pointer is over it.
pub fn show(
    ui: &mut Ui,
    bench: &Bench,
    index: usize,
    live: &Live,
    hands: &mut Hands<'_>,
    changes: &mut Changes,
    queue: &mut Queue,
) -> bool {
    let by_hand = &mut *hands.by_hand;
    let part = &bench.parts[index];
    let tokens = Tokens::of(ui.visuals());
    let frame = kit::card(ui).outer_margin(egui::Margin { right: 10, ..Default::default() });
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = GRID;
        ui.push_id(("part", &part.name), |ui| {
            header(ui, part, index, live, changes);
            if let Some(picture) = live.picture(&part.name) {
                display(ui, &part.name, picture, hands.displays);
            }
            for (at, input) in part.kind.inputs.iter().enumerate() {
                if hides(part, at) {
                    continue;
                }
                input_row(ui, part, index, at, input, live, by_hand, changes, queue);
            }
            // A lamp and a display show their outputs.
            let shows =
                part.kind.name == "led" || live.picture(&part.name).is_some() && part.kind.outputs.len() > 4;
            for output in part.kind.outputs {
                if shows {
                    continue;
                }
                ui.horizontal(|ui| {
                    ui.label(RichText::new(output.title).size(SMALL + 0.5));
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        let shown = live.value(&part.name, output.name);
                        let text = shown.map_or("–".to_owned(), |v| kit::short_number(f64::from(v)));
                        kit::value(ui, &text, output.unit, 80.0);
                    });
                });
            }
            if !is_own(part) {
                wires(ui, bench, part, index, changes);
            }
        });
    });
    let bar = response.response.rect.with_max_x(response.response.rect.left() + 3.0).shrink2(vec2(0.0, 6.0));
    ui.painter().rect_filled(bar, 1.5, tokens.signal(index));
    response.response.contains_pointer()
}

fn header(ui: &mut Ui, part: &PartSpec, index: usize, live: &Live, changes: &mut Changes) {
    ui.horizontal(|ui| {
        ui.set_height(ROW);
        if part.kind.name == "led" {
            let tokens = Tokens::of(ui.visuals());
            let (rect, lamp) = ui.allocate_exact_size(vec2(ROW, ROW), Sense::hover());
            let brightness = live.value(&part.name, "brightness").unwrap_or(0.0);
            let color = picture::color_named(part.properties.text("color"));
            picture::glow(ui.painter(), rect.center(), 6.0, color, brightness, tokens);
            lamp.on_hover_text(format!("Brightness {:.0} %", brightness * 100.0));
        }
        ui.label(RichText::new(&part.name).strong());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !is_own(part) {
                let button = Button::new(icon::ICON_MORE_VERT.codepoint).frame_when_inactive(false);
                let (response, _) = egui::containers::menu::MenuButton::from_button(button)
                    .ui(ui, |ui| menu(ui, part, index, changes));
                let name = format!("Options of {}", part.name);
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            }
            ui.add(egui::Label::new(RichText::new(part.kind.title).size(SMALL).weak()).truncate())
                .on_hover_text(part.kind.description);
        });
    });
}

/// A part of the board's own that bench.toml does not mention: there is nothing of it to change there.
fn is_own(part: &PartSpec) -> bool {
    part.line == 0
}

fn menu(ui: &mut Ui, part: &PartSpec, index: usize, changes: &mut Changes) {
    ui.set_min_width(180.0);
    for info in part.kind.properties {
        property(ui, part, index, info, changes);
    }
    if !part.kind.properties.is_empty() {
        ui.separator();
    }
    let tokens = Tokens::of(ui.visuals());
    let text = format!("{}  Remove", icon::ICON_DELETE.codepoint);
    if ui.button(RichText::new(text).color(tokens.error)).clicked() {
        changes.remove = Some(index);
        ui.close();
    }
}

/// Choices as submenus; numbers are changed in bench.toml.
fn property(ui: &mut Ui, part: &PartSpec, index: usize, info: &'static PropertyInfo, changes: &mut Changes) {
    let now = part.properties.get(info.name).cloned();
    match info.kind {
        PropertyKind::Choice { of, .. } => {
            ui.menu_button(info.title, |ui| {
                for choice in of {
                    let chosen = now == Some(Value::Text((*choice).to_owned()));
                    if ui.selectable_label(chosen, *choice).clicked() {
                        changes.property = Some((index, info.name, (*choice).into()));
                        ui.close();
                    }
                }
            });
        }
        PropertyKind::Address { of, .. } => {
            ui.menu_button(info.title, |ui| {
                for address in of {
                    let chosen = now == Some(Value::Integer(i64::from(*address)));
                    if ui.selectable_label(chosen, format!("0x{address:02X}")).clicked() {
                        changes.property = Some((index, info.name, edit::hexadecimal(i64::from(*address))));
                        ui.close();
                    }
                }
            });
        }
        PropertyKind::List { of, .. } => {
            let texts = part.properties.list(info.name).to_vec();
            ui.menu_button(info.title, |ui| {
                for choice in of {
                    let mut chosen = texts.iter().any(|text| text == choice);
                    if ui.checkbox(&mut chosen, *choice).changed() {
                        let keep = |other: &&&str| {
                            if *other == choice { chosen } else { texts.iter().any(|text| text == **other) }
                        };
                        let new: Vec<String> =
                            of.iter().filter(keep).map(|text| (*text).to_owned()).collect();
                        changes.property = Some((index, info.name, edit::list(&new)));
                    }
                }
            });
        }
        PropertyKind::Integer { .. } | PropertyKind::Number { .. } => {
            let text = match now {
                Some(Value::Integer(n)) => n.to_string(),
                Some(Value::Number(n)) => kit::short_number(n),
                _ => String::new(),
            };
            ui.add_enabled(false, Button::new(format!("{}: {text}", info.title)))
                .on_disabled_hover_text(format!("`{}` in bench.toml: {}", info.name, info.kind.allowed()));
        }
    }
}

/// Inputs beyond the first four that nobody feeds are left out: a converter has eight channels.
fn hides(part: &PartSpec, input: usize) -> bool {
    let untouched = matches!(part.inputs[input].source, Source::Constant(value)
        if value == part.kind.inputs[input].default);
    part.kind.inputs.len() > 4 && untouched && input > 0
}

#[expect(clippy::too_many_arguments, reason = "one row's worth of state")]
fn input_row(
    ui: &mut Ui,
    part: &PartSpec,
    index: usize,
    at: usize,
    input: &InputInfo,
    live: &Live,
    by_hand: &mut ByHand,
    changes: &mut Changes,
    queue: &mut Queue,
) {
    let key = (part.name.clone(), input.name.to_owned());
    let signal = &part.inputs[at];
    let now = live.value(&part.name, input.name).map(f64::from);
    let steady = matches!(signal.source, Source::Constant(_) | Source::Slider(_));
    let shown = by_hand.get(&key).copied().or(now).or(steady.then(|| initial(signal, input)));
    let hand = by_hand.contains_key(&key);
    if input.switch {
        switch_row(ui, part, input, shown.unwrap_or(0.0) > 0.5, by_hand, key, queue);
        return;
    }
    ui.horizontal(|ui| {
        ui.add(egui::Label::new(RichText::new(input.title).size(SMALL + 0.5)).truncate());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = shown.map_or("–".to_owned(), kit::short_number);
            kit::value(ui, &text, input.unit, 90.0);
        });
    });
    let (min, max, step) = limits(signal, input);
    let slidable = hand || steady;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = GRID;
        // The buttons at the right: what drives the input, and back to that.
        let buttons = (ROW + GRID) * if hand { 2.0 } else { 1.0 };
        if slidable {
            let mut value = shown.unwrap_or_else(|| initial(signal, input));
            ui.spacing_mut().slider_width = (ui.available_width() - buttons - 2.0 * GRID).max(40.0);
            let slider = Slider::new(&mut value, min..=max).step_by(step).show_value(false);
            let response = ui.add(slider);
            let name = format!("{} {}", part.name, input.title);
            response.widget_info(|| egui::WidgetInfo::slider(true, value, &name));
            // Rounding to the slider's steps counts as a change, too; only the user's own counts here.
            let touched = response.dragged() || response.clicked() || response.has_focus();
            if response.changed() && touched {
                by_hand.insert(key.clone(), value);
                queue.push(Action::SetInput { part: part.name.clone(), input: input.name.to_owned(), value });
            }
        } else {
            // In a narrow card the name is cut off, not the buttons.
            ui.scope(|ui| {
                ui.set_max_width((ui.available_width() - buttons - 17.0 * GRID).max(4.0 * GRID));
                let name = RichText::new(source_name(signal)).font(mono(SMALL)).weak();
                ui.add(egui::Label::new(name).truncate());
            });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if !is_own(part) {
                let name = format!("Source of {} {}", part.name, input.title);
                let tune = kit::glyph_button(ui, icon::ICON_TUNE.codepoint, &name, true);
                if tune.on_hover_text("What drives this input: a value, a generator, a CSV file").clicked() {
                    changes.drive = Some((index, at));
                }
            }
            if !slidable {
                let text = RichText::new("By hand").size(SMALL);
                let take = ui.add(Button::new(text).frame_when_inactive(false));
                if take.on_hover_text("Feed this input with a slider from now on").clicked() {
                    let value = shown.unwrap_or(input.default);
                    by_hand.insert(key.clone(), value);
                    queue.push(Action::SetInput {
                        part: part.name.clone(),
                        input: input.name.to_owned(),
                        value,
                    });
                }
            }
            if hand {
                let back = kit::glyph_button(ui, icon::ICON_UNDO.codepoint, "Back to bench.toml", true);
                if back.on_hover_text("Back to what bench.toml says").clicked() {
                    by_hand.remove(&key);
                    queue
                        .push(Action::ReleaseInput { part: part.name.clone(), input: input.name.to_owned() });
                }
            }
        });
    });
}

/// A switch is held down by the mouse, or stays down after a click on its lock.
fn switch_row(
    ui: &mut Ui,
    part: &PartSpec,
    input: &InputInfo,
    on: bool,
    by_hand: &mut ByHand,
    key: (String, String),
    queue: &mut Queue,
) {
    let tokens = Tokens::of(ui.visuals());
    let mut set = |by_hand: &mut ByHand, on: bool| {
        by_hand.insert(key.clone(), f64::from(u8::from(on)));
        let value = f64::from(u8::from(on));
        queue.push(Action::SetInput { part: part.name.clone(), input: input.name.to_owned(), value });
    };
    ui.horizontal(|ui| {
        let fill = if on { tokens.accent } else { tokens.hover };
        let color = if on { tokens.on_accent } else { tokens.text };
        let text = RichText::new(if on { "Pressed" } else { "Press" }).color(color);
        let button = Button::new(text)
            .fill(fill)
            .sense(Sense::click_and_drag())
            .min_size(vec2(22.0 * GRID, ROW + GRID));
        let response = ui.add(button);
        let name = format!("Press {}", part.name);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        let held_id = response.id.with("held");
        let was_held = ui.data(|data| data.get_temp::<bool>(held_id)).unwrap_or(false);
        let held = response.is_pointer_button_down_on();
        ui.data_mut(|data| data.insert_temp(held_id, held));
        if held != was_held {
            set(by_hand, held);
        }
        let mut locked = on && !held;
        if ui.checkbox(&mut locked, "hold").on_hover_text("Stay pressed").changed() {
            set(by_hand, locked);
        }
    });
}

fn limits(signal: &Signal, input: &InputInfo) -> (f64, f64, f64) {
    match &signal.source {
        Source::Slider(slider) => {
            let convert = |value| signal.conversion.apply(value);
            let (a, b) = (convert(slider.min), convert(slider.max));
            (a.min(b), a.max(b), input.step)
        }
        _ => (input.min, input.max, input.step),
    }
}

fn initial(signal: &Signal, input: &InputInfo) -> f64 {
    match &signal.source {
        Source::Constant(value) => signal.conversion.apply(*value),
        Source::Slider(slider) => signal.conversion.apply(slider.value),
        _ => input.default,
    }
}

fn source_name(signal: &Signal) -> String {
    match &signal.source {
        Source::Constant(_) => "constant".to_owned(),
        Source::Slider(_) => "slider".to_owned(),
        Source::Generator(generator) => {
            let shape = emulator::signal::Shape::ALL.iter().find(|(_, shape)| *shape == generator.shape);
            let period = kit::time_span(generator.period.0 as i64);
            format!("{} {period}", shape.map_or("generator", |(name, _)| name))
        }
        Source::Column(column) => format!("CSV, {} values", column.series.values.len()),
    }
}

/// A chip for each pin that opens the list of board pins.
fn wires(ui: &mut Ui, bench: &Bench, part: &PartSpec, index: usize, changes: &mut Changes) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(GRID, GRID);
        for (info, node) in part.kind.pins.iter().zip(&part.pins) {
            let place = node.map_or("–".to_owned(), |node| node_name(bench, node));
            let text = RichText::new(format!("{} {place}", info.name)).font(mono(SMALL - 0.5));
            let name = format!("Wire {} {}", part.name, info.name);
            let response = ComboBox::from_id_salt(info.name)
                .selected_text(text)
                .width(0.0)
                .height(260.0)
                .show_ui(ui, |ui| {
                    if !info.required && ui.selectable_label(node.is_none(), "not wired").clicked() {
                        changes.pin = Some((index, info.name, None));
                    }
                    for choice in bench.board.node_names() {
                        let chosen = bench.board.node(choice) == *node;
                        if ui.selectable_label(chosen, choice).clicked() && !chosen {
                            changes.pin = Some((index, info.name, Some(choice.to_owned())));
                        }
                    }
                })
                .response;
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &name));
            response.on_hover_text(info.description);
        }
    });
}

fn node_name(bench: &Bench, node: Node) -> String {
    match node {
        Node::Gpio(gpio) => bench.board.label(gpio),
        Node::Ground => "GND".to_owned(),
        Node::Supply => "3V3".to_owned(),
    }
}
