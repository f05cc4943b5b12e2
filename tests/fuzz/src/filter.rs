// SPDX-License-Identifier: GPL-2.0-only

//! The filter of addresses: what was noted is found, whatever else was.

use rvs_logic::logic::{
    addr::Endpoint,
    filter::{
        of_addr,
        of_endpoint,
        Role,
        Subject,
        CELLS,
        MARKS, //
    },
    service_key::{
        Ports,
        ServiceKey, //
    }, //
};

use crate::input::Input;

pub(crate) fn any_bytes(data: &[u8]) {
    let mut input = Input::new(data);
    let mut cells = vec![0u8; CELLS];
    let mut noted = Vec::new();
    while !input.rest().is_empty() && noted.len() < 32 {
        if input.flag() {
            let key = input.service_key();
            note(&mut cells, Subject::of_service(&key));
            noted.push((Role::Service, of_key(&key, input.word())));
        } else {
            let (key, server) = (input.service_key(), input.endpoint());
            note(&mut cells, Subject::of_server(&key, server));
            // Where the service has many ports, replies come from any.
            let is_any = server.port == 0 || key.has_many_ports();
            let port = if is_any { input.word() } else { server.port };
            noted.push((Role::Server, Some(Endpoint::new(server.addr, port))));
        }
    }
    for (role, endpoint) in noted {
        match endpoint {
            Some(endpoint) => assert!(is_found(&cells, role, endpoint), "{role:?} {endpoint:?}"),
            None => assert!(cells.iter().all(|cell| cell & MARKS != 0)),
        }
    }
}

fn note(cells: &mut [u8], subject: Subject) {
    match subject.places() {
        Some(places) => {
            for (cell, flag) in places {
                cells[cell] |= flag;
            }
        }
        None => {
            for cell in cells {
                *cell |= MARKS;
            }
        }
    }
}

/// Where a packet for the service may go; none for that of a mark, which is anywhere.
fn of_key(key: &ServiceKey, any_port: u16) -> Option<Endpoint> {
    match *key {
        ServiceKey::Mark { .. } => None,
        ServiceKey::Address { addr, ports, .. } => {
            let port = match ports {
                Ports::One(port) => port,
                Ports::Range(range) => any_port.clamp(range.first(), range.last()),
                Ports::All => any_port,
            };
            Some(Endpoint::new(addr, port))
        }
    }
}

fn is_found(cells: &[u8], role: Role, endpoint: Endpoint) -> bool {
    let of_addr = cells[of_addr(endpoint.addr)];
    let of_endpoint = cells[of_endpoint(endpoint.addr, endpoint.port)];
    of_addr & role.addr_flag() != 0
        && (of_endpoint & role.endpoint_flag() != 0 || of_addr & role.all_ports_flag() != 0)
}
