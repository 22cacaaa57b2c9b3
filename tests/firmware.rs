//! The board's image under `assets/` is the one that the sources beside it give.

#[path = "../interpreter/firmware/digest.rs"]
mod digest;

use emulator::image::Image;
use std::path::Path;

#[test]
fn the_image_is_built_from_these_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let image = Image::load(&root.join("assets/solderless-rp2040.uf2")).expect("the board's image");
    // The flash of a Pico: 2 MiB.
    let bytes = image.flatten(0x1000_0000, 2 << 20);
    let mark = digest::MARK.as_bytes();
    let at = bytes.windows(mark.len()).position(|part| part == mark).expect("the image names its sources");
    let built = String::from_utf8_lossy(&bytes[at + mark.len()..][..64]).into_owned();
    let now = digest::of_sources(&root.join("interpreter")).expect("readable sources");
    assert_eq!(built, now, "the image is stale: run ./dev firmware and commit assets/solderless-rp2040.uf2");
}
