// SPDX-License-Identifier: GPL-2.0-only

//! One stream of packets, right ones and wrong ones, for a director of C `ip_vs` and for one of RVS: each has to do the
//! same with each packet, or the difference is on the list, with its reason.
//!
//! `tests/kselftest/differential.sh` builds the directors and runs this in their namespaces.

mod compare;
mod connections;
mod differences;
mod feed;
mod fragments;
mod generate;
mod random;
mod site;
mod stream;
mod summary;
mod tap;
mod trace;
mod wire;

use std::{
    path::PathBuf,
    process::ExitCode, //
};

use clap::{
    Args,
    Parser,
    Subcommand, //
};

use connections::Balancer;

#[derive(Parser)]
#[command(about = "Compares what two load balancers do with the same packets")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Which packets.
#[derive(Args)]
struct Stream {
    /// Others for another seed, the same for the same.
    #[arg(long)]
    seed: u64,
    /// How many at least; those that are the same for each seed come first, and are sent in any case.
    #[arg(long, default_value_t = 12_500)]
    packets: usize,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the packets: group, number, side, label, what it is, bytes.
    List(Stream),
    /// Prints how many packets of each family there are.
    Families(Stream),
    /// Sends them into the director of this network namespace.
    Feed {
        #[command(flatten)]
        stream: Stream,
        /// Who balances there.
        #[arg(long)]
        balancer: Balancer,
        /// Where to write what became of them.
        output: PathBuf,
    },
    /// Compares what became of them.
    Compare {
        #[command(flatten)]
        stream: Stream,
        /// The list of differences that there are to be.
        #[arg(long)]
        differences: PathBuf,
        /// Only packets of this family.
        #[arg(long)]
        family: Option<String>,
        /// Instead of the packets: fail for each difference on the list that does not occur.
        #[arg(long, conflicts_with = "family")]
        unseen: bool,
        /// How many kinds of differences are told.
        #[arg(long, default_value_t = 10)]
        told: usize,
        /// What became of them with C ip_vs.
        ip_vs: PathBuf,
        /// What became of them with RVS: files of several runs, each is compared.
        #[arg(required = true)]
        rvs: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("rvs-differential: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        Command::List(stream) => list(&stream),
        Command::Families(stream) => {
            for (family, count) in compare::families(&stream.groups()) {
                println!("{family} {count}");
            }
        }
        Command::Feed {
            stream,
            balancer,
            output,
        } => feed::run(&stream.groups(), balancer, &output)?,
        Command::Compare {
            stream,
            differences,
            family,
            unseen,
            told,
            ip_vs,
            rvs,
        } => {
            let list = differences::read(&differences)?;
            let groups = stream.groups();
            let ip_vs = trace::read(&ip_vs)?;
            let mut report = compare::Report::new(list.len());
            for path in &rvs {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let rvs = trace::read(path)?;
                compare::compare(
                    &groups,
                    &ip_vs,
                    &rvs,
                    &list,
                    family.as_deref(),
                    &name,
                    &mut report,
                );
            }
            let is_same = if unseen {
                report.print_unseen(&list)
            } else {
                report.print(told)
            };
            if !is_same {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Stream {
    fn groups(&self) -> Vec<stream::Group> {
        stream::groups(self.seed, self.packets)
    }
}

fn list(stream: &Stream) {
    for (number, group) in stream.groups().iter().enumerate() {
        for (at, step) in group.steps.iter().enumerate() {
            let what = wire::describe(&step.packet);
            let side = step.side.name();
            println!(
                "{number} {at} {side} {} {what} {}",
                step.label,
                trace::hex(&step.packet)
            );
        }
    }
}
