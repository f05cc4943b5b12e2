// SPDX-License-Identifier: GPL-2.0-only

//! Sends the packets into the director of this namespace, and writes down what becomes of them.

use std::{
    fs::{
        self,
        File, //
    },
    io::{
        self,
        BufWriter,
        Write, //
    },
    path::Path,
    thread,
    time::{
        Duration,
        Instant, //
    }, //
};

use crate::{
    connections::Balancer,
    site::Side,
    stream::Group,
    tap::{
        Local,
        Tap, //
    },
    trace::{
        write_connection,
        write_output,
        Output, //
    }, //
};

/// After so many packets, or more, the connections of their groups are looked at: who is asked takes his time for it. All are
/// kept for longer than that takes.
const LOOK_AFTER: usize = 150;

/// For how long a device may take until it knows that it has a wire.
const READY: Duration = Duration::from_secs(10);

/// What the director is connected by.
struct Director {
    client: Tap,
    servers: Tap,
    local: Local,
}

impl Director {
    fn attach() -> io::Result<Self> {
        let tap = |side: Side| -> io::Result<Tap> {
            let tap = Tap::attach(side.name())?;
            wait_for_carrier(side.name())?;
            Ok(tap)
        };
        let mut director = Self {
            client: tap(Side::Client)?,
            servers: tap(Side::Servers)?,
            local: Local::new()?,
        };
        // What it has to say by itself.
        thread::sleep(Duration::from_millis(100));
        director.outputs()?;
        Ok(director)
    }

    fn tap(&mut self, side: Side) -> &mut Tap {
        match side {
            Side::Servers => &mut self.servers,
            Side::Client | Side::Local => &mut self.client,
        }
    }

    /// All that there is.
    fn outputs(&mut self) -> io::Result<Vec<Output>> {
        let mut outputs = Vec::new();
        for side in [Side::Client, Side::Servers] {
            while let Some(bytes) = self.tap(side).receive()? {
                if !is_chatter(&bytes) {
                    outputs.push(Output { side, bytes });
                }
            }
        }
        while let Some(bytes) = self.local.receive()? {
            let side = Side::Local;
            outputs.push(Output { side, bytes });
        }
        Ok(outputs)
    }
}

/// What hosts of IPv6 tell by themselves, of addresses and groups, is for groups.
fn is_chatter(frame: &[u8]) -> bool {
    frame.get(12..14) == Some(&[0x86, 0xdd]) && frame.get(38) == Some(&0xff)
}

fn wait_for_carrier(device: &str) -> io::Result<()> {
    let path = format!("/sys/class/net/{device}/operstate");
    let started = Instant::now();
    while fs::read_to_string(&path)?.trim() != "up" {
        if started.elapsed() > READY {
            return Err(io::Error::other(format!("{device} does not come up")));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Sends all groups, and writes what comes of them to the file.
pub(crate) fn run(groups: &[Group], balancer: Balancer, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut director = Director::attach()?;
    let (mut pending, mut packets) = (0, 0);
    for (number, group) in groups.iter().enumerate() {
        for (at, step) in group.steps.iter().enumerate() {
            director.tap(step.side).send(step)?;
            for output in director.outputs()? {
                write_output(&mut file, number, at, &output)?;
            }
        }
        packets += group.steps.len();
        if packets < LOOK_AFTER && number + 1 < groups.len() {
            continue;
        }
        for connection in balancer.connections()? {
            let is_of = |group: &&Group| group.flows.contains_key(&connection.key());
            if let Some(at) = groups[pending..=number]
                .iter()
                .rposition(|group| is_of(&group))
            {
                write_connection(&mut file, pending + at, &connection)?;
            }
        }
        (pending, packets) = (number + 1, 0);
    }
    file.flush()
}
