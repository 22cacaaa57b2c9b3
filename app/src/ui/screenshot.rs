//! Pictures of the window, for tests, documentation and the export of waveforms.

use egui::{ColorImage, Context, Rect};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Takes a picture once the time has come, writes it and closes the window.
pub fn when_due(ctx: &Context, path: PathBuf, after: Duration) {
    let now = ctx.input(|input| input.time);
    let due = after.as_secs_f64();
    let id = egui::Id::unique("screenshot asked for");
    if now < due {
        ctx.request_repaint_after(Duration::from_secs_f64(due - now));
        return;
    }
    let asked = ctx.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(id), true));
    if asked {
        return;
    }
    let window = ctx.clone();
    ctx.request_screenshot(move |image: Arc<ColorImage>| {
        if let Err(error) =
            png(&image, None).and_then(|bytes| std::fs::write(&path, bytes).map_err(Into::into))
        {
            tracing::error!("cannot write {}: {error}", path.display());
        }
        super::close(&window);
        window.request_repaint();
    });
    ctx.request_repaint();
}

/// A picture, or the part of it that `rect` (in pixels) covers, as a PNG file.
pub fn png(image: &ColorImage, rect: Option<Rect>) -> anyhow::Result<Vec<u8>> {
    let [width, height] = image.size;
    let whole = Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width as f32, height as f32));
    let part = rect.map_or(whole, |rect| rect.intersect(whole));
    let (left, top) = (part.left().round() as usize, part.top().round() as usize);
    let (columns, rows) = (part.width().round() as usize, part.height().round() as usize);
    let columns = columns.min(width - left.min(width));
    let rows = rows.min(height - top.min(height));
    let mut rgba = Vec::with_capacity(columns * rows * 4);
    for row in top..top + rows {
        for pixel in &image.pixels[row * width + left..row * width + left + columns] {
            rgba.extend(pixel.to_srgba_unmultiplied());
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, columns as u32, rows as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&rgba)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Color32, pos2};

    #[test]
    fn a_part_of_a_picture_is_cut_out() {
        let mut image = ColorImage::filled([4, 3], Color32::BLACK);
        image.pixels[4 + 2] = Color32::RED;
        let part = Rect::from_min_max(pos2(2.0, 1.0), pos2(4.0, 3.0));
        let bytes = png(&image, Some(part)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (2, 2));
        assert_eq!(pixels[..4], [255, 0, 0, 255]);
        assert_eq!(pixels[4..8], [0, 0, 0, 255]);
    }
}
