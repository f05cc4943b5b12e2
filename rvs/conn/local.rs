// SPDX-License-Identifier: GPL-2.0-only

//! Connections by full NAT and ENAT: each has a local endpoint, by which the real server knows it, or the director.

use kernel::sync::{
    rcu,
    Arc, //
};

use crate::{
    kapi::{
        random::random_u32,
        rcu_table::Side,
        sync::RcuRef,
        time,
        workqueue::Worker, //
    },
    logic::{
        addr::Endpoint,
        protocol::Protocol,
        tuple::Tuple, //
    },
    svc::{
        pool::{
            Lease,
            NoLease,
            Pool,
            Pools,
            Wanted, //
        },
        Dest,
        Forward, //
    },
};

use super::{
    Conn,
    Connections,
    CreateError,
    HashedTuple, //
};

/// How many local endpoints are tried that somebody else has: there are hardly any.
const LEASES: usize = 16;

/// How many local endpoints of a dry pool are looked at for a connection that leaves its own to a new one.
const LOOKS: usize = 8;

/// A connection of TCP that is half open, or over, leaves its local endpoint to a new one after this part of a second without a
/// packet: most clients that are there have answered by then.
const HALF_OPEN_PART: u32 = 8;

/// What becomes of a new connection when no local endpoint is left towards its real server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenDry {
    /// It is refused.
    Refuse,
    /// It gets that of another one that a flood may have made, if a few looks find one.
    EndAnother,
}

/// Where local endpoints are of.
#[derive(Clone, Copy)]
pub(crate) struct Locals<'a> {
    /// The pools of the namespace.
    pub(crate) pools: &'a Worker<Pools>,
    /// What becomes of a connection for which there is none.
    pub(crate) when_dry: WhenDry,
}

impl Connections {
    /// As [`Connections::create`], of one that has a local endpoint.
    #[inline(never)]
    pub(super) fn create_with_local<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &HashedTuple<'_>,
        (dest, forward): (&Arc<Dest>, Forward),
        locals: Locals<'_>,
        now: u32,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let port = dest.port_for(tuple.key().dst_port);
        self.with_lease(guard, tuple.key(), dest, port, locals, |lease| {
            let made = Conn::with_local(tuple.key(), dest.clone(), forward, lease, now)
                .map_err(|_| CreateError::Memory)?;
            self.place_linked(guard, tuple, made, now)
        })
    }

    /// Has `create` make a connection with a local endpoint that the pool of the service gives towards a server, and with
    /// another one where that is somebody else's already.
    pub(super) fn with_lease<'g>(
        &self,
        guard: &'g rcu::Guard,
        tuple: &Tuple,
        dest: &Dest,
        server_port: u16,
        locals: Locals<'_>,
        create: impl Fn(Lease) -> Result<RcuRef<'g, Conn>, CreateError>,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let server = Endpoint::new(dest.endpoint().addr, server_port);
        // In a VRF there is no way.
        if tuple.vrf != 0 || tuple.protocol == Protocol::Sctp {
            return Err(CreateError::NoLocal);
        }
        let pool = dest.shared().pool(guard).ok_or(CreateError::NoLocal)?;
        let known = dest.known_target();
        // By ENAT the real server's half knows the service by it, whatever the first packet had room for.
        let addr = match dest.forward() {
            Forward::Enat => Some(tuple.dst().addr),
            _ => None,
        };
        let wanted = Wanted {
            addr,
            server,
            protocol: tuple.protocol,
        };
        for _ in 0..LEASES {
            let lease = match pool.lease(guard, locals.pools, known, wanted, random_u32()) {
                Ok(lease) => lease,
                Err(NoLease::Memory) => return Err(CreateError::Memory),
                Err(NoLease::Dry) if locals.when_dry == WhenDry::EndAnother => {
                    let lease = self.lease_of_another(guard, &pool, wanted);
                    return create(lease.ok_or(CreateError::NoLocal)?);
                }
                Err(NoLease::Dry) => return Err(CreateError::NoLocal),
            };
            // What a socket of the director has is left to it, towards whatever server.
            let port = lease.local().port;
            let net = self.home.net();
            if net.may_have_local_socket(tuple.protocol, port)
                && net.has_local_socket(tuple.protocol, port, guard)
            {
                lease.needs_no_rest();
                continue;
            }
            match create(lease) {
                Err(CreateError::ReplyTaken) => {}
                created => return created,
            }
        }
        Err(CreateError::NoLocal)
    }

    /// Ends a connection that a flood may have made towards this server, of those at a few local endpoints, of this address where one
    /// is named, the one that has been silent for longest, and hands its endpoint over: its memory goes later.
    #[cold]
    #[inline(never)]
    fn lease_of_another(&self, guard: &rcu::Guard, pool: &Pool, wanted: Wanted) -> Option<Lease> {
        let Wanted {
            addr,
            server,
            protocol,
        } = wanted;
        let now = time::jiffies32();
        let mut chosen: Option<RcuRef<'_, Conn>> = None;
        for _ in 0..LOOKS {
            let any = pool.any_endpoint(guard, server.addr.family(), random_u32())?;
            let local = Endpoint::new(addr.unwrap_or(any.addr), any.port);
            let tuple = Tuple::new(server, local, protocol)?;
            let Ok((conn, Side::Reply)) = self.find(guard, tuple) else {
                continue;
            };
            let is_longer_silent = |other: RcuRef<'_, Conn>| conn.silence(now) > other.silence(now);
            if self.leaves_local(conn, now) && chosen.is_none_or(is_longer_silent) {
                chosen = Some(conn);
            }
        }
        let chosen = chosen?;
        if !self.end_now(guard, chosen) {
            return None;
        }
        pool.hand_over(guard, chosen.lease()?)
    }

    /// Whether a connection leaves its local endpoint to a new one: it is half open, a datagram without an answer, or over, for a
    /// while, and the real server does not keep the endpoint in TIME_WAIT.
    fn leaves_local(&self, conn: RcuRef<'_, Conn>, now: u32) -> bool {
        let silence = match conn.protocol() {
            Protocol::Tcp | Protocol::Sctp => time::hz() / HALF_OPEN_PART,
            // A late answer would be another client's.
            Protocol::Udp => self.udp_reuse_after.get().saturating_mul(time::hz()),
        };
        conn.lease().is_some()
            && (!conn.is_assured() || conn.is_closed())
            && conn.is_silent_for(silence, now)
            && !conn.must_rest(now)
    }

    /// Counts a connection that got no local endpoint, whatever the reason.
    #[cold]
    #[inline(never)]
    pub(crate) fn count_without_local(&self, guard: &rcu::Guard, dest: &Dest) {
        if let Some(pool) = dest.shared().pool(guard) {
            pool.note_refused();
        }
    }
}
