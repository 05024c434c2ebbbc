//! The table of incidents. Without line drawing each has one line, of which
//! nothing is cut, so that it can be searched; on a terminal too narrow for
//! that each has two.

use leeward_model::{Severity, State};

use crate::{
    Style,
    foreign::inert,
    human::screen::{
        BAD, DIM, FRAME, GOOD, Label, NORMAL, STRONG, Screen, WARNING, guarded, of_severity,
        of_validity,
    },
    snippet::{head, width},
    words::{count, grouped},
};

use crate::incident::{
    IncidentsView,
    shown::{Row, rows},
    tell,
};

const MARGIN: Label<'_> = Label { indent: 0, text: "", width: 0, style: DIM };
/// Columns of text; owner, due and place come after on the same line, or on
/// the next.
const HEADS: [&str; 8] = ["ID", "SEVERITY", "STATE", "LIVE", "CREDENTIAL", "OWNER", "DUE", "PLACE"];
/// The columns that a second line takes.
const SECOND: usize = 5;

/// A text and its colour.
type Cell = (String, anstyle::Style);

pub(super) fn show(view: &IncidentsView<'_>, style: Style, screen: &mut Screen) {
    let rows = rows(view);
    if rows.is_empty() {
        return nothing(view, screen);
    }
    let cells: Vec<[Cell; 8]> = rows.iter().map(|row| cells(row, view.now)).collect();
    let mut widths = HEADS.map(width);
    for row in &cells {
        for (most, (text, _)) in widths.iter_mut().zip(row) {
            *most = (*most).max(width(text));
        }
    }
    let whole: usize = widths.iter().sum::<usize>() + 2 * (HEADS.len() - 1);
    if !style.unicode || whole <= screen.width() {
        table(&cells, &widths, screen);
    } else {
        in_two_lines(&cells, &widths, screen);
    }
    screen.blank();
    summary(view, &rows, screen);
}

fn cells(row: &Row<'_>, now: i64) -> [Cell; 8] {
    let incident = row.incident;
    let plain = |text: &str| (inert(text), NORMAL);
    let overdue = tell::is_overdue(incident, now);
    let due = match tell::due(incident, now) {
        Some(due) if overdue => (due.replacen("overdue by", "OVERDUE", 1), BAD),
        Some(due) => (due, NORMAL),
        None => ("-".to_owned(), DIM),
    };
    [
        (incident.id.to_string(), STRONG),
        (incident.severity.name().to_owned(), of_severity(incident.severity)),
        (incident.state.name().to_owned(), of_state(incident.state)),
        (tell::live(incident.validity).to_owned(), of_validity(incident.validity)),
        plain(&format!("{} {}", row.hint, row.title)),
        row.owner.as_deref().map_or_else(|| ("-".to_owned(), DIM), plain),
        due,
        plain(&row.place()),
    ]
}

pub(super) fn of_state(state: State) -> anstyle::Style {
    match state {
        State::Open | State::Reopened => BAD,
        State::Contained | State::Rotated => WARNING,
        State::Closed => GOOD,
    }
}

fn table(cells: &[[Cell; 8]], widths: &[usize; 8], screen: &mut Screen) {
    let heads = HEADS.map(|head| (head.to_owned(), DIM));
    screen.line(&joined(&heads, widths, screen));
    for row in cells {
        screen.line(&joined(row, widths, screen));
    }
}

fn in_two_lines(cells: &[[Cell; 8]], widths: &[usize; 8], screen: &mut Screen) {
    let indent = widths[0] + 2;
    let heads = HEADS.map(|head| (head.to_owned(), DIM));
    screen.line(&joined(&heads[..SECOND], &widths[..SECOND], screen));
    for row in cells {
        let rule = screen.drawn("─", "-").repeat(screen.width());
        screen.line(&screen.paint(FRAME, &rule));
        let mut first = row[..SECOND].to_vec();
        if let (Some((text, _)), [others @ .., _]) = (first.last_mut(), &widths[..SECOND]) {
            let used = others.iter().sum::<usize>() + 2 * others.len();
            *text = cut(text, screen.width().saturating_sub(used), screen.drawn("…", "..."));
        }
        screen.line(&joined(&first, &widths[..SECOND], screen));
        let mut room = screen.width().saturating_sub(indent);
        let mut parts = Vec::new();
        let last = row.len() - 1;
        for (i, (text, style)) in row.iter().enumerate().skip(SECOND) {
            let named = match (i, text.as_str()) {
                (_, "-") if i == SECOND => ("no owner".to_owned(), DIM),
                (_, "-") => continue,
                (i, _) if i == SECOND + 1 && *style == NORMAL => (format!("due {text}"), *style),
                _ => (text.clone(), *style),
            };
            // The place takes what the others leave.
            let most = if i == last { room } else { room / 3 };
            let text = cut(&named.0, most, screen.drawn("…", "..."));
            room = room.saturating_sub(width(&text) + 3);
            // What somebody is called may begin the line.
            parts.push(screen.paint(named.1, &guarded(&text)));
        }
        let dot = screen.paint(DIM, screen.drawn(" · ", " | "));
        screen.line(&format!("{:indent$}{}", "", parts.join(&dot)));
    }
}

fn cut(text: &str, room: usize, ellipsis: &str) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    format!("{}{ellipsis}", head(text, room.saturating_sub(width(ellipsis))))
}

fn joined(cells: &[Cell], widths: &[usize], screen: &Screen) -> String {
    let mut line = String::new();
    for (i, ((text, style), most)) in cells.iter().zip(widths).enumerate() {
        let padding = most.saturating_sub(width(text));
        let painted = screen.paint(*style, text);
        // Numbers stand at the right.
        let cell = if i == 0 {
            format!("{:padding$}{painted}", "")
        } else {
            format!("  {painted}{:padding$}", "")
        };
        line.push_str(&cell);
    }
    line
}

fn nothing(view: &IncidentsView<'_>, screen: &mut Screen) {
    if view.total == 0 {
        let text = "no incidents: a scan that keeps what it finds opens one for each secret";
        screen.prose(&MARGIN, NORMAL, text);
    } else {
        let total = count(view.total, "incident", "incidents");
        let text = format!("no incident is as asked for; there are {total} in all");
        screen.prose(&MARGIN, NORMAL, if view.total == 1 { ONE } else { &text });
    }
}

const ONE: &str = "no incident is as asked for; there is 1 in all";

/// `5 incidents: 2 critical, 3 high; 3 open, 2 closed; 2 live, 1 overdue`.
fn summary(view: &IncidentsView<'_>, rows: &[Row<'_>], screen: &mut Screen) {
    let number = |n: usize, word: &str| format!("{} {word}", grouped(n as u64));
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];
    let severities = severities.into_iter().filter_map(|severity| {
        let n = rows.iter().filter(|row| row.incident.severity == severity).count();
        (n > 0).then(|| screen.paint(of_severity(severity), &number(n, severity.name())))
    });
    let severities = severities.collect::<Vec<_>>().join(", ");
    let states = State::ALL.into_iter().filter_map(|state| {
        let n = rows.iter().filter(|row| row.incident.state == state).count();
        (n > 0).then(|| screen.paint(of_state(state), &number(n, state.name())))
    });
    let states = states.collect::<Vec<_>>().join(", ");
    let live = rows.iter().filter(|row| row.incident.validity.is_live()).count();
    let overdue = rows.iter().filter(|row| tell::is_overdue(row.incident, view.now)).count();
    let urgent: Vec<String> = [(live, "live"), (overdue, "overdue")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| screen.paint(BAD, &number(n, word)))
        .collect();
    let total = screen.paint(STRONG, &count(rows.len(), "incident", "incidents"));
    let mut parts = vec![format!("{total}: {severities}"), states];
    if !urgent.is_empty() {
        parts.push(urgent.join(", "));
    }
    screen.line(&parts.join("; "));
    let others = view.total.saturating_sub(rows.len());
    if others > 0 {
        let others = count(others, "more is", "more are");
        screen.prose(&MARGIN, DIM, &format!("{others} not shown"));
    }
}
