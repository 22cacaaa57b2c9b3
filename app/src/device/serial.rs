//! Real boards: serial ports, listed with what USB says about them, and opened for us alone.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use serialport::{SerialPortInfo, SerialPortType};

use super::connection::{Connection, LinkError};

/// Boards on USB ignore it; those behind a USB-to-serial bridge expect it.
const BAUD: u32 = 115_200;

/// A serial port of this computer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct PortInfo {
    /// What to open: `/dev/ttyACM0`, `COM5`.
    pub name: String,
    /// What USB calls the device, such as `Raspberry Pi Pico`; empty when it says nothing.
    pub title: String,
    /// USB vendor and product, in the usual `2e8a:0005` form; empty for other ports.
    pub id: String,
    /// The device's serial number; empty when it has none.
    pub serial_number: String,
}

/// The serial ports that are there now, those on USB first, each kind by name.
pub fn ports() -> Result<Vec<PortInfo>, LinkError> {
    let found = serialport::available_ports()
        .map_err(|error| LinkError::Io { port: "listing the serial ports".into(), source: error.into() })?;
    let mut ports: Vec<PortInfo> = found.into_iter().map(describe).collect();
    ports.sort_by_key(|port| (port.id.is_empty(), port.name.clone()));
    Ok(ports)
}

fn describe(info: SerialPortInfo) -> PortInfo {
    let mut port = PortInfo {
        name: info.port_name,
        title: String::new(),
        id: String::new(),
        serial_number: String::new(),
    };
    match info.port_type {
        SerialPortType::UsbPort(usb) => {
            port.id = format!("{:04x}:{:04x}", usb.vid, usb.pid);
            port.serial_number = usb.serial_number.unwrap_or_default();
            let (maker, product) = (usb.manufacturer.unwrap_or_default(), usb.product.unwrap_or_default());
            // Many devices say little more than "Board in FS mode"; the vendor's number says whose.
            port.title = match (known_maker(usb.vid, usb.pid), product.as_str()) {
                (Some(name), "" | "Board in FS mode" | "Board CDC") => name.to_string(),
                (_, "") => maker,
                (_, product) if maker.is_empty() || product.starts_with(&maker) => product.to_string(),
                (_, product) => format!("{maker} {product}"),
            };
        }
        SerialPortType::BluetoothPort => port.title = "Bluetooth".into(),
        SerialPortType::PciPort => port.title = "built-in port".into(),
        SerialPortType::Unknown => {}
    }
    port
}

/// USB numbers under which MicroPython boards are met.
fn known_maker(vendor: u16, product: u16) -> Option<&'static str> {
    Some(match (vendor, product) {
        (0x2e8a, 0x0005) => "Raspberry Pi Pico (MicroPython)",
        (0x2e8a, _) => "Raspberry Pi RP2 board",
        (0xf055, _) => "MicroPython board",
        (0x303a, _) => "Espressif ESP32",
        (0x10c4, 0xea60) => "CP210x USB-to-serial (often an ESP32)",
        (0x1a86, 0x7523 | 0x55d4) => "CH340 USB-to-serial (often an ESP32 or ESP8266)",
        (0x0403, _) => "FTDI USB-to-serial",
        (0x0d28, 0x0204) => "BBC micro:bit",
        _ => return None,
    })
}

/// An open serial port with a board behind it.
pub struct SerialConnection {
    name: String,
    port: Box<dyn serialport::SerialPort>,
    opened: Instant,
}

impl SerialConnection {
    /// Opens the port, locked against other programs.
    pub fn open(name: &str) -> Result<SerialConnection, LinkError> {
        let port = serialport::new(name, BAUD)
            .timeout(Duration::from_millis(20))
            .open()
            .map_err(|error| why_not_open(name, error))?;
        Ok(SerialConnection { name: name.to_string(), port, opened: Instant::now() })
    }

    fn error(&self, source: std::io::Error) -> LinkError {
        let port = self.name.clone();
        match source.kind() {
            // Unplugged: the file is hung up, or the driver is gone.
            ErrorKind::BrokenPipe | ErrorKind::NotConnected | ErrorKind::NotFound | ErrorKind::Other => {
                LinkError::Vanished { port }
            }
            _ => LinkError::Io { port, source },
        }
    }
}

fn why_not_open(name: &str, error: serialport::Error) -> LinkError {
    let port = name.to_string();
    let there = !cfg!(unix) || std::path::Path::new(name).exists();
    match error.kind() {
        serialport::ErrorKind::Io(ErrorKind::NotFound) => LinkError::Missing { port },
        _ if !there => LinkError::Missing { port },
        serialport::ErrorKind::NoDevice => LinkError::Busy { port },
        // Windows has one refusal for both, and there it nearly always means that the port is open.
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) if cfg!(windows) => LinkError::Busy { port },
        serialport::ErrorKind::Io(ErrorKind::PermissionDenied) => LinkError::Denied { port },
        _ => LinkError::Io { port, source: error.into() },
    }
}

impl Connection for SerialConnection {
    fn name(&self) -> &str {
        &self.name
    }

    fn write(&mut self, bytes: &[u8]) -> Result<usize, LinkError> {
        match self.port.write(bytes) {
            Ok(count) => Ok(count),
            Err(error) if is_wait(&error) => Ok(0),
            Err(error) => Err(self.error(error)),
        }
    }

    fn read(&mut self, wait: Duration, into: &mut Vec<u8>) -> Result<(), LinkError> {
        let mut buffer = [0; 4096];
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            self.port
                .set_timeout(left)
                .map_err(|error| LinkError::Io { port: self.name.clone(), source: error.into() })?;
            match self.port.read(&mut buffer) {
                // Readable and yet nothing to read: that is how a hung-up line shows.
                Ok(0) => return Err(LinkError::Vanished { port: self.name.clone() }),
                Ok(count) => {
                    into.extend_from_slice(&buffer[..count]);
                    return Ok(());
                }
                Err(error) if is_wait(&error) => {
                    if Instant::now() >= until {
                        return Ok(());
                    }
                }
                Err(error) => return Err(self.error(error)),
            }
        }
    }

    fn now(&self) -> Duration {
        self.opened.elapsed()
    }
}

fn is_wait(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usb_names_are_told_plainly() {
        let port = |vid, pid, manufacturer: &str, product: &str| {
            describe(SerialPortInfo {
                port_name: "/dev/ttyACM0".into(),
                port_type: SerialPortType::UsbPort(serialport::UsbPortInfo {
                    vid,
                    pid,
                    serial_number: Some("e6614".into()),
                    manufacturer: Some(manufacturer.into()),
                    product: Some(product.into()),
                }),
            })
        };
        let pico = port(0x2e8a, 5, "MicroPython", "Board in FS mode");
        assert_eq!(pico.title, "Raspberry Pi Pico (MicroPython)");
        assert_eq!(pico.id, "2e8a:0005");
        assert_eq!(port(0x1234, 1, "Acme", "Acme Probe").title, "Acme Probe");
        assert_eq!(port(0x1234, 1, "Acme", "Probe").title, "Acme Probe");
        assert_eq!(port(0x1234, 1, "Acme", "").title, "Acme");
    }

    #[test]
    fn a_port_that_is_not_there_is_said_to_be_missing() {
        let error = SerialConnection::open("/dev/ttyNONE").err().expect("there is none");
        assert!(matches!(error, LinkError::Missing { .. }), "{error:?}");
        assert!(error.to_string().contains("solderless ports"));
    }
}
