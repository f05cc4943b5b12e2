// SPDX-License-Identifier: GPL-2.0-only

//! Packets of SCTP.

/// Types of chunks of SCTP.
pub(crate) const DATA: u8 = 0;
pub(crate) const INIT: u8 = 1;
pub(crate) const INIT_ACK: u8 = 2;
pub(crate) const ABORT: u8 = 6;
pub(crate) const SHUTDOWN: u8 = 7;
pub(crate) const SHUTDOWN_ACK: u8 = 8;
pub(crate) const COOKIE_ECHO: u8 = 10;
pub(crate) const COOKIE_ACK: u8 = 11;
pub(crate) const SHUTDOWN_COMPLETE: u8 = 14;

/// A chunk of SCTP, padded to a multiple of 4 bytes.
pub(crate) fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0];
    bytes.extend((4 + body.len() as u16).to_be_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A packet of SCTP with these chunks.
pub(crate) fn sctp(ports: (u16, u16), chunks: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(ports.0.to_be_bytes());
    bytes.extend(ports.1.to_be_bytes());
    bytes.extend([0x12, 0x34, 0x56, 0x78]);
    bytes.extend([0; 4]);
    bytes.extend(chunks);
    set_sctp_checksum(&mut bytes);
    bytes
}

/// Makes the checksum of a packet of SCTP right.
pub(crate) fn set_sctp_checksum(packet: &mut [u8]) {
    packet[8..12].fill(0);
    let check = crc32c(packet);
    packet[8..12].copy_from_slice(&check.to_le_bytes());
}

/// The checksum of SCTP (RFC 9260 appendix A).
fn crc32c(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let polynomial = (register & 1) * 0x82f6_3b78;
            register = register >> 1 ^ polynomial;
        }
    }
    !register
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32c_is_that_of_the_rfc() {
        // RFC 3720 appendix B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }
}
