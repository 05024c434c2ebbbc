//! How the server is set up, and the forms by which an administrator changes who may
//! what. The forms go to paths of whoever keeps accounts: `/settings/accounts` and
//! `/settings/tokens`, with what to do in the field `do`.

use axum::response::Response;
use maud::{Markup, html};

use super::{
    behind::{Account, Settings, Token},
    page::{self, Page},
    parts::{ago, cell, choice, crumbs, csrf, day, empty, prose, safe},
    visit::Visit,
};
use crate::{Role, Who};

pub(super) async fn show(visit: Visit) -> Response {
    let settings = match visit.behind.backstage.clone() {
        Some(backstage) => visit.blocking(move || backstage.settings()).await,
        None => Ok(Settings::default()),
    };
    let is_admin = visit.who.may(Role::Admin);
    let body = html! {
        div .top { div {
            h1 { "Settings" }
            p .lead { "What holds now. What stands in the settings file is changed there." }
        } }
        @match &settings {
            Err(why) => div .banner.bad { p { (prose(&safe(why))) } },
            Ok(settings) => {
                @if is_admin { (accounts(&visit, &settings.accounts)) }
                (tokens(&visit, &settings.tokens, is_admin))
                (policy(&visit))
                (channels(&settings.channels))
                (effective(&settings.effective))
            }
        }
    };
    page::show(
        &visit,
        Page { title: "Settings".to_owned(), under: "/settings", has_charts: false, body },
    )
}

fn role_choices(chosen: Role) -> Markup {
    html! { @for role in Role::ALL { (choice(role.name(), role.name(), chosen.name())) } }
}

fn accounts(visit: &Visit, accounts: &[Account]) -> Markup {
    let now = visit.now;
    html! {
        section #accounts .pane.flush {
            div .scrolls.stack { table {
                caption { "Accounts" }
                thead { tr { th scope="col" { "Name" } th scope="col" { "Signs in by" } th scope="col" { "Last" } th scope="col" { "Role" } th scope="col" { span .sr { "Change" } } } }
                tbody {
                    @for account in accounts {
                        tr {
                            (cell("Name", &html! { strong { (safe(&account.name)) } @if account.is_disabled { " " span .badge { "disabled" } } }))
                            (cell("Signs in by", &html! { (safe(&account.way)) }))
                            (cell("Last", &html! { @match account.last { Some(at) => (ago(at, now)), None => "never" } }))
                            (cell("Role", &html! {
                                form .inline method="post" action="/settings/accounts" {
                                    (csrf(&visit.who)) input type="hidden" name="name" value=(account.name);
                                    label .sr for={ "role-" (account.name) } { "Role of " (safe(&account.name)) }
                                    select id={ "role-" (account.name) } name="role" { (role_choices(account.role)) }
                                    button .small name="do" value="role" { "Set" }
                                }
                            }))
                            (cell("Change", &html! {
                                form method="post" action="/settings/accounts" {
                                    (csrf(&visit.who)) input type="hidden" name="name" value=(account.name);
                                    button .small name="do" value="link" aria-label={ "Make a link by which " (account.name) " chooses a password" } { "Link" } " "
                                    @if account.is_disabled { button .small name="do" value="enable" aria-label={ "Enable " (account.name) } { "Enable" } }
                                    @else { button .small name="do" value="disable" aria-label={ "Disable " (account.name) } { "Disable" } }
                                }
                            }))
                        }
                    }
                }
            } }
            form .bulk method="post" action="/settings/accounts" autocomplete="off" {
                (csrf(&visit.who))
                div .field { label for="new-name" { "New account" } input #new-name name="name" required maxlength="100"; }
                div .field { label for="new-role" { "Role" } select #new-role name="role" { (role_choices(Role::Viewer)) } }
                button .small name="do" value="add" { "Add" }
            }
        }
    }
}

fn tokens(visit: &Visit, tokens: &[Token], is_admin: bool) -> Markup {
    let now = visit.now;
    html! {
        section #tokens .pane.flush {
            @if tokens.is_empty() { h2 { "API tokens" } (empty("There is no token", "A program that uses the API needs one.")) } @else {
                div .scrolls.stack { table {
                    caption { "API tokens" }
                    thead { tr { th scope="col" { "For" } th scope="col" { "Whose" } th scope="col" { "Role" } th scope="col" { "Made" } th scope="col" { "Ends" } th scope="col" { "Used" } th scope="col" { span .sr { "Change" } } } }
                    tbody {
                        @for token in tokens {
                            tr {
                                (cell("For", &html! { strong { (safe(&token.name)) } }))
                                (cell("Whose", &html! { (safe(&token.owner)) }))
                                (cell("Role", &html! { (token.role) }))
                                (cell("Made", &html! { (ago(token.made, now)) }))
                                (cell("Ends", &html! { @match token.until { Some(at) if at < now => span .late { (day(at)) }, Some(at) => (day(at)), None => "never" } }))
                                (cell("Used", &html! { @match token.last { Some(at) => (ago(at, now)), None => "never" } }))
                                (cell("Change", &html! {
                                    form method="post" action="/settings/tokens" {
                                        (csrf(&visit.who)) input type="hidden" name="id" value=(token.id);
                                        button .small name="do" value="revoke" aria-label={ "Revoke the token for " (token.name) } { "Revoke" }
                                    }
                                }))
                            }
                        }
                    }
                } }
            }
            form .bulk method="post" action="/settings/tokens" autocomplete="off" {
                (csrf(&visit.who))
                div .field { label for="token-name" { "New token for" } input #token-name name="name" required maxlength="100"; }
                div .field { label for="token-role" { "Role" }
                    select #token-role name="role" {
                        @for role in Role::ALL.into_iter().filter(|role| is_admin || visit.who.may(*role)) { (choice(role.name(), role.name(), "viewer")) }
                    }
                }
                div .field { label for="token-days" { "Days that it lasts" } input #token-days type="number" name="days" min="1" max="3650" value="90"; }
                button .small name="do" value="add" { "Make" }
            }
        }
    }
}

fn policy(visit: &Visit) -> Markup {
    let policy = &visit.behind.policy;
    let due = &policy.due;
    let days = |days: f64| match days {
        1.0 => "1 day".to_owned(),
        some if some > 0.0 => format!("{some} days"),
        _ => "never".to_owned(),
    };
    html! {
        section .pane {
            h2 { "Policy" }
            dl .facts {
                @for (name, n) in [("Critical due in", due.critical), ("High due in", due.high), ("Medium due in", due.medium), ("Low due in", due.low)] {
                    dt { (name) } dd { (days(n)) }
                }
                dt { "Closing asks for" } dd { @for (nth, step) in policy.required.iter().enumerate() { @if nth > 0 { ", " } (step) } }
                dt { "A new key lasts" } dd { (policy.expires_days) " days" }
            }
        }
    }
}

fn channels(channels: &[[String; 3]]) -> Markup {
    html! {
        section .pane.flush {
            @if channels.is_empty() { h2 { "Channels" } (empty("Nobody is told", "Name a channel under `[[alert]]` in the settings.")) } @else {
                div .scrolls.stack { table {
                    caption { "Channels" }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Kind" } th scope="col" { "What" } } }
                    tbody { @for [name, kind, what] in channels {
                        tr { (cell("Name", &html! { strong { (safe(name)) } })) (cell("Kind", &html! { (safe(kind)) })) (cell("What", &html! { (safe(what)) })) }
                    } }
                } }
            }
        }
    }
}

fn effective(settings: &[(String, String)]) -> Markup {
    html! {
        @if !settings.is_empty() {
            section .pane.flush { div .scrolls.stack { table {
                caption { "Settings that hold" }
                thead { tr { th scope="col" { "Name" } th scope="col" { "Value" } } }
                tbody { @for (name, value) in settings { tr { (cell("Name", &html! { code { (safe(name)) } })) (cell("Value", &html! { code { (safe(value)) } })) } } }
            } } }
        }
    }
}

/// The page that shows a link by which somebody chooses a password, the only time that
/// it is shown.
pub fn one_link_page(name: &str, link: &str) -> String {
    page::alone(
        "New link",
        None,
        &html! {
            (crumbs("/settings#accounts", "Settings"))
            h1 { "The link for " (safe(name)) }
            p { "It is good once. Hand it over where nobody else reads: whoever opens it chooses the password." }
            code .token tabindex="0" { (link) }
        },
    )
}

/// The page that shows a new token, the only time that it is shown.
pub fn one_token_page(who: &Who, name: &str, token: &str) -> String {
    page::alone(
        "New token",
        None,
        &html! {
            (crumbs("/settings#tokens", "Settings"))
            h1 { "The token for " (safe(name)) }
            p { "Copy it now: it is shown this once, and only a hash of it is kept." }
            code .token tabindex="0" { (token) }
            p .dim { "Made by " (safe(&who.name)) "." }
        },
    )
}
