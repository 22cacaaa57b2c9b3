//! The board's picture: its pins with their levels, its LED, and what is wired to it.

use super::card::ByHand;
use super::live::Live;
use crate::ui::action::{Action, Queue};
use crate::ui::theme::{GRID, SMALL, Tokens, mono};
use egui::{Align2, Color32, CornerRadius, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use emulator::bench::Bench;
use emulator::board::{Board, BoardPin, Node, PinKind};

/// Room beside the board for the names of what is wired to its pins: at least so much, and no more.
const TAGS: (f32, f32) = (92.0, 168.0);

/// Draws the board into the upper left of `ui`; gives back the pin that the pointer is over, if any.
pub fn board(
    ui: &mut Ui,
    bench: &Bench,
    live: &Live,
    marked: &[Node],
    by_hand: &mut ByHand,
    queue: &mut Queue,
) -> Option<&'static BoardPin> {
    let board = bench.board;
    let tokens = Tokens::of(ui.visuals());
    let available = ui.available_size();
    let scale = ((available.y - 7.0 * GRID) / board.size.1).clamp(5.0, 11.0);
    let size = vec2(board.size.0, board.size.1) * scale;
    let tags = Tags::of(ui, bench, size.x);
    let (area, response) =
        ui.allocate_exact_size(vec2(size.x + tags.left + tags.right, size.y + 6.0 * GRID), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, board.title));
    let origin = pos2(area.left() + tags.left, area.top() + 4.0 * GRID);
    let rect = Rect::from_min_size(origin, size);
    let painter = ui.painter();
    outline(painter, rect, scale, board, tokens);
    if let Some(led) = &board.led {
        let at = origin + vec2(led.at.0, led.at.1) * scale;
        let shown = live.value("board", "brightness").or(live.level(led.gpio).map(f32::from));
        glow(painter, at, scale * 0.7, color_named(led.color), shown.unwrap_or(0.0), tokens);
    }
    // Keys press the board's buttons while nothing else wants them.
    let keys = ui
        .memory(|memory| memory.focused())
        .is_none_or(|focus| board.parts.iter().any(|own| ui.scope_id().with(("button", own.name)) == focus));
    for (own, at) in board.parts.iter().filter_map(|own| Some((own, own.at?))) {
        let at = origin + vec2(at.0, at.1) * scale;
        match own.kind {
            "led_matrix" => matrix(painter, at, scale, own.name, live, tokens),
            "led" => {
                let color = own.properties.iter().find(|(name, _)| *name == "color");
                let color = color_named(color.map_or("red", |(_, color)| color));
                let brightness = live.value(own.name, "brightness").unwrap_or(0.0);
                glow(painter, at, scale * 0.7, color, brightness, tokens);
            }
            "button" => button(ui, at, scale, own.name, keys, live, by_hand, queue),
            _ => {}
        }
    }
    let painter = ui.painter();
    let mut hovered = None;
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|_| response.contains_pointer());
    for pin in board.pins {
        let at = origin + vec2(pin.at.0, pin.at.1) * scale;
        let is_marked = node_of(pin).is_some_and(|node| marked.contains(&node) && node != Node::Ground);
        draw_pin(painter, at, pin, rect, scale, live, is_marked, tokens);
        tag(painter, bench, pin, at, rect, &tags, tokens);
        let hit = Rect::from_x_y_ranges(area.x_range(), at.y - 1.2 * scale..=at.y + 1.2 * scale);
        // The middle belongs to what else the board carries.
        let beside = |p: Pos2| (p.x - at.x).abs() < 6.0 * scale || !rect.contains(p);
        let side = pointer.is_some_and(|p| {
            hit.contains(p) && beside(p) && (p.x < rect.center().x) == (at.x < rect.center().x)
        });
        if side {
            hovered = Some(pin);
        }
    }
    if let Some(pin) = hovered {
        let text = describe(bench, pin, live);
        response.on_hover_text_at_pointer(text);
    }
    hovered
}

fn outline(painter: &Painter, rect: Rect, scale: f32, board: &Board, tokens: &Tokens) {
    painter.rect(
        rect,
        scale * 0.8,
        tokens.board,
        Stroke::new(1.0, Color32::from_black_alpha(90)),
        StrokeKind::Inside,
    );
    // The USB connector stands out at the top.
    let usb = Rect::from_center_size(
        pos2(rect.center().x, rect.top() + scale * 2.2),
        vec2(8.0 * scale, 5.6 * scale),
    );
    let metal = Color32::from_gray(170);
    painter.rect(usb, 2.0, metal, Stroke::new(1.0, Color32::from_gray(120)), StrokeKind::Inside);
    painter.text(usb.center(), Align2::CENTER_CENTER, "USB", mono(SMALL - 2.0), Color32::from_gray(60));
    // A display has the middle to itself.
    let has_display = board.parts.iter().any(|own| own.kind == "led_matrix");
    let down = if has_display { 10.0 } else { 1.0 };
    let chip = Rect::from_center_size(rect.center() + vec2(0.0, scale * down), vec2(7.0, 7.0) * scale);
    painter.rect_filled(chip, 2.0, Color32::from_gray(28));
    painter.circle_filled(chip.left_top() + vec2(5.0, 5.0), 1.5, Color32::from_gray(110));
    let name = board.chip.name();
    painter.text(chip.center(), Align2::CENTER_CENTER, name, mono(SMALL - 2.0), Color32::from_gray(190));
    let title = board.title.replace("Raspberry Pi ", "").replace("Seeed ", "");
    painter.text(
        pos2(rect.center().x, rect.bottom() - scale * 5.0),
        Align2::CENTER_CENTER,
        title,
        egui::FontId::proportional(SMALL + 1.0),
        Color32::from_white_alpha(210),
    );
}

#[expect(clippy::too_many_arguments, reason = "one pin's worth of drawing state")]
fn draw_pin(
    painter: &Painter,
    at: Pos2,
    pin: &BoardPin,
    board: Rect,
    scale: f32,
    live: &Live,
    marked: bool,
    tokens: &Tokens,
) {
    let left = at.x < board.center().x;
    let level = match pin.kind {
        PinKind::Gpio(gpio) => live.level(gpio),
        _ => None,
    };
    let pad = Rect::from_center_size(at, vec2(1.7, 1.7) * scale);
    let fill = match (pin.kind, level) {
        (_, Some(true)) => tokens.good,
        (_, Some(false)) => Color32::from_rgb(46, 74, 62),
        (PinKind::Ground, _) => Color32::from_gray(40),
        (PinKind::Supply | PinKind::Power, _) => Color32::from_rgb(190, 70, 60),
        _ => tokens.pad,
    };
    let corner = CornerRadius::same((scale * 0.4) as u8);
    painter.rect_filled(pad.expand(1.5), corner, tokens.pad.gamma_multiply(0.8));
    painter.rect_filled(pad, corner, fill);
    if level == Some(true) {
        painter.rect_stroke(
            pad.expand(2.5),
            corner,
            Stroke::new(1.5, tokens.good.gamma_multiply(0.5)),
            StrokeKind::Middle,
        );
    }
    if marked {
        painter.rect_stroke(pad.expand(3.5), corner, Stroke::new(2.0, tokens.accent), StrokeKind::Middle);
    }
    let (x, align) = if left {
        (pad.right() + 4.0, Align2::LEFT_CENTER)
    } else {
        (pad.left() - 4.0, Align2::RIGHT_CENTER)
    };
    let color = match pin.kind {
        PinKind::Gpio(_) => Color32::from_white_alpha(220),
        _ => Color32::from_white_alpha(130),
    };
    let size = (scale * 1.25).clamp(7.5, SMALL);
    painter.text(pos2(x, at.y), align, pin.label, mono(size), color);
}

/// How much room the names beside the board want.
struct Tags {
    left: f32,
    right: f32,
}

impl Tags {
    fn of(ui: &Ui, bench: &Bench, width: f32) -> Tags {
        let middle = bench.board.size.0 / 2.0;
        let mut tags = Tags { left: TAGS.0, right: TAGS.0 };
        for pin in bench.board.pins {
            let Some((_, text)) = tag_text(bench, pin) else { continue };
            let font = egui::FontId::proportional(SMALL);
            let wants = ui.painter().layout_no_wrap(text, font, Color32::PLACEHOLDER).size().x + 5.0 * GRID;
            let side = if pin.at.0 < middle { &mut tags.left } else { &mut tags.right };
            *side = side.max(wants.min(TAGS.1));
        }
        // In a narrow panel the names are cut off rather than the cards beside the board.
        let room = (ui.available_width() * 0.6 - width) / 2.0;
        let fit = |side: f32| side.min(room.max(TAGS.0));
        Tags { left: fit(tags.left), right: fit(tags.right) }
    }
}

/// What stands beside a pin: the first wire there, and how many more there are.
fn tag_text(bench: &Bench, pin: &BoardPin) -> Option<(usize, String)> {
    let wires = wired(bench, pin);
    let more = wires.len().saturating_sub(1);
    let (index, text) = wires.into_iter().next()?;
    Some((index, if more > 0 { format!("{text} +{more}") } else { text }))
}

/// A name that fits: of a part's name and its pin's, the part's is cut.
fn shortened(painter: &Painter, text: String, width: f32) -> String {
    let font = egui::FontId::proportional(SMALL);
    let fits = |text: &str| {
        painter.layout_no_wrap(text.to_owned(), font.clone(), Color32::PLACEHOLDER).size().x <= width
    };
    let Some((part, pin)) = text.split_once(' ').filter(|_| !fits(&text)) else { return text };
    let cut = |length: usize| format!("{}… {pin}", part.chars().take(length).collect::<String>());
    (1..part.chars().count()).rev().map(cut).find(|text| fits(text)).unwrap_or_else(|| pin.to_owned())
}

/// The name of the part pin that is wired to a board pin, beside the board.
fn tag(
    painter: &Painter,
    bench: &Bench,
    pin: &BoardPin,
    at: Pos2,
    board: Rect,
    tags: &Tags,
    tokens: &Tokens,
) {
    let Some((index, text)) = tag_text(bench, pin) else { return };
    let left = at.x < board.center().x;
    let color = tokens.signal(index);
    let (end, align) = if left {
        (board.left() - 3.0 * GRID, Align2::RIGHT_CENTER)
    } else {
        (board.right() + 3.0 * GRID, Align2::LEFT_CENTER)
    };
    painter.line_segment([pos2(end, at.y), at], Stroke::new(2.0, color));
    painter.circle_filled(at, 2.5, color);
    let x = if left { end - GRID } else { end + GRID };
    let width = if left { x - (board.left() - tags.left) } else { board.right() + tags.right - x };
    let text = shortened(painter, text, width);
    let room = if left {
        Rect::from_min_max(pos2(board.left() - tags.left, at.y - 9.0), pos2(x, at.y + 9.0))
    } else {
        Rect::from_min_max(pos2(x, at.y - 9.0), pos2(board.right() + tags.right, at.y + 9.0))
    };
    painter.with_clip_rect(room.intersect(painter.clip_rect())).text(
        pos2(x, at.y),
        align,
        text,
        egui::FontId::proportional(SMALL),
        color,
    );
}

/// The parts' pins at a board pin: the part's place on the bench, and what to call the wire. Ground and supply
/// are left out: half of all parts hang on them.
fn wired(bench: &Bench, pin: &BoardPin) -> Vec<(usize, String)> {
    let PinKind::Gpio(gpio) = pin.kind else { return Vec::new() };
    let mut found = Vec::new();
    for (index, part) in bench.parts.iter().enumerate() {
        for (info, node) in part.kind.pins.iter().zip(&part.pins) {
            if *node == Some(Node::Gpio(gpio)) {
                found.push((index, format!("{} {}", part.name, info.name)));
            }
        }
    }
    found
}

fn node_of(pin: &BoardPin) -> Option<Node> {
    match pin.kind {
        PinKind::Gpio(gpio) => Some(Node::Gpio(gpio)),
        PinKind::Ground => Some(Node::Ground),
        PinKind::Supply => Some(Node::Supply),
        PinKind::Power | PinKind::Control => None,
    }
}

fn describe(bench: &Bench, pin: &BoardPin, live: &Live) -> String {
    let mut lines = vec![format!("Pin {}: {}", pin.number, pin.label)];
    if let PinKind::Gpio(gpio) = pin.kind {
        lines.push(match live.level(gpio) {
            Some(true) => "high (3.3 V)".to_owned(),
            Some(false) => "low (0 V)".to_owned(),
            None => "not used yet".to_owned(),
        });
        if bench.board.analog.contains(&gpio) {
            lines.push("can measure voltages (ADC)".to_owned());
        }
    }
    lines.extend(wired(bench, pin).into_iter().map(|(_, name)| format!("wired to {name}")));
    lines.join("\n")
}

/// A button of the board's own: held down by the mouse, or by the key of its name's last letter.
#[expect(clippy::too_many_arguments, reason = "one button's worth of drawing state")]
fn button(
    ui: &Ui,
    at: Pos2,
    scale: f32,
    part: &str,
    keys: bool,
    live: &Live,
    by_hand: &mut ByHand,
    queue: &mut Queue,
) {
    let tokens = Tokens::of(ui.visuals());
    let rect = Rect::from_center_size(at, vec2(5.0, 5.0) * scale);
    let response = ui.interact(rect, ui.scope_id().with(("button", part)), Sense::click_and_drag());
    let letter =
        part.chars().last().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default();
    let name = format!("Button {letter} on the board");
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    let key = egui::Key::from_name(&letter).filter(|_| keys);
    let typed = key.is_some_and(|key| ui.input(|input| input.key_down(key) && input.modifiers.is_none()));
    if response.is_pointer_button_down_on() {
        response.request_focus();
    }
    let held = response.is_pointer_button_down_on() || typed;
    let held_id = response.id.with("held");
    if ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(held_id), held)) != held {
        press(part, held, by_hand, queue);
    }
    let pressed = by_hand.get(&(part.to_owned(), PRESSED.to_owned())).map(|value| *value > 0.5);
    let pressed = pressed.or(live.value(part, PRESSED).map(|value| value > 0.5)).unwrap_or(held);
    let painter = ui.painter();
    painter.rect_filled(rect, scale * 0.6, Color32::from_gray(if response.hovered() { 196 } else { 176 }));
    let cap = if pressed { tokens.accent } else { Color32::from_gray(34) };
    painter.circle_filled(at, scale * if pressed { 1.5 } else { 1.7 }, cap);
    let color = Color32::from_white_alpha(220);
    let place = pos2(at.x, rect.top() - scale);
    painter.text(place, Align2::CENTER_CENTER, &letter, mono(SMALL), color);
    let how = format!("Press it with the mouse; after that also with the key {letter}");
    response.on_hover_text(how);
}

/// The input of a button.
const PRESSED: &str = "pressed";

/// Presses a button or lets it go.
pub fn press(part: &str, pressed: bool, by_hand: &mut ByHand, queue: &mut Queue) {
    let value = f64::from(u8::from(pressed));
    by_hand.insert((part.to_owned(), PRESSED.to_owned()), value);
    queue.push(Action::SetInput { part: part.to_owned(), input: PRESSED.to_owned(), value });
}

/// The board's own display, five LEDs square.
fn matrix(painter: &Painter, center: Pos2, scale: f32, part: &str, live: &Live, tokens: &Tokens) {
    for (x, y) in (0..5).flat_map(|y| (0..5).map(move |x| (x, y))) {
        let at = center + vec2(x as f32 - 2.0, y as f32 - 2.0) * (2.6 * scale);
        let brightness = live.value(part, &format!("led{x}{y}")).unwrap_or(0.0);
        glow(painter, at, scale * 0.6, color_named("red"), brightness, tokens);
    }
}

/// A lamp of a brightness from 0 to 1.
pub fn glow(painter: &Painter, at: Pos2, radius: f32, color: Color32, brightness: f32, tokens: &Tokens) {
    let brightness = brightness.clamp(0.0, 1.0);
    // Eyes see a lamp at a tenth of its power as a third as bright.
    let seen = brightness.sqrt();
    if seen > 0.02 {
        for ring in 1..=4 {
            let share = ring as f32 / 4.0;
            painter.circle_filled(at, radius * (1.0 + 1.6 * share), color.gamma_multiply(0.16 * seen));
        }
    }
    let dark = Color32::from_gray(if tokens.well.r() > 128 { 190 } else { 52 });
    painter.circle_filled(at, radius, mix(dark, color, seen));
    painter.circle_stroke(at, radius, Stroke::new(1.0, color.gamma_multiply(0.5)));
    if seen > 0.3 {
        painter.circle_filled(at - vec2(radius, radius) * 0.3, radius * 0.25, Color32::from_white_alpha(120));
    }
}

fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    let part = |x: u8, y: u8| (f32::from(x) + (f32::from(y) - f32::from(x)) * share) as u8;
    Color32::from_rgb(part(a.r(), b.r()), part(a.g(), b.g()), part(a.b(), b.b()))
}

/// The colour of a lamp by its name.
pub fn color_named(name: &str) -> Color32 {
    match name {
        "green" => Color32::from_rgb(80, 230, 110),
        "blue" => Color32::from_rgb(90, 150, 255),
        "yellow" => Color32::from_rgb(255, 220, 70),
        "orange" => Color32::from_rgb(255, 160, 60),
        "white" => Color32::from_rgb(245, 245, 255),
        _ => Color32::from_rgb(255, 80, 70),
    }
}
