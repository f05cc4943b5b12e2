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
        IPIP,
        TCP,
        UDP, //
    }, //
};

/// `struct virtio_net_hdr`, which precedes each frame.
const OFFLOAD_HEADER_LEN: usize = 10;
/// Addresses and type of Ethernet.
const ETHERNET_LEN: usize = 14;
const TYPE_IPV4: [u8; 2] = [0x08, 0x00];
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
pub(crate) struct Tap(File);

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
        Ok(Self(file))
    }

    /// Has the director receive the packet.
    pub(crate) fn send(&mut self, step: &Step) -> io::Result<()> {
        let mut frame = offload_header(step.offload).to_vec();
        frame.extend(step.mac);
        frame.extend(NEIGHBOUR_MAC);
        frame.extend(TYPE_IPV4);
        frame.extend(&step.packet);
        match self.0.write(&frame) {
            // The kernel drops some frames, as those whose offload makes no sense, where they enter.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            result => result.map(drop),
        }
    }

    /// A frame that the director has sent, if there is one, from its Ethernet header on.
    pub(crate) fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut frame = vec![0; LONGEST];
        match self.0.read(&mut frame) {
            Ok(length) => {
                frame.truncate(length);
                frame.drain(..OFFLOAD_HEADER_LEN.min(length));
                Ok(Some(frame))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// `struct virtio_net_hdr` in the byte order of the machine. Offsets count from the Ethernet header.
fn offload_header(offload: Offload) -> [u8; OFFLOAD_HEADER_LEN] {
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
            // VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_UDP_L4.
            let kind = if protocol == TCP { 1 } else { 5 };
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
pub(crate) struct Local(Vec<OwnedFd>);

impl Local {
    pub(crate) fn new() -> io::Result<Self> {
        let sockets = [ICMP, IPIP, TCP, UDP, GRE].map(|number| {
            socket_with(
                AddressFamily::INET,
                SocketType::RAW,
                SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
                std::num::NonZeroU32::new(number.into()).map(Protocol::from_raw),
            )
        });
        let sockets: Result<Vec<_>, _> = sockets.into_iter().collect();
        Ok(Self(sockets?))
    }

    /// A packet, if there is one.
    pub(crate) fn receive(&self) -> io::Result<Option<Vec<u8>>> {
        let mut packet = vec![MaybeUninit::uninit(); LONGEST];
        for socket in &self.0 {
            match recv(socket, &mut packet, RecvFlags::empty()) {
                Ok(((bytes, _), _)) => return Ok(Some(bytes.to_vec())),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}
