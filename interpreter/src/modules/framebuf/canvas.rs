//! Pixels in bytes, in all of the formats; lines, ellipses and polygons on them. Knows nothing of the heap.

use alloc::vec::Vec;

/// How pixels lie in bytes; the numbers are the official module's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Format {
    /// A byte is eight pixels down, the topmost in bit 0.
    MonoVlsb = 0,
    Rgb565 = 1,
    Gs4Hmsb = 2,
    /// A byte is eight pixels across, the leftmost in bit 7.
    MonoHlsb = 3,
    /// A byte is eight pixels across, the leftmost in bit 0.
    MonoHmsb = 4,
    Gs2Hmsb = 5,
    Gs8 = 6,
}

impl Format {
    /// The format with this number.
    pub fn from_number(number: i64) -> Option<Format> {
        use Format::*;
        [MonoVlsb, Rgb565, Gs4Hmsb, MonoHlsb, MonoHmsb, Gs2Hmsb, Gs8]
            .into_iter()
            .find(|format| *format as i64 == number)
    }

    fn bits(self) -> usize {
        match self {
            Format::MonoVlsb | Format::MonoHlsb | Format::MonoHmsb => 1,
            Format::Gs2Hmsb => 2,
            Format::Gs4Hmsb => 4,
            Format::Gs8 => 8,
            Format::Rgb565 => 16,
        }
    }

    /// Rows of pixels start at multiples of so many.
    fn pixels_a_byte(self) -> usize {
        if self == Format::MonoVlsb { 1 } else { (8 / self.bits()).max(1) }
    }
}

/// A picture's size and layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub width: i32,
    pub height: i32,
    /// Pixels from one row to the next.
    pub stride: usize,
    pub format: Format,
}

impl Layout {
    /// A layout, if the numbers make sense and fit into `len` bytes.
    pub fn new(width: i64, height: i64, format: Format, stride: i64, len: usize) -> Option<Layout> {
        let sizes = 1..=0xFFFF;
        if !sizes.contains(&width) || !sizes.contains(&height) || stride < width || stride > 0xFFFF {
            return None;
        }
        let unit = format.pixels_a_byte();
        let round = |pixels: i64| (pixels as usize).next_multiple_of(unit);
        let stride = round(stride);
        let pixels = if format == Format::MonoVlsb {
            // Eight rows a byte; the last of them need not be as long as the stride.
            let rows = (height as usize).next_multiple_of(8);
            (rows - 8) * stride + 8 * width as usize
        } else {
            (height as usize - 1) * stride + round(width)
        };
        (pixels * format.bits() / 8 <= len).then_some(Layout {
            width: width as i32,
            height: height as i32,
            stride,
            format,
        })
    }

    /// Is there such a pixel?
    pub fn contains(&self, x: i32, y: i32) -> bool {
        (0..self.width).contains(&x) && (0..self.height).contains(&y)
    }

    /// Byte, shift and mask of a pixel; of two bytes, the first.
    fn place(&self, x: i32, y: i32) -> (usize, u32, u8) {
        let (x, y) = (x as usize, y as usize);
        let at = x + y * self.stride;
        match self.format {
            Format::MonoVlsb => ((y >> 3) * self.stride + x, (y & 7) as u32, 1),
            Format::MonoHlsb => (at >> 3, 7 - (x & 7) as u32, 1),
            Format::MonoHmsb => (at >> 3, (x & 7) as u32, 1),
            Format::Gs2Hmsb => (at >> 2, (x & 3) as u32 * 2, 3),
            Format::Gs4Hmsb => (at >> 1, if x & 1 == 0 { 4 } else { 0 }, 15),
            Format::Gs8 => (at, 0, 0xFF),
            Format::Rgb565 => (2 * at, 0, 0xFF),
        }
    }

    /// The colour of a pixel that exists; 0 if the bytes have gone meanwhile.
    pub fn get(&self, bytes: &[u8], x: i32, y: i32) -> u32 {
        let (at, shift, mask) = self.place(x, y);
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
        match self.format {
            Format::Rgb565 => byte(at) | byte(at + 1) << 8,
            _ => byte(at) >> shift & u32::from(mask),
        }
    }

    /// The bits of a colour in one pixel.
    fn colour(&self, colour: u32) -> u8 {
        if self.format.bits() == 1 { u8::from(colour != 0) } else { colour as u8 }
    }

    /// Sets a pixel, if it exists.
    pub fn set(&self, bytes: &mut [u8], x: i32, y: i32, colour: u32) {
        if !self.contains(x, y) {
            return;
        }
        let (at, shift, mask) = self.place(x, y);
        if self.format == Format::Rgb565 {
            if let Some(pixel) = bytes.get_mut(at..at + 2) {
                pixel.copy_from_slice(&(colour as u16).to_le_bytes());
            }
        } else if let Some(byte) = bytes.get_mut(at) {
            *byte = *byte & !(mask << shift) | (self.colour(colour) & mask) << shift;
        }
    }

    /// Fills the part of a rectangle that exists.
    pub fn fill_rect(&self, bytes: &mut [u8], (x, y): (i32, i32), (w, h): (i32, i32), colour: u32) {
        let (x0, y0) = (x.max(0), y.max(0));
        let (x1, y1) = (x.saturating_add(w).min(self.width), y.saturating_add(h).min(self.height));
        if x0 >= x1 || y0 >= y1 {
            return;
        }
        match self.format {
            Format::MonoVlsb => self.fill_down(bytes, x0..x1, y0, y1, colour),
            _ => (y0..y1).for_each(|y| self.fill_row(bytes, x0, x1, y, colour)),
        }
    }

    /// Eight rows at a time.
    fn fill_down(&self, bytes: &mut [u8], x: core::ops::Range<i32>, y0: i32, y1: i32, colour: u32) {
        for band in y0 / 8..=(y1 - 1) / 8 {
            let from = (y0 - 8 * band).max(0);
            let to = (y1 - 8 * band).min(8);
            let mask = (0xFFu32 << from & 0xFF & (0xFF >> (8 - to))) as u8;
            let at = band as usize * self.stride;
            let Some(row) = bytes.get_mut(at + x.start as usize..at + x.end as usize) else { return };
            for byte in row {
                *byte = if colour != 0 { *byte | mask } else { *byte & !mask };
            }
        }
    }

    /// Whole bytes at a time, single pixels at the ends.
    fn fill_row(&self, bytes: &mut [u8], x0: i32, x1: i32, y: i32, colour: u32) {
        if self.format == Format::Rgb565 {
            let at = 2 * (x0 as usize + y as usize * self.stride);
            let pixel = (colour as u16).to_le_bytes();
            let row = bytes.get_mut(at..at + 2 * (x1 - x0) as usize).unwrap_or(&mut []);
            for two in row.chunks_exact_mut(2) {
                (two[0], two[1]) = (pixel[0], pixel[1]);
            }
            return;
        }
        let (unit, width) = (self.format.pixels_a_byte() as i32, self.format.bits());
        let first = (x0 + unit - 1) / unit * unit;
        let last = x1 / unit * unit;
        if first >= last {
            (x0..x1).for_each(|x| self.set(bytes, x, y, colour));
            return;
        }
        let pixel = u32::from(self.colour(colour)) & (0xFF >> (8 - width));
        let pattern = (0..8 / width).fold(0, |byte, i| byte | pixel << (i * width)) as u8;
        (x0..first).for_each(|x| self.set(bytes, x, y, colour));
        let (from, to) = (self.place(first, y).0, self.place(first, y).0 + ((last - first) / unit) as usize);
        bytes.get_mut(from..to).unwrap_or(&mut []).fill(pattern);
        (last..x1).for_each(|x| self.set(bytes, x, y, colour));
    }

    /// A line by Bresenham's algorithm, both ends included.
    pub fn line(&self, bytes: &mut [u8], from: (i32, i32), to: (i32, i32), colour: u32) {
        let (dx, dy) = (i64::from(to.0) - i64::from(from.0), i64::from(to.1) - i64::from(from.1));
        let step = |d: i64| if d > 0 { 1 } else { -1 };
        let (sx, sy) = (step(dx), step(dy));
        let (dx, dy) = (dx.abs(), dy.abs());
        let steep = dy > dx;
        let (long, short) = if steep { (dy, dx) } else { (dx, dy) };
        let (mut x, mut y) = from;
        let mut error = 2 * short - long;
        for _ in 0..long {
            self.set(bytes, x, y, colour);
            if error >= 0 {
                if steep {
                    x += sx
                } else {
                    y += sy
                }
                error -= 2 * long;
            }
            if steep {
                y += sy
            } else {
                x += sx
            }
            error += 2 * short;
        }
        self.set(bytes, to.0, to.1, colour);
    }

    /// The four points (or rows, if filled) of an ellipse at a distance from its centre; `quadrants` as bits.
    fn mirrored(&self, bytes: &mut [u8], arc: &Arc, (dx, dy): (i64, i64)) {
        let (cx, cy) = arc.centre;
        let (dx, dy) = (dx as i32, dy as i32);
        for (bit, sx, sy) in [(1, 1, -1), (2, -1, -1), (4, -1, 1), (8, 1, 1)] {
            if arc.quadrants & bit == 0 {
                continue;
            }
            let (x, y) = (cx + sx * dx, cy + sy * dy);
            if arc.fill {
                self.fill_rect(bytes, (x.min(cx), y), (dx + 1, 1), arc.colour);
            } else {
                self.set(bytes, x, y, arc.colour);
            }
        }
    }

    /// An ellipse after Kennedy: where it is steep y advances, where it is flat x does.
    pub fn ellipse(&self, bytes: &mut [u8], arc: &Arc, rx: i32, ry: i32) {
        if rx == 0 && ry == 0 {
            if arc.quadrants != 0 {
                self.set(bytes, arc.centre.0, arc.centre.1, arc.colour);
            }
            return;
        }
        let (a, b) = (i64::from(rx), i64::from(ry));
        Layout::half_ellipse(a, b, &mut |x, y| self.mirrored(bytes, arc, (x, y)));
        Layout::half_ellipse(b, a, &mut |y, x| self.mirrored(bytes, arc, (x, y)));
    }

    /// The points from (a, 0) on, until the slope is one.
    fn half_ellipse(a: i64, b: i64, point: &mut dyn FnMut(i64, i64)) {
        let (a2, b2) = (2 * a * a, 2 * b * b);
        let (mut x, mut y) = (a, 0);
        let (mut x_change, mut y_change) = (b * b * (1 - 2 * a), a * a);
        let (mut x_stop, mut y_stop) = (b2 * a, 0);
        let mut error = 0;
        while x_stop >= y_stop {
            point(x, y);
            y += 1;
            y_stop += a2;
            error += y_change;
            y_change += a2;
            if 2 * error + x_change > 0 {
                x -= 1;
                x_stop -= b2;
                error += x_change;
                x_change += b2;
            }
        }
    }

    /// A polygon's outline, or its inside by scan lines; its points are relative to `(x, y)`. False if memory ran out.
    pub fn polygon(
        &self,
        bytes: &mut [u8],
        (x, y): (i32, i32),
        points: &[(i32, i32)],
        colour: u32,
        fill: bool,
    ) -> bool {
        let Some(&last) = points.last() else { return true };
        // Every edge goes from a point to the one before it.
        let edges = || points.iter().copied().zip(core::iter::once(last).chain(points.iter().copied()));
        let at = |p: (i32, i32)| (x + p.0, y + p.1);
        if !fill {
            edges().for_each(|(from, to)| self.line(bytes, at(from), at(to), colour));
            return true;
        }
        let mut nodes: Vec<i32> = Vec::new();
        if nodes.try_reserve_exact(points.len()).is_err() {
            return false;
        }
        let (top, bottom) =
            points.iter().fold((i32::MAX, i32::MIN), |(top, bottom), p| (top.min(p.1), bottom.max(p.1)));
        for row in top.max(-y)..=bottom.min(self.height - 1 - y) {
            nodes.clear();
            for (from, to) in edges() {
                if (from.1 > row) != (to.1 > row) {
                    nodes.push(crossing(from, to, row));
                } else if row == from.1.max(to.1) {
                    // Ends at its lowest point, which counts as no crossing.
                    if from.1 == to.1 {
                        self.line(bytes, at(from), at(to), colour);
                    } else {
                        let (px, py) = at(if from.1 > to.1 { from } else { to });
                        self.set(bytes, px, py, colour);
                    }
                }
            }
            nodes.sort_unstable();
            for pair in nodes.chunks_exact(2) {
                self.fill_rect(bytes, at((pair[0], row)), (pair[1] - pair[0] + 1, 1), colour);
            }
        }
        true
    }
}

/// What an ellipse looks like, apart from its radii.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    pub centre: (i32, i32),
    pub colour: u32,
    pub fill: bool,
    /// Bit 0 upper right, then counterclockwise.
    pub quadrants: u32,
}

/// Where an edge crosses a row, rounded.
fn crossing(from: (i32, i32), to: (i32, i32), row: i32) -> i32 {
    let [x0, y0, x1, y1, row] = [from.0, from.1, to.0, to.1, row].map(i64::from);
    let along = 32 * (x1 - x0) * (row - y0) / (y1 - y0);
    ((32 * x0 + along + 16) / 32) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const ALL: [Format; 7] = [
        Format::MonoVlsb,
        Format::Rgb565,
        Format::Gs4Hmsb,
        Format::MonoHlsb,
        Format::MonoHmsb,
        Format::Gs2Hmsb,
        Format::Gs8,
    ];

    #[test]
    fn rectangles_are_their_pixels() {
        for format in ALL {
            for (x, y, w, h) in [(0, 0, 20, 20), (3, 2, 9, 13), (-5, 7, 8, 1), (17, 17, 9, 9), (5, 5, 0, 3)] {
                let layout = Layout::new(20, 20, format, 21, 1000).unwrap();
                let mut bytes = vec![0; 1000];
                layout.fill_rect(&mut bytes, (x, y), (w, h), 1);
                for py in 0..20 {
                    for px in 0..20 {
                        let inside = (x..x + w).contains(&px) && (y..y + h).contains(&py);
                        assert_eq!(layout.get(&bytes, px, py), u32::from(inside), "{format:?} {px} {py}");
                    }
                }
                let mut one_by_one = vec![0; 1000];
                for px in x..x + w {
                    (y..y + h).for_each(|py| layout.set(&mut one_by_one, px, py, 1));
                }
                assert_eq!(bytes, one_by_one);
            }
        }
    }

    #[test]
    fn sizes_are_checked() {
        for (format, len) in ALL.into_iter().zip([20, 200, 50, 20, 20, 30, 100]) {
            assert!(Layout::new(10, 10, format, 10, len).is_some(), "{format:?}");
            assert!(Layout::new(10, 10, format, 10, len - 1).is_none(), "{format:?}");
            assert!(Layout::new(0, 10, format, 10, len).is_none());
            assert!(Layout::new(10, 10, format, 9, len).is_none());
        }
    }
}
