// SPDX-License-Identifier: GPL-2.0-only

//! Templates of persistence, for humans and for programs.

use serde::Serialize;

use super::table::Columns;
use crate::model::Template;

const HEAD: [&str; 6] = [
    "SERVICE",
    "CLIENT",
    "SERVER",
    "CONNECTIONS",
    "STATE",
    "EXPIRES",
];

#[derive(Serialize)]
struct TemplateJson {
    service: String,
    client_address: String,
    server_address: String,
    server_port: u16,
    connections: u32,
    assured: bool,
    expires: u32,
}

#[derive(Serialize)]
struct DocumentJson {
    templates: Vec<TemplateJson>,
}

/// The templates as one line of JSON; `rvs-user/README.md` documents it.
pub fn templates_to_json(templates: &[Template]) -> String {
    let document = DocumentJson {
        templates: templates.iter().map(json).collect(),
    };
    serde_json::to_string(&document).expect("strings and numbers always serialize") + "\n"
}

fn json(template: &Template) -> TemplateJson {
    TemplateJson {
        service: template.service.to_string(),
        client_address: template.client.to_string(),
        server_address: template.server.ip().to_string(),
        server_port: template.server.port(),
        connections: template.connections,
        assured: template.assured,
        expires: template.expires,
    }
}

/// The templates as a table.
pub fn templates_to_text(templates: &[Template]) -> String {
    if templates.is_empty() {
        return "no templates\n".to_owned();
    }
    let rows: Vec<_> = [HEAD.map(str::to_owned)]
        .into_iter()
        .chain(templates.iter().map(row))
        .collect();
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}

fn row(template: &Template) -> [String; 6] {
    [
        template.service.to_string(),
        template.client.to_string(),
        template.server.to_string(),
        template.connections.to_string(),
        if template.assured { "ASSURED" } else { "NONE" }.to_owned(),
        format!("{}s", template.expires),
    ]
}
