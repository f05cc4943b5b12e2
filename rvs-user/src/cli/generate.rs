// SPDX-License-Identifier: GPL-2.0-only

//! Man pages and completions, made from the grammar.

use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;

use clap::Command;
use clap::CommandFactory;

use super::Arguments;
use super::GenerateCommand;

/// System administration, man(1).
const SECTION: &str = "8";

/// Writes what is asked for.
pub fn generate(what: &GenerateCommand, out: &mut dyn Write) -> io::Result<()> {
    let mut command = Arguments::command();
    command.build();
    match what {
        GenerateCommand::Man { directory } => man(&command, directory),
        GenerateCommand::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command, "rvsadm", &mut text);
            out.write_all(&text)
        }
    }
}

fn man(command: &Command, directory: &Path) -> io::Result<()> {
    // Building the root has set these: "rvsadm-service-add".
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone().disable_help_flag(true))
        .section(SECTION)
        .render(&mut text)?;
    fs::write(directory.join(format!("{name}.{SECTION}")), text)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        man(sub, directory)?;
    }
    Ok(())
}
