// SPDX-License-Identifier: GPL-2.0-only

//! Operations on templates of persistence.

use crate::{
    conn::Template,
    director::Director,
    kapi::{
        genl::{
            Dump,
            Dumper,
            Full,
            Permission,
            Refusal, //
        },
        time, //
    },
    logic::{
        uapi::{
            command,
            policy,
            template,
            Rule, //
        },
        wheel, //
    },
};

use super::{
    entries,
    fill,
    key::read_service, //
};

/// Answers with all templates, or with those of one service. They carry addresses of clients, as
/// connections do.
pub(super) struct GetAll;

impl Dump for GetAll {
    const COMMAND: u8 = command::TEMPLATE_GET;
    const PERMISSION: Permission = Permission::NetAdmin;
    const POLICY: &'static [Rule] = policy::TEMPLATE_GET;

    fn run(dumper: &mut Dumper<'_>) -> Result<(), Refusal> {
        let wanted = match dumper.request().attributes().get(template::SERVICE) {
            Some(nest) => Some(read_service(nest.nested())?),
            None => None,
        };
        let director = Director::of(dumper.request().net()).data();
        let templates = &director.connections.templates;
        entries::dump(dumper, |dumper, guard, position| {
            templates.visit(guard, position, |template| {
                if wanted.is_none_or(|key| key == template.key().service) {
                    add(dumper, &template)
                } else {
                    Ok(())
                }
            })
        })
    }
}

/// Adds a template to the dump, unless it has just ended.
fn add(dumper: &mut Dumper<'_>, template: &Template) -> Result<(), Full> {
    let Some(deadline) = template.deadline() else {
        return Ok(());
    };
    let ticks = wheel::remaining(deadline, time::jiffies32()).unwrap_or(0);
    let seconds = ticks.checked_div(time::hz()).unwrap_or(0);
    dumper.message(|message| fill::template(message, template, seconds))
}
