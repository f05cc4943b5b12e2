// SPDX-License-Identifier: GPL-2.0-only

//! Pure decisions: no unsafe, no kernel types, no allocation, no clock.
//!
//! This tree is compiled into the module and by cargo. It knows nothing of either: storage, locks,
//! time and packets are handed in.
//!
//! * [`addr`]: addresses and endpoints
//! * [`protocol`]: transport protocols
//! * [`mod@tuple`]: what tells one flow from another
//! * [`siphash`]: the keyed hash of tuples
//! * [`packet`]: reading IPv4 and IPv6, TCP, UDP and ICMP errors
//! * [`csum`], [`crc32c`]: incremental checksums
//! * [`nat`]: rewriting addresses and ports
//! * [`ftp`]: control connections of FTP
//! * [`sip`]: which call a message of SIP is of
//! * [`sequence`]: numbers of a stream in which text gets longer
//! * [`toa`]: the TCP option that tells a real server of the client
//! * [`tunnel`]: what packets to a real server are put into
//! * [`lifetime`]: in which order an object comes into a table and goes
//! * [`state`]: states and timeouts of connections
//! * [`scheduler`]: choosing a destination
//! * [`service_key`]: what names a service
//! * [`removal`]: what becomes of connections whose server was removed
//! * [`service_rank`]: the order in which services are listed
//! * [`thresholds`]: when a destination is overloaded
//! * [`defences`]: what is done against floods besides
//! * [`estimate`]: how much of something there is in a second
//! * [`pool`]: local addresses, and which of their ports are taken
//! * [`persistence`]: clients that keep their server
//! * [`limits`]: how many connections a namespace may have, and waits after failures
//! * [`table`]: the index of the tuple table
//! * [`word`]: the atomic variable that shared decisions are made of
//! * [`spread`]: the hash of the table of services
//! * [`filter`]: which addresses and ports concern a service
//! * [`wheel`]: when idle connections are due
//! * [`uapi`]: numbers and policies of the netlink family `rvs`
//! * [`ipvs_abi`]: those of the family `IPVS`
//! * [`ipvs_text`]: the files by which IPVS tells of itself
//! * [`liberal`]: validation of attributes as the latter does it

pub mod addr;
pub mod crc32c;
pub mod csum;
pub mod defences;
pub mod estimate;
pub mod filter;
pub mod ftp;
pub mod ipvs_abi;
pub mod ipvs_text;
pub mod liberal;
pub mod lifetime;
pub mod limits;
pub mod nat;
pub mod packet;
pub mod persistence;
pub mod pool;
pub mod protocol;
pub mod removal;
pub mod scheduler;
pub mod sequence;
pub mod service_key;
pub mod service_rank;
pub mod sip;
pub mod siphash;
pub mod spread;
pub mod state;
pub mod table;
pub mod thresholds;
pub mod toa;
pub mod tunnel;
pub mod tuple;
pub mod uapi;
pub mod wheel;
pub mod word;
