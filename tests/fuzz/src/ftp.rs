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
    nat::{
        ChecksumState,
        Segment, //
    },
    packet::{
        ip::{
            V4,
            V6, //
        },
        transport,
        TransportHeader, //
    },
    sequence::Shift,
};

use crate::{
    input::Input,
    layout::{
        header_is_right,
        is_right,
        whole_end,
        Layout, //
    }, //
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
        let mut other = input;
        packet::<V4>(sender, to, &mut input);
        packet::<V6>(sender, to, &mut other);
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
    // A reply may say one that is not written again.
    let writes_port_alone = matches!(place.form, Form::Port(_));
    assert!(place.addr.is_some() || writes_port_alone);
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
    assert_eq!(again.addr, (!writes_port_alone).then_some(to.addr));
}

fn packet<V: Layout>(sender: Sender, to: Endpoint, input: &mut Input<'_>) {
    let checksum = input.checksum_state();
    let [forth, back] = [(); 2].map(|()| {
        let begin = input.double_word();
        let growth = i32::from(input.byte() as i8);
        Shift::new().replaced(begin, begin.wrapping_add(20), growth)
    });
    let bytes = input.rest();
    let Ok(header) = V::parse(bytes, 0) else {
        return;
    };
    let Ok(TransportHeader::Tcp(tcp)) = transport(&header, bytes).map(|found| found.header) else {
        return;
    };
    let segment = Segment {
        header,
        tcp,
        checksum,
    };
    let mut changed = bytes.to_vec();
    if segment.renumber(&mut changed, &forth, &back).is_err() {
        assert_eq!(changed, bytes, "what fails changes nothing");
    }
    let len = segment.headers_len().min(bytes.len());
    assert_eq!(changed[len..], bytes[len..]);
    same_right(bytes, &changed, &segment, header.total_len);

    let Some(payload) = bytes.get(segment.payload()) else {
        return;
    };
    let Some((place, text)) =
        find(sender, payload).and_then(|place| Some((place, Text::of(place.form, to)?)))
    else {
        return;
    };
    let place = place.begin..place.end;
    let growth = text.as_bytes().len().saturating_sub(place.len());
    let mut changed = bytes.to_vec();
    changed.resize(bytes.len() + growth, 0xa5);
    let before = changed.clone();
    match segment.replace_text(&mut changed, place.clone(), text.as_bytes()) {
        Err(_) => assert_eq!(changed, before, "what fails changes nothing"),
        Ok(len) => {
            let again = V::parse(&changed, 0).expect("it is a packet");
            assert_eq!(again.total_len, len);
            assert_eq!(again.header_len, header.header_len);
            let begin = segment.payload().start + place.start;
            let whole = [
                &bytes[segment.headers_len()..begin],
                text.as_bytes(),
                &bytes[segment.payload().start + place.end..header.total_len],
            ];
            assert_eq!(changed[segment.headers_len()..len], whole.concat());
            let outer = ..header.header_len;
            assert_eq!(
                header_is_right::<V>(&bytes[outer]),
                header_is_right::<V>(&changed[outer])
            );
            same_right(bytes, &changed, &segment, len);
        }
    }
}

/// Whether the checksum of the segment is as right as it was, now that the packet ends at `end`.
fn same_right<V: Layout>(bytes: &[u8], changed: &[u8], segment: &Segment<V>, end: usize) {
    let header = segment.header;
    let Some(old_end) = whole_end(&header, bytes) else {
        return;
    };
    if segment.checksum == ChecksumState::Complete {
        let is_right = |packet: &[u8], end: usize| {
            is_right::<V>(packet, header.header_len..end, header.protocol)
        };
        assert_eq!(is_right(bytes, old_end), is_right(changed, end));
    }
}
