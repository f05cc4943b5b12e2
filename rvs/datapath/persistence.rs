// SPDX-License-Identifier: GPL-2.0-only

//! Which real server gets a new flow of a service whose clients keep theirs.
//!
//! As `ip_vs_sched_persist()` of `net/netfilter/ipvs/ip_vs_core.c`: the template of the client tells
//! the server, whether that has weight or is overloaded. Without one the scheduler chooses, and a
//! template remembers it.

use kernel::sync::Arc;

use crate::{
    conn::{
        Conn,
        CreateError,
        HashedTemplate,
        HashedTuple,
        Locals,
        Made,
        Purpose,
        Template,
        TemplateKey,
        WhenDry, //
    },
    kapi::{
        net::{
            Packet,
            Stack, //
        },
        sync::RcuRef,
        time, //
    },
    logic::persistence::{
        restarts_at_once,
        Engine,
        Persistence, //
    },
    svc::{
        Dest,
        DestSet,
        Service,
        ServiceKey, //
    },
};

use super::{
    egress,
    parse::Flow,
    schedule::{
        self,
        Scheduled,
        OTHERS, //
    },
    sip::{
        self,
        CallId, //
    },
    Context, //
};

/// How often a template is made, where others of the same key are in the way.
const TRIES: usize = 4;

/// A flow of a persistent service that has no connection yet.
#[derive(Clone, Copy)]
struct New<'a, 'g, V: Stack> {
    context: Context<'g>,
    flow: Flow<V>,
    tuple: &'a HashedTuple<'a>,
    key: &'a HashedTemplate<'a>,
    timeout: u32,
    now: u32,
    /// The Call-ID, where that matters, else empty.
    call: &'a str,
}

/// Creates the connection of a flow to a persistent service.
#[cold]
#[inline(never)]
pub(super) fn connection<'g, V: Stack>(
    context: Context<'g>,
    packet: &mut Packet<'_, V>,
    flow: Flow<V>,
    tuple: &HashedTuple<'_>,
    service: &Service,
    dests: RcuRef<'g, DestSet>,
    persistence: Persistence,
) -> Scheduled<'g> {
    // Without it nobody knows who the packet is of (`ip_vs_sip_fill_param()`).
    let call = match persistence.engine {
        None => CallId::none(),
        Some(Engine::Sip) => match sip::call_id(packet, flow) {
            Some(call) => call,
            None => return Scheduled::Failed,
        },
    };
    let templates = &context.director.connections.templates;
    let key = templates.hashed(TemplateKey {
        service: *service.key(),
        client: persistence.mask.of(flow.tuple().src().addr),
        call: templates.hash_of_call(call.as_str()),
    });
    let new = New {
        context,
        flow,
        tuple,
        key: &key,
        timeout: persistence.timeout,
        now: time::jiffies32(),
        call: call.as_str(),
    };
    let dests = dests.get();
    let known = new.template();
    if let Some(template) = known {
        template.set_timeout(persistence.timeout);
    }
    if dests.schedules_each_datagram() && !flow.transport.protocol().has_states() {
        return new.by_itself(known, dests);
    }
    match known {
        Some(template) => new.at_known(template),
        None => new.at_chosen(dests),
    }
}

impl<'g, V: Stack> New<'_, 'g, V> {
    /// What a template of it is for.
    fn purpose(&self) -> Purpose<'_> {
        match self.call {
            "" => Purpose::Clients,
            call => Purpose::Call(call),
        }
    }

    /// Finds the template of the client. One that is not valid any more ends.
    fn template(&self) -> Option<RcuRef<'g, Template>> {
        let Context {
            director, guard, ..
        } = self.context;
        let templates = &director.connections.templates;
        let template = templates.find(guard, *self.key.key())?;
        if self.is_valid(&template) {
            return Some(template);
        }
        templates.kill(guard, template);
        None
    }

    /// Whether the client keeps the server (`ip_vs_check_template()`).
    fn is_valid(&self, template: &Template) -> bool {
        let dest = template.dest();
        let is_left = || {
            self.context
                .director
                .settings
                .expire_quiescent_template
                .is_on()
                && dest.is_quiescent()
        };
        dest.is_available()
            && template.takes_more(self.now)
            && template.call() == self.call
            && !is_left()
    }

    /// Creates the connection to the server that the client keeps.
    ///
    /// Where replies of that could not be told from those of another connection, the client hears that
    /// its port is taken, rather than that it is somebody else at another server: with its next port it
    /// reaches its own.
    fn at_known(&self, template: RcuRef<'g, Template>) -> Scheduled<'g> {
        if let Err(refusal) = egress::check(self.context, &self.flow.header, template.dest()) {
            return Scheduled::Refused(refusal);
        }
        if let Err(refused) = self.make_room() {
            return refused;
        }
        let created = self.create(template, WhenDry::EndAnother);
        self.finish(created, template.get().dest())
    }

    /// Has something else end for the connection, if there is no room for it.
    fn make_room(&self) -> Result<(), Scheduled<'g>> {
        if self.context.director.connections.has_room() {
            return Ok(());
        }
        schedule::end_another(self.context)
    }

    /// Has the scheduler choose a server, and creates the connection with a template.
    fn at_chosen(&self, dests: &DestSet) -> Scheduled<'g> {
        let request = schedule::request_of(self.flow);
        let lifetimes = &self.context.director.lifetimes;
        // The scheduler does not go on for a packet that ends here.
        if egress::may_end_here(&self.flow.header) {
            if let Some(refusal) = schedule::ends_here(self.context, self.flow, dests) {
                return Scheduled::Refused(refusal);
            }
        }
        // Before the choice, which counts: a refused packet shall count for nothing.
        if !self.context.director.connections.has_room() {
            if let Err(refused) = schedule::make_room(self.context, self.flow, dests) {
                return refused;
            }
        }
        let Some(chosen) = dests.pick(|| request, lifetimes) else {
            return Scheduled::NoServer;
        };
        if let Err(refusal) = egress::check(self.context, &self.flow.header, chosen) {
            return Scheduled::Refused(refusal);
        }
        match self.create_with_template(chosen, WhenDry::EndAnother) {
            Err(error @ (CreateError::ReplyTaken | CreateError::NoLocal)) => {
                self.at_another(dests, chosen, error)
            }
            created => self.finish(created, chosen),
        }
    }

    /// Creates the connection to another server than that the scheduler has chosen, to which there can be none for this reason.
    fn at_another(
        &self,
        dests: &DestSet,
        chosen: &Arc<Dest>,
        reason: CreateError,
    ) -> Scheduled<'g> {
        for dest in dests.others(chosen).take(OTHERS) {
            if egress::check(self.context, &self.flow.header, dest).is_err() {
                continue;
            }
            match self.create_with_template(dest, WhenDry::Refuse) {
                Err(CreateError::ReplyTaken | CreateError::NoLocal) => {}
                created => return self.finish(created, dest),
            }
        }
        self.finish(Err(reason), chosen)
    }

    /// Chooses for a datagram that makes no connection. Nobody hears of the server then: each datagram
    /// restarts the time of the template.
    fn by_itself(&self, known: Option<RcuRef<'g, Template>>, dests: &'g DestSet) -> Scheduled<'g> {
        let dest = match known {
            Some(template) => template.get().dest(),
            None => match dests.pick(
                || schedule::request_of(self.flow),
                &self.context.director.lifetimes,
            ) {
                Some(dest) => dest,
                None => return Scheduled::NoServer,
            },
        };
        if let Err(refusal) = egress::check(self.context, &self.flow.header, dest) {
            return Scheduled::Refused(refusal);
        }
        if !dest.forward().forgets_datagrams() {
            return match known {
                Some(template) => self.at_known(template),
                None => self.at_chosen(dests),
            };
        }
        if let Some(template) = known {
            template.restart(self.now);
            return self.once(dest);
        }
        if let Err(refused) = self.make_room() {
            return refused;
        }
        let Context {
            director, guard, ..
        } = self.context;
        let connections = &director.connections;
        let made = connections.templates.create(
            guard,
            self.key,
            dest,
            self.purpose(),
            self.timeout,
            self.now,
        );
        self.look_after();
        match made {
            Ok(Made::New(template) | Made::Exists(template)) => self.once(template.get().dest()),
            Err(error) => schedule::failed(self.context, error),
        }
    }

    /// Sends a datagram to a server, at the port that it has there.
    fn once(&self, dest: &'g Arc<Dest>) -> Scheduled<'g> {
        let service = &self.key.key().service;
        let port = service.kept_port(dest.endpoint().port, self.flow.tuple().dst_port);
        Scheduled::Once(dest, port)
    }

    /// Has the worker look after templates.
    fn look_after(&self) {
        let connections = &self.context.director.connections;
        schedule::look_after(connections);
        if connections.templates.needs_growing() {
            connections.wake();
        }
    }

    /// Makes a template for the client, or takes that which another CPU has just made, and creates the
    /// connection. A template without connection does not stay.
    fn create_with_template(
        &self,
        dest: &Arc<Dest>,
        when_dry: WhenDry,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let Context {
            director, guard, ..
        } = self.context;
        let templates = &director.connections.templates;
        for _ in 0..TRIES {
            match templates.create(
                guard,
                self.key,
                dest,
                self.purpose(),
                self.timeout,
                self.now,
            )? {
                Made::New(template) => {
                    return self
                        .create(template, when_dry)
                        .inspect_err(|_| templates.abandon(guard, template))
                }
                Made::Exists(template) if self.is_valid(&template) => {
                    return self.create(template, when_dry)
                }
                Made::Exists(template) => templates.kill(guard, template),
            }
        }
        Err(CreateError::Raced)
    }

    /// Creates the connection of a template.
    fn create(
        &self,
        template: RcuRef<'g, Template>,
        when_dry: WhenDry,
    ) -> Result<RcuRef<'g, Conn>, CreateError> {
        let Context {
            director, guard, ..
        } = self.context;
        let connections = &director.connections;
        let locals = Locals {
            pools: &director.pools,
            when_dry,
        };
        let to = (
            template,
            schedule::forward_to(self.context, template.get().dest()),
        );
        let created = connections.create_of_template(guard, self.tuple, to, locals, self.now);
        if let Ok(conn) = &created {
            if restarts_at_once(conn.protocol(), conn.has_reply_tuple()) {
                template.restart(self.now);
            }
        }
        self.look_after();
        created
    }

    fn finish(&self, created: Result<RcuRef<'g, Conn>, CreateError>, dest: &Dest) -> Scheduled<'g> {
        match created {
            Ok(conn) => Scheduled::To(conn),
            Err(CreateError::ReplyTaken) => Scheduled::PortTaken,
            Err(CreateError::NoLocal) => schedule::without_local(self.context, dest),
            Err(error) => schedule::failed(self.context, error),
        }
    }
}

/// Creates the connection of a datagram that a real server sends by itself, as if its receiver had sent one to the service before
/// (`ip_vs_new_conn_out()`).
pub(super) fn connection_of_server<'g, V: Stack>(
    context: Context<'g>,
    call: &CallId,
    flow: Flow<V>,
    service: &ServiceKey,
    dest: &Arc<Dest>,
    persistence: Persistence,
) -> Option<RcuRef<'g, Conn>> {
    let connections = &context.director.connections;
    let templates = &connections.templates;
    let tuple = connections.hashed(flow.tuple());
    let key = templates.hashed(TemplateKey {
        service: *service,
        client: persistence.mask.of(flow.tuple().src().addr),
        call: templates.hash_of_call(call.as_str()),
    });
    let new = New {
        context,
        flow,
        tuple: &tuple,
        key: &key,
        timeout: persistence.timeout,
        now: time::jiffies32(),
        call: call.as_str(),
    };
    new.make_room().ok()?;
    match new.template() {
        Some(template) if Arc::ptr_eq(template.dest(), dest) => {
            new.create(template, WhenDry::EndAnother).ok()
        }
        known => {
            if let Some(other) = known {
                templates.kill(context.guard, other);
            }
            new.create_with_template(dest, WhenDry::EndAnother).ok()
        }
    }
}
