// SPDX-License-Identifier: GPL-2.0-only

//! The director's ends: devices of which this program is the wire, and sockets that tell what the director itself got.
//!
//! What is written to such a device has been through the whole network stack when the call returns, and what came of it
//! can be read at once. So there is nothing to wait for, and the order is always the same.

use std::{
    ffi::c_ulong,
    fs::{
        File,
        OpenOptions, //
    },
    io::{
        self,
        ErrorKind,
        Read,
        Write, //
    },
    mem::MaybeUninit,
    os::fd::OwnedFd, //
};

use rustix::{
    fs::{
        fcntl_setfl,
        OFlags, //
    },
    ioctl,
    net::{
        recv,
        socket_with,
        AddressFamily,
        Protocol,
        RecvFlags,
        SocketFlags,
        SocketType, //
    }, //
};

use crate::{
    site::NEIGHBOUR_MAC,
    stream::{
        Offload,
        Step, //
    },
    wire::{
        GRE,
        ICMP,
        ICMPV6,
        IPIP,
        SCTP,
        TCP,
        UDP, //
    }, //
};

/// `struct virtio_net_hdr`, which precedes each frame.
const OFFLOAD_HEADER_LEN: usize = 10;
/// Addresses and type of Ethernet.
const ETHERNET_LEN: usize = 14;
const TYPE_IPV4: [u8; 2] = [0x08, 0x00];
const TYPE_IPV6: [u8; 2] = [0x86, 0xdd];
const LONGEST: usize = 1 << 17;

/// `TUNSETIFF`, and the flags of `linux/if_tun.h`: frames, without a header of the driver, with that of offloads.
const SET_INTERFACE: ioctl::Opcode = ioctl::opcode::write::<i32>(b'T', 202);
const FLAGS: i16 = 0x0002 | 0x1000 | 0x4000;

/// `struct ifreq`.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: i16,
    rest: [u8; 22],
}

const _: () = assert!(size_of::<Request>() == 16 + 3 * size_of::<c_ulong>());

/// A device of the namespace that this program is in.
pub(crate) struct Tap {
    file: File,
    buffer: Vec<u8>,
}

impl Tap {
    /// Becomes the wire of a device that is there.
    pub(crate) fn attach(name: &str) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/net/tun")?;
        let mut request = Request {
            name: [0; 16],
            flags: FLAGS,
            rest: [0; 22],
        };
        request.name[..name.len()].copy_from_slice(name.as_bytes());
        // SAFETY: TUNSETIFF of a tun file reads and writes one `struct ifreq`, whose size and layout `Request` has
        // (asserted above); it keeps no pointer to it.
        unsafe {
            ioctl::ioctl(
                &file,
                ioctl::Updater::<{ SET_INTERFACE }, Request>::new(&mut request),
            )?;
        }
        fcntl_setfl(&file, OFlags::NONBLOCK)?;
        Ok(Self {
            file,
            buffer: vec![0; LONGEST],
        })
    }

    /// Has the director receive the packet.
    pub(crate) fn send(&mut self, step: &Step) -> io::Result<()> {
        let mut frame = offload_header(step.offload, step.is_ipv6).to_vec();
        frame.extend(step.mac);
        frame.extend(NEIGHBOUR_MAC);
        frame.extend(if step.is_ipv6 { TYPE_IPV6 } else { TYPE_IPV4 });
        frame.extend(&step.packet);
        match self.file.write(&frame) {
            // The kernel drops some frames, as those whose offload makes no sense, where they enter.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            result => result.map(drop),
        }
    }

    /// A frame that the director has sent, if there is one, from its Ethernet header on.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self.file.read(&mut self.buffer) {
            Ok(length) => Ok(Some(
                self.buffer[OFFLOAD_HEADER_LEN.min(length)..length].to_vec(),
            )),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// `struct virtio_net_hdr` in the byte order of the machine. Offsets count from the Ethernet header.
fn offload_header(offload: Offload, is_ipv6: bool) -> [u8; OFFLOAD_HEADER_LEN] {
    const NEEDS_CHECKSUM: u8 = 1;
    let ethernet = ETHERNET_LEN as u16;
    let (flags, kind, header_len, size, start, at) = match offload {
        Offload::None => (0, 0, 0, 0, 0, 0),
        Offload::Checksum { start, at } => (NEEDS_CHECKSUM, 0, 0, 0, start + ethernet, at),
        Offload::Segments {
            protocol,
            size,
            header_len,
            start,
            at,
        } => {
            // VIRTIO_NET_HDR_GSO_TCPV6, VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_UDP_L4.
            let kind = match protocol {
                TCP if is_ipv6 => 4,
                TCP => 1,
                _ => 5,
            };
            (
                NEEDS_CHECKSUM,
                kind,
                header_len + ethernet,
                size,
                start + ethernet,
                at,
            )
        }
    };
    let mut header = [0; OFFLOAD_HEADER_LEN];
    header[0] = flags;
    header[1] = kind;
    for (at, word) in [(2, header_len), (4, size), (6, start), (8, at)] {
        header[at..at + 2].copy_from_slice(&word.to_ne_bytes());
    }
    header
}

/// Sockets that get what the director itself does, whatever port it is for.
pub(crate) struct Local {
    /// With the protocol of those of IPv6, which tell no header.
    sockets: Vec<(OwnedFd, Option<u8>)>,
    buffer: Vec<MaybeUninit<u8>>,
}

impl Local {
    pub(crate) fn new() -> io::Result<Self> {
        let socket = |family: AddressFamily, number: u8| {
            socket_with(
                family,
                SocketType::RAW,
                SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
                std::num::NonZeroU32::new(number.into()).map(Protocol::from_raw),
            )
        };
        let mut sockets = Vec::new();
        for number in [ICMP, IPIP, TCP, UDP, GRE, SCTP] {
            sockets.push((socket(AddressFamily::INET, number)?, None));
        }
        for number in [ICMPV6, TCP, UDP, SCTP] {
            sockets.push((socket(AddressFamily::INET6, number)?, Some(number)));
        }
        Ok(Self {
            sockets,
            buffer: vec![MaybeUninit::uninit(); LONGEST],
        })
    }

    /// A packet, if there is one. One of IPv6 has a header with nothing in it but protocol and length.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        for (socket, protocol) in &self.sockets {
            match recv(socket, &mut self.buffer[..], RecvFlags::empty()) {
                Ok(((bytes, _), _)) => {
                    let mut packet = Vec::new();
                    if let Some(protocol) = protocol {
                        packet.extend([0x60, 0, 0, 0]);
                        packet.extend((bytes.len() as u16).to_be_bytes());
                        packet.extend([*protocol, 0]);
                        packet.extend([0; 32]);
                    }
                    packet.extend_from_slice(bytes);
                    return Ok(Some(packet));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}
