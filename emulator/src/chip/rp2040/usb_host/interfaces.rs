//! What a configuration descriptor says of a device's interfaces.

const DESCRIPTOR_INTERFACE: u8 = 4;
const DESCRIPTOR_ENDPOINT: u8 = 5;
const DESCRIPTOR_HID: u8 = 0x21;

pub const CLASS_CDC: u8 = 2;
pub const CLASS_HID: u8 = 3;
pub const CLASS_MSC: u8 = 8;
pub const CLASS_CDC_DATA: u8 = 10;

/// An interface, by its first setting, with its endpoints' numbers; zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    pub number: u8,
    pub class: u8,
    pub subclass: u8,
    pub protocol: u8,
    pub bulk_in: u8,
    pub bulk_out: u8,
    pub interrupt_in: u8,
    /// Milliseconds between two polls of the interrupt endpoint.
    pub interval: u8,
    /// Bytes of the HID report descriptor.
    pub report_length: u16,
}

/// The interfaces in the order of the descriptor, which may be cut off anywhere.
pub fn interfaces(configuration: &[u8]) -> Vec<Interface> {
    let mut found: Vec<Interface> = Vec::new();
    let mut rest = configuration;
    // Further settings of an interface come after its first, which is what a host starts with.
    let mut other_setting = false;
    while let [len, kind, ..] = *rest {
        let Some((descriptor, after)) = rest.split_at_checked(usize::from(len)).filter(|_| len >= 2) else {
            break;
        };
        rest = after;
        match (kind, descriptor) {
            (DESCRIPTOR_INTERFACE, &[_, _, number, setting, _, class, subclass, protocol, ..]) => {
                other_setting = setting != 0;
                if !other_setting {
                    found.push(Interface { number, class, subclass, protocol, ..Interface::default() });
                }
            }
            (DESCRIPTOR_ENDPOINT, &[_, _, address, attributes, _, _, interval, ..]) if !other_setting => {
                let Some(interface) = found.last_mut() else { continue };
                match (attributes & 3, address & 0x80 != 0) {
                    (2, true) => interface.bulk_in = address & 0xF,
                    (2, false) => interface.bulk_out = address & 0xF,
                    (3, true) => {
                        (interface.interrupt_in, interface.interval) = (address & 0xF, interval.max(1));
                    }
                    _ => {}
                }
            }
            (DESCRIPTOR_HID, &[_, _, _, _, _, _, _, low, high, ..]) if !other_setting => {
                if let Some(interface) = found.last_mut().filter(|interface| interface.class == CLASS_HID) {
                    interface.report_length = u16::from_le_bytes([low, high]);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_composite_device_has_all_its_interfaces() {
        let mut configuration = vec![9, 2, 0, 0, 4, 1, 0, 0x80, 50];
        configuration.extend([9, DESCRIPTOR_INTERFACE, 0, 0, 2, CLASS_MSC, 6, 80, 0]);
        configuration.extend([7, DESCRIPTOR_ENDPOINT, 0x81, 2, 64, 0, 0]);
        configuration.extend([7, DESCRIPTOR_ENDPOINT, 0x01, 2, 64, 0, 0]);
        configuration.extend([9, DESCRIPTOR_INTERFACE, 1, 0, 1, CLASS_HID, 1, 1, 0]);
        configuration.extend([9, DESCRIPTOR_HID, 0x11, 1, 0, 1, 0x22, 63, 1]);
        configuration.extend([7, DESCRIPTOR_ENDPOINT, 0x84, 3, 8, 0, 10]);
        // A second setting is not what the device starts with.
        configuration.extend([9, DESCRIPTOR_INTERFACE, 1, 1, 1, CLASS_HID, 1, 1, 0]);
        configuration.extend([7, DESCRIPTOR_ENDPOINT, 0x85, 3, 8, 0, 1]);
        let found = interfaces(&configuration);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].class, found[0].bulk_in, found[0].bulk_out), (CLASS_MSC, 1, 1));
        assert_eq!((found[1].interrupt_in, found[1].interval, found[1].report_length), (4, 10, 319));
        for cut in 0..configuration.len() {
            interfaces(&configuration[..cut]);
        }
        assert!(interfaces(&[0, 4, 0]).is_empty());
    }
}
