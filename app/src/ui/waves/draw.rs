//! Paints one row. A row is one mesh, so that its cost is that of its columns.

use super::axis::View;
use super::rows::{Data, Film};
use crate::ui::theme::{GRID, SMALL, Tokens, mono};
use egui::{Align2, Color32, Mesh, Painter, Rect, Shape, pos2, vec2};
use emulator::trace::{BusData, BusView};

/// Thickness of a line, in points.
const LINE: f32 = 1.5;

/// Where and how a row is painted.
pub struct Canvas<'a> {
    /// Clipped to the row's area.
    pub painter: &'a Painter,
    /// For the strip to the right of the rows, where scales stand, if there is one.
    pub beside: Option<&'a Painter>,
    /// The row's area.
    pub rect: Rect,
    /// The instants its width stands for.
    pub view: View,
    /// The row's colour.
    pub color: Color32,
    /// The theme.
    pub tokens: &'a Tokens,
}

impl Canvas<'_> {
    /// Paints the row.
    pub fn row(&self, data: &Data) {
        match data {
            Data::Digital(columns) => self.digital(columns),
            Data::Analog(columns, range) => self.analog(columns, *range),
            Data::Bus(items) => self.bus(items),
            Data::Text(texts) => self.texts(texts),
            Data::Film(film) => self.film(film),
        }
    }

    /// Where an instant lies.
    pub fn x(&self, time: u64) -> f32 {
        self.rect.left() + (self.view.share_of(time) * f64::from(self.rect.width())) as f32
    }

    fn film(&self, film: &Film) {
        let mut mesh = Mesh::default();
        let lamp = crate::ui::bench::color_named("red");
        let dark = self.tokens.weak.gamma_multiply(0.25);
        for (start, lamps) in &film.pictures {
            let (left, right) = (self.x(*start), self.x(start + film.slot));
            let rows = lamps.len().div_ceil(film.width.max(1)).max(film.width) as f32;
            let step = ((right - left - 4.0).min(self.rect.height() - 4.0) / rows).max(1.0);
            let size = vec2(film.width as f32, rows) * step;
            let corner = pos2((left + right) / 2.0, self.rect.center().y) - size / 2.0;
            for (n, brightness) in lamps.iter().enumerate() {
                let at = corner + vec2((n % film.width) as f32, (n / film.width) as f32) * step;
                // As on the board's picture: a lamp at a tenth of its power is a third as bright to the eye.
                let seen = brightness.clamp(0.0, 1.0).sqrt();
                let square = Rect::from_min_size(at, vec2(step, step)).shrink(step * 0.1);
                mesh.add_colored_rect(square, dark);
                mesh.add_colored_rect(square, lamp.gamma_multiply(seen));
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    fn digital(&self, columns: &[emulator::trace::DigitalColumn]) {
        let inner = self.rect.shrink2(vec2(0.0, (self.rect.height() * 0.18).max(3.0)));
        let (high, low) = (inner.top(), inner.bottom() - LINE);
        let width = self.rect.width() / columns.len().max(1) as f32;
        let x = |column: usize| self.rect.left() + column as f32 * width;
        let level_y = |level: bool| if level { high } else { low };
        let fill = self.color.gamma_multiply(0.13);
        let mut mesh = Mesh::default();
        let mut at = 0;
        while at < columns.len() {
            let column = columns[at];
            if column.edges == 0 {
                // A run of columns without edges is one line.
                let run =
                    columns[at..].iter().take_while(|c| c.edges == 0 && c.first == column.first).count();
                if let Some(level) = column.first {
                    let (left, right) = (x(at), x(at + run));
                    let y = level_y(level);
                    mesh.add_colored_rect(
                        Rect::from_min_max(pos2(left, y), pos2(right, y + LINE)),
                        self.color,
                    );
                    if level {
                        mesh.add_colored_rect(
                            Rect::from_min_max(pos2(left, y + LINE), pos2(right, low + LINE)),
                            fill,
                        );
                    }
                }
                at += run;
                continue;
            }
            let thickness = if column.edges == 1 { LINE } else { width.max(LINE) };
            let color = if column.edges <= 2 { self.color } else { self.color.gamma_multiply(0.8) };
            mesh.add_colored_rect(
                Rect::from_min_max(
                    pos2(x(at), high),
                    pos2(x(at) + thickness.max(width.min(LINE)), low + LINE),
                ),
                color,
            );
            at += 1;
        }
        self.painter.add(Shape::mesh(mesh));
    }

    fn analog(&self, columns: &[Option<emulator::trace::AnalogColumn>], (low, high): (f32, f32)) {
        let inner = self.rect.shrink2(vec2(0.0, 3.0));
        let width = self.rect.width() / columns.len().max(1) as f32;
        let y = |value: f32| {
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
            inner.bottom() - share * inner.height()
        };
        let mut mesh = Mesh::default();
        let mut before: Option<f32> = None;
        for (i, column) in columns.iter().enumerate() {
            let Some(column) = column else {
                before = None;
                continue;
            };
            // The step from the last value of the column before belongs to this one.
            let top = y(column.max.max(before.unwrap_or(column.max)));
            let bottom = y(column.min.min(before.unwrap_or(column.min)));
            let left = self.rect.left() + i as f32 * width;
            let rect = Rect::from_min_max(
                pos2(left, top - LINE / 2.0),
                pos2(left + width.max(1.0), bottom + LINE / 2.0),
            );
            mesh.add_colored_rect(rect, self.color);
            before = Some(column.last);
        }
        self.painter.add(Shape::mesh(mesh));
        if let Some(beside) = self.beside {
            // As many digits as tell the ends apart.
            let digits = (1.0 - (high - low).max(1e-6).log10().floor()).clamp(0.0, 6.0) as usize;
            let scale = |value: f32, at: egui::Pos2, align: Align2| {
                let text = format!("{value:.digits$}");
                beside.text(at, align, text, mono(SMALL - 1.5), self.tokens.weak.gamma_multiply(0.9));
            };
            let left = self.rect.right() + GRID;
            scale(high, pos2(left, self.rect.top() + 1.0), Align2::LEFT_TOP);
            scale(low, pos2(left, self.rect.bottom() - 1.0), Align2::LEFT_BOTTOM);
        }
    }

    fn bus(&self, items: &[BusView]) {
        let height = self.rect.height().min(26.0) - 6.0;
        let y = self.rect.center().y - height / 2.0..=self.rect.center().y + height / 2.0;
        let mut mesh = Mesh::default();
        let mut labels = Vec::new();
        for item in items {
            match *item {
                BusView::One(item) => {
                    let (left, right) =
                        (self.x(item.start.0), self.x(item.end.0).max(self.x(item.start.0) + 1.0));
                    let rect = Rect::from_x_y_ranges(left..=(right - 1.0).max(left + 1.0), y.clone());
                    let color = self.bus_color(&item.what);
                    mesh.add_colored_rect(rect, color.gamma_multiply(0.35));
                    mesh.add_colored_rect(rect.with_max_x(rect.left() + 1.0), color);
                    labels.push((rect, item.what.to_string()));
                }
                BusView::Many { start, end, count } => {
                    let left = self.x(start.0);
                    let rect = Rect::from_x_y_ranges(left..=self.x(end.0).max(left + 1.5), y.clone());
                    mesh.add_colored_rect(rect, self.color.gamma_multiply(0.55));
                    labels.push((rect, format!("{count} items")));
                }
            }
        }
        self.painter.add(Shape::mesh(mesh));
        for (rect, text) in labels {
            self.label(rect.intersect(self.rect), &text);
        }
    }

    fn bus_color(&self, what: &BusData) -> Color32 {
        match what {
            BusData::I2cAddress { ack: false, .. } | BusData::Uart { ok: false, .. } => self.tokens.error,
            BusData::I2cAddress { .. } => self.tokens.accent,
            BusData::I2cStart | BusData::I2cStop => self.tokens.weak,
            _ => self.color,
        }
    }

    /// Text in the middle of a box, if it fits.
    fn label(&self, rect: Rect, text: &str) {
        if rect.width() < 12.0 {
            return;
        }
        let galley = self.painter.layout_no_wrap(text.to_owned(), mono(SMALL - 0.5), self.tokens.text);
        if galley.size().x + 4.0 <= rect.width() {
            self.painter.galley(rect.center() - galley.size() / 2.0, galley, self.tokens.text);
        }
    }

    fn texts(&self, texts: &[(u64, String)]) {
        for (i, (time, text)) in texts.iter().enumerate() {
            let left = self.x(*time);
            let right = texts.get(i + 1).map_or(self.rect.right(), |(next, _)| self.x(*next));
            let tick = Rect::from_min_max(
                pos2(left, self.rect.top() + 4.0),
                pos2(left + 1.0, self.rect.bottom() - 4.0),
            );
            self.painter.rect_filled(tick, 0.0, self.color.gamma_multiply(0.8));
            if right - left > 20.0 {
                let clip =
                    Rect::from_min_max(pos2(left + GRID, tick.top()), pos2(right - GRID, tick.bottom()));
                let painter = self.painter.with_clip_rect(clip.intersect(self.painter.clip_rect()));
                let at = pos2(clip.left(), clip.center().y);
                painter.text(at, Align2::LEFT_CENTER, text, mono(SMALL - 0.5), self.tokens.text);
            }
        }
    }
}
