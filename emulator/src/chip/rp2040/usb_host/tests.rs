use super::*;

#[test]
fn finds_the_serial_port_among_other_interfaces() {
    let interface = |number: u8, class: u8| Interface { number, class, ..Interface::default() };
    let data = Interface { bulk_in: 3, bulk_out: 3, ..interface(2, CLASS_CDC_DATA) };
    let all = [
        Interface { bulk_in: 1, bulk_out: 1, ..interface(0, CLASS_MSC) },
        Interface { interrupt_in: 2, ..interface(1, CLASS_CDC) },
        data,
    ];
    assert_eq!(find_port(&all), Some(Port { interface: 1, input: 3, output: 3 }));
    assert_eq!(find_port(&all[..2]), None);
    assert_eq!(find_port(&[]), None);
}
