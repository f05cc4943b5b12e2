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
    #[arg(long, default_value_t = 20_000)]
    packets: usize,
    /// Some of those only.
    #[arg(long)]
    few: bool,
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
        /// How many kinds of differences are told.
        #[arg(long, default_value_t = 10)]
        told: usize,
        /// Instead of telling: writes what is to be told of each family into a file of its name in this directory, and into
        /// the file `listed` which differences on the list occur. The first line of each is `same` or `different`.
        #[arg(long, conflicts_with = "family")]
        reports: Option<PathBuf>,
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
            told,
            reports,
            ip_vs,
            rvs,
        } => {
            let traces = compare::Traces {
                groups: stream.groups(),
                list: differences::read(&differences)?,
                ip_vs: trace::read(&ip_vs)?,
                rvs: named_traces(&rvs)?,
            };
            if let Some(directory) = reports {
                write_reports(&traces, &directory, told)?;
                return Ok(ExitCode::SUCCESS);
            }
            let mut report = compare::Report::new(traces.list.len());
            traces.compare(family.as_deref(), &mut report);
            print!("{}", report.text(told));
            if !report.is_same() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What became of the packets in each of these files, and its name.
fn named_traces(paths: &[PathBuf]) -> std::io::Result<Vec<compare::Named>> {
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok((name.into_owned(), trace::read(path)?))
    };
    paths.iter().map(named).collect()
}

fn write_reports(
    traces: &compare::Traces,
    directory: &std::path::Path,
    told: usize,
) -> std::io::Result<()> {
    let write = |name: &str, is_same: bool, text: &str| {
        let verdict = if is_same { "same" } else { "different" };
        std::fs::write(directory.join(name), format!("{verdict}\n{text}"))
    };
    let mut seen = compare::Report::new(traces.list.len());
    for family in compare::families(&traces.groups).into_keys() {
        let mut report = compare::Report::new(traces.list.len());
        traces.compare(Some(family), &mut report);
        write(family, report.is_same(), &report.text(told))?;
        seen.add_seen(&report);
    }
    let (is_complete, text) = seen.seen_text(&traces.list);
    write("listed", is_complete, &text)
}

impl Stream {
    fn groups(&self) -> Vec<stream::Group> {
        stream::groups(self.seed, self.packets, self.few)
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
