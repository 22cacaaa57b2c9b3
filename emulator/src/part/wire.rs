//! A jumper wire between two places of the board.

use super::{Part, PartType, PinInfo, Properties, Role};

pub(super) static TYPE: PartType = PartType {
    name: "wire",
    title: "Wire",
    description: "A jumper wire from one pin of the board to another: what one sends, the other hears.",
    pins: &[
        PinInfo {
            name: "from",
            role: Role::Wire,
            default: None,
            required: true,
            description: "To one pin of the board.",
        },
        PinInfo {
            name: "to",
            role: Role::Wire,
            default: None,
            required: true,
            description: "To another pin, to GND or to 3V3.",
        },
    ],
    inputs: &[],
    outputs: &[],
    properties: &[],
    make: |_: &Properties| Ok(Box::new(Wire)),
};

/// The bench connects what a wire connects; there is nothing left to do for the part.
#[derive(Clone)]
struct Wire;

impl Part for Wire {}
