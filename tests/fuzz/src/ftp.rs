// SPDX-License-Identifier: GPL-2.0-only

//! Control connections of FTP: what is found is there, and what is put in its place is read again as it was meant.

use rvs_logic::logic::{
    addr::Endpoint,
    ftp::{
        find,
        Form,
        Sender,
        Text, //
    },
    nat::Segment,
    packet::{
        ipv4,
        transport,
        TransportHeader, //
    },
    sequence::Shift,
};

use crate::input::{
    checksum,
    Input, //
};

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let to = input.endpoint();
    let sender = if input.flag() {
        Sender::Server
    } else {
        Sender::Client
    };
    if input.flag() {
        lines(sender, to, input.rest());
    } else {
        packet(sender, to, &mut input);
    }
}

fn lines(sender: Sender, to: Endpoint, payload: &[u8]) {
    let Some(place) = find(sender, payload) else {
        return;
    };
    assert!(place.begin < place.end && place.end < payload.len());
    assert!(
        payload[place.end..].contains(&b'\n'),
        "it is of a whole line"
    );
    assert!(!payload[place.begin..place.end].contains(&b'\n'));
    assert_ne!(place.port, 0);
    assert_eq!(place.addr.is_none(), matches!(place.form, Form::Port(_)));
    if to.port == 0 {
        return;
    }
    let Some(text) = Text::of(place.form, to) else {
        assert_eq!(place.form, Form::Bytes);
        return;
    };
    let changed = [
        &payload[..place.begin],
        text.as_bytes(),
        &payload[place.end..],
    ]
    .concat();
    let again = find(sender, &changed).expect("it is still there");
    assert_eq!((again.begin, again.port), (place.begin, to.port));
    assert_eq!(again.end, place.begin + text.as_bytes().len());
    assert_eq!(again.addr, place.addr.map(|_| to.addr));
}

fn packet(sender: Sender, to: Endpoint, input: &mut Input<'_>) {
    let checksum_state = input.checksum_state();
    let [forth, back] = [(); 2].map(|()| {
        let begin = input.double_word();
        let growth = i32::from(input.byte() as i8);
        Shift::new().replaced(begin, begin.wrapping_add(20), growth)
    });
    let bytes = input.rest();
    let Ok(header) = ipv4::parse(bytes) else {
        return;
    };
    let Ok(TransportHeader::Tcp(tcp)) = transport(&header, bytes).map(|found| found.header) else {
        return;
    };
    let segment = Segment {
        header,
        tcp,
        checksum: checksum_state,
    };
    let mut changed = bytes.to_vec();
    if segment.renumber(&mut changed, &forth, &back).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
    }
    let len = segment.headers_len().min(bytes.len());
    assert_eq!(changed[len..], bytes[len..]);

    let Some(payload) = bytes.get(segment.payload()) else {
        return;
    };
    let Some((place, text)) =
        find(sender, payload).and_then(|place| Some((place, Text::of(place.form, to)?)))
    else {
        return;
    };
    let mut changed = bytes.to_vec();
    match segment.replace_text(&mut changed, place.begin..place.end, text.as_bytes()) {
        Err(_) => assert_eq!(changed, bytes, "what fails changes nothing"),
        Ok(len) => {
            let again = ipv4::parse(&changed).expect("it is a packet");
            assert_eq!(again.total_len, len);
            let outer = ..header.header_len;
            assert_eq!(checksum(&bytes[outer]) == 0, checksum(&changed[outer]) == 0);
        }
    }
}
