// SPDX-License-Identifier: GPL-2.0-only

//! Templates of persistence, for humans and for programs.

use serde::Serialize;

use super::table::Columns;
use crate::model::Template;

const HEAD: [&str; 7] = [
    "SERVICE",
    "CLIENT",
    "SERVER",
    "CONNECTIONS",
    "STATE",
    "EXPIRES",
    "CALL-ID",
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
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
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
        call_id: template.call_id.clone(),
    }
}

/// The templates as a table.
pub fn templates_to_text(templates: &[Template]) -> String {
    if templates.is_empty() {
        return "no templates\n".to_owned();
    }
    // Nobody misses a column without an entry.
    let has_calls = templates.iter().any(|template| template.call_id.is_some());
    let width = if has_calls {
        HEAD.len()
    } else {
        HEAD.len() - 1
    };
    let rows: Vec<_> = [HEAD.map(str::to_owned)]
        .into_iter()
        .chain(templates.iter().map(row))
        .map(|row| row[..width].to_vec())
        .collect();
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.fit(row));
    rows.iter().map(|row| columns.line(row)).collect()
}

fn row(template: &Template) -> [String; 7] {
    [
        template.service.to_string(),
        template.client.to_string(),
        template.server.to_string(),
        template.connections.to_string(),
        if template.assured { "ASSURED" } else { "NONE" }.to_owned(),
        format!("{}s", template.expires),
        template.call_id.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}
