//! Programs on the board in memory, also with a collection at every allocation.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;

use crate::hal::host::{Host, HostI2c};
use crate::hal::{PinMode, Pull};
use crate::vm::{Out, Vm};

/// Runs a program; gives what it printed, or its traceback. `look` sees the board afterwards.
fn run_with(host: Host, program: &str, stress: bool, look: impl Fn(&mut Host)) -> String {
    let mut vm = Vm::new(256 * 1024, Box::new(host)).expect("the heap is large enough");
    vm.heap.set_stress(stress);
    if vm.run_source("test.py", program).is_err() {
        let exc = vm.take_exc();
        let mut out = Out::text();
        let shown = vm.print_exception(exc, &mut out);
        assert!(shown.is_ok());
        return out.finish(&mut vm).unwrap_or_default();
    }
    let host = Host::of(&mut *vm.hal).expect("it is the board in memory");
    look(host);
    String::from_utf8(host.take_output()).unwrap().replace("\r\n", "\n")
}

fn run(program: &str, look: impl Fn(&mut Host)) -> String {
    let first = run_with(Host::new(16), program, false, &look);
    assert_eq!(run_with(Host::new(16), program, true, &look), first, "under stress");
    first
}

#[test]
fn pins_drive_and_read() {
    let program = "
from machine import Pin, Signal
led = Pin('LED', Pin.OUT, value=1)
print(led, led.value(), led())
led.toggle()
print(led.value())
led.on(); led.off(); led.high(); led(0)
button = Pin(14, Pin.IN, Pin.PULL_UP)
print(button, button.value())
bus = Pin('GPIO3', Pin.OPEN_DRAIN, value=0)
active_low = Signal(led, invert=True)
active_low.on()
print(led.value(), active_low.value())
for bad in ('GP99', 30, -1):
    try:
        Pin(bad)
    except ValueError as e:
        print(e)
";
    let output = run(program, |host| {
        assert_eq!((host.pins[25].mode, host.pins[25].out), (PinMode::Out, false));
        assert_eq!((host.pins[14].mode, host.pins[14].pull), (PinMode::In, Pull::Up));
        assert_eq!((host.pins[3].mode, host.pins[3].out), (PinMode::OpenDrain, false));
    });
    assert_eq!(
        output,
        "Pin(GPIO25, mode=OUT) 1 1\n0\nPin(GPIO14, mode=IN, pull=PULL_UP) 1\n0 1\n\
         unknown named pin \"GP99\"\ninvalid pin\ninvalid pin\n"
    );
}

#[test]
fn i2c_reads_and_writes_registers() {
    let device = HostI2c { id: 0, addr: 0x76, registers: vec![0; 256], pointer: 0 };
    let program = "
from machine import I2C, Pin
i2c = I2C(0, scl=Pin(5), sda=Pin(4), freq=100_000)
print(i2c, i2c.scan())
i2c.writeto_mem(0x76, 0xF4, b'(\\x01')
print(i2c.readfrom_mem(0x76, 0xF4, 2), i2c.writeto(0x76, b'\\xf4'), i2c.readfrom(0x76, 1))
buf = bytearray(2)
i2c.readfrom_mem_into(0x76, 0xF4, buf)
i2c.writevto(0x76, (b'\\x10', b'ab'))
print(buf, i2c.readfrom_mem(0x76, 0x10, 2))
try:
    i2c.readfrom(0x50, 1)
except OSError as e:
    print(e.errno)
";
    let expected = "I2C(0, freq=100000, scl=5, sda=4, timeout=50000) [118]\nb'(\\x01' 1 b'('\nbytearray(b'(\\x01') b'ab'\n5\n";
    for stress in [false, true] {
        let mut host = Host::new(16);
        host.i2c.push(device.clone());
        assert_eq!(run_with(host, program, stress, |_| {}), expected);
    }
}

#[test]
fn spi_exchanges_bytes() {
    let program = "
from machine import SPI, Pin
spi = SPI(0, baudrate=1_000_000, polarity=1, phase=1, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
spi.write(b'abc')
print(spi.read(2), spi.read(2, 0xFF))
buf = bytearray(3)
spi.write_readinto(b'\\x00\\x0f\\xf0', buf)
print(buf)
try:
    spi.write_readinto(b'ab', buf)
except ValueError as e:
    print(e)
";
    let output = run(program, |host| assert_eq!(host.spi_sent[..3], [(0, b'a'), (0, b'b'), (0, b'c')]));
    assert_eq!(
        output,
        "b'\\xff\\xff' b'\\x00\\x00'\nbytearray(b'\\xff\\xf0\\x0f')\nbuffers must be the same length\n"
    );
}

#[test]
fn uart_adc_and_pwm() {
    let program = "
from machine import UART, ADC, PWM, Pin, RTC
u = UART(1, 9600, tx=Pin(4), rx=Pin(5), timeout=10)
print(u.write('hello\\nworld'), u.any(), u.readline(), u.read(2), u.read(), u.read(1))
print(ADC(26).read_u16(), ADC(Pin(27)).read_u16(), ADC(4).read_u16())
pwm = PWM(Pin(15), freq=1000, duty_u16=32768)
print(pwm.freq(), pwm.duty_u16(), pwm)
pwm.duty_ns(250_000)
print(pwm.duty_u16())
pwm.deinit()
rtc = RTC()
rtc.datetime((2026, 11, 20, 4, 12, 30, 15, 0))
print(rtc.datetime())
";
    for stress in [false, true] {
        let mut host = Host::new(16);
        host.adc = [100, 200, 300, 400, 500];
        let output = run_with(host, program, stress, |host| assert!(!host.pwm[15].on));
        assert_eq!(
            output,
            "11 11 b'hello\\n' b'wo' b'rld' None\n100 200 500\n1000 32768 <PWM pin=15 freq=1000 duty_u16=32768>\n\
             16383\n(2026, 11, 20, 4, 12, 30, 15, 0)\n"
        );
    }
}

#[test]
fn a_pin_interrupt_calls_its_handler() {
    let mut vm = Vm::new(256 * 1024, Box::new(Host::new(16))).expect("the heap is large enough");
    let program = "
from machine import Pin
seen = []
def pressed(pin):
    seen.append((pin, pin.irq().flags()))
Pin(14, Pin.IN, Pin.PULL_UP).irq(pressed, Pin.IRQ_FALLING)
";
    assert!(vm.run_source("test.py", program).is_ok());
    let host = Host::of(&mut *vm.hal).unwrap();
    host.drive(14, Some(false));
    host.drive(14, Some(true));
    host.drive(14, Some(false));
    assert!(vm.run_source("test.py", "for i in range(3): pass\nprint(seen)").is_ok());
    let output = Host::of(&mut *vm.hal).unwrap().take_output();
    // Two edges before the interpreter looked are one call.
    assert_eq!(String::from_utf8_lossy(&output), "[(Pin(GPIO14, mode=IN, pull=PULL_UP), 4)]\r\n");
}
