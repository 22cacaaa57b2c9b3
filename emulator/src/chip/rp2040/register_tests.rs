//! Every register of the data sheet's address map against [`registers.txt`](registers.txt): what it reads after a
//! reset, and which of its bits keep what is written.
//!
//! A line of the table is the first register's name, its address, the distance to the next of the same kind and how
//! many there are, the reset value (or `-`), and the bits that can be written and read back; numbers but the count
//! are hexadecimal.

use super::testing::Rig;

struct Register {
    name: &'static str,
    address: u32,
    reset: Option<u32>,
    writable: u32,
}

fn registers() -> Vec<Register> {
    let hex = |text: &str| u32::from_str_radix(text, 16).unwrap();
    let mut registers = Vec::new();
    for line in include_str!("registers.txt").lines() {
        let [name, first, stride, count, reset, writable] =
            line.split(' ').collect::<Vec<_>>()[..].try_into().unwrap();
        for n in 0..count.parse().unwrap() {
            registers.push(Register {
                name,
                address: hex(first) + n * hex(stride),
                reset: (reset != "-").then(|| hex(reset)),
                writable: hex(writable),
            });
        }
    }
    registers
}

/// Registers that differ at power-on, and why.
const AT_RESET: &[(&str, &str)] = &[
    ("ADC_FCS", "EMPTY says how the FIFO is"),
    ("BUSCTRL_BUS_PRIORITY_ACK", "priorities take effect at once"),
    ("CLOCKS_ENABLED0", "says which clocks run"),
    ("IO_BANK0_INTR0", "levels are seen"),
    ("IO_BANK0_INTR3", "levels are seen"),
    ("IO_QSPI_GPIO_QSPI_SS_STATUS", "chip select is pulled up"),
    ("PIO_DBG_CFGINFO", "says what a block has"),
    ("PIO_INTR", "transmit FIFOs have room"),
    ("PSM_DONE", "everything is powered"),
    ("ROSC_STATUS", "it runs: the chip starts from it"),
    ("ROSC_RANDOMBIT", "random"),
    ("SIO_GPIO_HI_IN", "chip select is pulled up"),
    ("SIO_SPINLOCK0", "reading takes it"),
    ("SSI_SR", "the transmit FIFO is empty and has room"),
    ("SYSINFO_CHIP_ID", "of B2 silicon"),
    ("SYSINFO_PLATFORM", "silicon"),
    ("TBMAN_PLATFORM", "silicon"),
    ("UART_UARTFR", "CTS without a pin reads low"),
    ("USB_SIE_STATUS", "VBUS is there"),
    ("VREG_AND_CHIP_RESET_VREG", "the regulator regulates"),
    ("VREG_AND_CHIP_RESET_CHIP_RESET", "the last reset was power-on"),
    ("WATCHDOG_TICK", "RUNNING follows ENABLE"),
    ("XIP_STAT", "the cache is flushed"),
];

/// Registers whose writable bits do not simply keep what is written, and why.
const WRITTEN: &[(&str, &str)] = &[
    ("DMA_CH0_TRANS_COUNT", "reads what is left of the present sequence"),
    ("DMA_CH0_AL1_TRANS_COUNT_TRIG", "as above"),
    ("DMA_CH0_AL2_TRANS_COUNT", "as above"),
    ("DMA_CH0_AL3_TRANS_COUNT", "as above"),
    ("DMA_CH0_AL1_CTRL", "read-only bits among them"),
    ("DMA_CH0_AL2_CTRL", "as above"),
    ("DMA_CH0_AL3_CTRL", "as above"),
    ("I2C_IC_DATA_CMD", "a FIFO"),
    ("I2C_IC_SS_SCL_HCNT", "at least 6"),
    ("I2C_IC_SS_SCL_LCNT", "at least 8"),
    ("I2C_IC_FS_SCL_HCNT", "at least 6"),
    ("I2C_IC_FS_SCL_LCNT", "at least 8"),
    ("I2C_IC_FS_SPKLEN", "at least 1"),
    ("I2C_IC_RX_TL", "at most the FIFO's depth"),
    ("I2C_IC_TX_TL", "at most the FIFO's depth"),
    ("I2C_IC_ENABLE", "ABORT ends by itself; TX_CMD_BLOCK is not built"),
    ("PIO_SM0_INSTR", "writing executes"),
    ("SIO_INTERP0_ACCUM0_ADD", "adds"),
    ("SIO_INTERP1_ACCUM0_ADD", "adds"),
    ("SIO_SPINLOCK0", "reading takes it"),
    ("SPI_SSPCPSR", "the lowest bit is zero"),
    ("SSI_DR0", "a FIFO"),
    ("USB_SIE_CTRL", "commands among them"),
    ("USB_DEVICE_DPRAM_EP0_IN_BUFFER_CONTROL", "RESET_SEL reads as zero"),
    ("USB_DEVICE_DPRAM_EP0_OUT_BUFFER_CONTROL", "RESET_SEL reads as zero"),
];

#[test]
fn registers_read_their_reset_values() {
    let mut wrong = String::new();
    for register in registers() {
        let Some(reset) = register.reset else { continue };
        // Reading some changes others.
        let mut rig = Rig::cold("");
        let value = rig.read(register.address);
        if value != reset && !AT_RESET.iter().any(|(name, why)| *name == register.name && !why.is_empty()) {
            wrong += &format!("{} {:#x}: {value:#x}, not {reset:#x}\n", register.name, register.address);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn writable_bits_keep_what_is_written() {
    let mut wrong = String::new();
    for register in registers().iter().filter(|register| register.writable != 0) {
        let Register { name, address, writable, .. } = *register;
        if WRITTEN.iter().any(|(other, why)| *other == name && !why.is_empty()) {
            continue;
        }
        for value in [writable, 0, writable & 0x5555_5555] {
            let mut rig = Rig::cold("");
            rig.write(address, value);
            let read = rig.read(address) & writable;
            if read != value {
                wrong += &format!("{name} {address:#x}: wrote {value:#x}, reads {read:#x}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
