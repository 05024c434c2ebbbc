//! The dashboard as a browser shows it: nothing is forbidden by its own policy, charts
//! are drawn, the keyboard leads everywhere, colours are legible, and what others wrote
//! does not run. One browser for all of it: starting one takes longer than a page.

use std::{fs, net::TcpListener, path::Path};

use leeward_server::Role;
use leeward_servers::Chromium;
use serde_json::json;

use crate::{fixture::World, pages::PAGES};

/// Serves a world on this machine, for as long as the process lives.
fn serve(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = world.router(Role::Admin);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

fn keep_picture(browser: &mut Chromium, name: &str) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&directory).unwrap();
    let picture = browser.picture();
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(picture).unwrap();
    fs::write(directory.join(format!("{name}.png")), bytes).unwrap();
}

/// What somebody who cannot see, or not well, would stumble over.
fn barriers(browser: &mut Chromium) -> Vec<String> {
    const AXE: &str = include_str!("../axe/axe-4.14.1.min.js");
    browser.eval(&format!("{AXE};0"));
    let found = browser.eval(
        "axe.run(document, { resultTypes: ['violations'] }).then((all) => all.violations
            .filter((one) => one.impact === 'serious' || one.impact === 'critical')
            .map((one) => one.id + ': ' + one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary).join(' | ')))",
    );
    serde_json::from_value(found).unwrap()
}

#[test]
fn pages_in_a_browser() {
    let world = World::new(true);
    let home = serve(&world);
    let mut browser = Chromium::start();
    let mut wrong = Vec::new();
    for (nth, path) in PAGES.iter().chain(&["/dossiers/0"]).enumerate() {
        let path = if *path == "/dossiers/0" {
            format!("/dossiers/{}", world.shared.library.dossiers()[0].id())
        } else {
            (*path).to_owned()
        };
        for (scheme, width) in [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)] {
            browser.prefers(scheme);
            browser.size(width, 900);
            browser.go(&format!("{home}{path}"));
            let said = browser.complaints();
            if !said.is_empty() {
                wrong.push(format!("{path}: {said:?}"));
            }
            assert_eq!(browser.eval("typeof window.ran"), json!("undefined"), "{path}: it ran");
            let wide = browser.eval("document.documentElement.scrollWidth").as_u64().unwrap();
            if wide > u64::from(width) {
                wrong.push(format!("{path} at {width}: {wide} wide"));
            }
            for barrier in barriers(&mut browser) {
                wrong.push(format!("{path} {scheme} {width}: {barrier}"));
            }
            keep_picture(&mut browser, &format!("{nth:02}-{scheme}-{width}"));
        }
    }
    browser.prefers("light");
    browser.size(1440, 900);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    charts(&mut browser, &home);
    filters(&mut browser, &home);
    keyboard(&mut browser, &home);
    colours(&mut browser, &home);
    without_scripts(&mut browser, &home);
}

fn charts(browser: &mut Chromium, home: &str) {
    browser.go(&format!("{home}/"));
    let drawn = browser.eval(
        "Array.from(document.querySelectorAll('.plot canvas')).map((canvas) => {
            const bytes = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return bytes.some((byte) => byte !== 0);
        })",
    );
    assert_eq!(drawn, json!([true, true, true]));
    assert_eq!(browser.eval("document.querySelectorAll('.chart details[open]').length"), json!(0));
}

fn filters(browser: &mut Chromium, home: &str) {
    browser.go(&format!("{home}/incidents"));
    browser.eval(
        "document.querySelector('.filterbox').open = true;
         document.querySelector('#state').value = 'any';
         document.querySelector('[name=severity][value=high]').checked = true;
         document.querySelector('#q').value = 'settings-1';
         setTimeout(() => document.querySelector('.filters button').click(), 0)",
    );
    browser.loaded();
    let there = browser.eval("location.search");
    let there = there.as_str().unwrap();
    for part in ["q=settings-1", "state=any", "severity=high"] {
        assert!(there.contains(part), "{there}");
    }
    let held = browser.eval(
        "[document.querySelector('#state').value, document.querySelector('#q').value,
          document.querySelector('[name=severity][value=high]').checked,
          document.querySelectorAll('.chip').length]",
    );
    assert_eq!(held, json!(["any", "settings-1", true, 3]));
    // Taking a filter away.
    browser.eval("setTimeout(() => document.querySelector('.chip').click(), 0)");
    browser.loaded();
    assert_eq!(browser.eval("document.querySelectorAll('.chip').length"), json!(2));
}

fn keyboard(browser: &mut Chromium, home: &str) {
    let focus = "document.activeElement.id || document.activeElement.className || document.activeElement.textContent";
    browser.go(&format!("{home}/incidents"));
    browser.press("Tab");
    assert_eq!(browser.eval(focus), json!("skip"), "the first is the way past the navigation");
    browser.press("Enter");
    assert_eq!(browser.eval("location.hash"), json!("#main"));
    browser.press("/");
    assert_eq!(browser.eval(focus), json!("q"));
    browser.press("j");
    assert_eq!(browser.eval("document.activeElement.value"), json!("j"), "it is typed");
    browser.press("Escape");
    browser.press("j");
    browser.press("j");
    browser.press("k");
    browser.press("x");
    let state = browser.eval(
        "[Array.from(document.querySelectorAll('[data-row]')).findIndex((row) => row.classList.contains('here')),
          document.querySelectorAll('[data-pick]:checked').length,
          document.querySelector('[data-picked]').textContent]",
    );
    assert_eq!(state, json!([0, 1, "1 chosen"]));
    browser.press("Enter");
    browser.loaded();
    assert_eq!(browser.eval("location.pathname"), json!("/incidents/1"));
    browser.press("g");
    browser.press("l");
    browser.loaded();
    assert_eq!(browser.eval("location.pathname"), json!("/log"));
    // Every place that Tab leads to can be seen.
    for _ in 0..30 {
        browser.press("Tab");
        let seen = browser.eval(
            "(() => { const at = document.activeElement; if (at === document.body) return true;
              const box = at.getBoundingClientRect(); const style = getComputedStyle(at);
              return box.width > 0 && (style.outlineStyle !== 'none' || at.matches(':not(:focus-visible)')); })()",
        );
        let what = browser.eval("document.activeElement.outerHTML.slice(0, 200)");
        assert_eq!(seen, json!(true), "{what}");
    }
}

fn colours(browser: &mut Chromium, home: &str) {
    browser.go(&format!("{home}/help"));
    let page = "getComputedStyle(document.body).backgroundColor";
    let light = browser.eval(page);
    browser.eval("document.querySelector('[data-theme-toggle]').click()");
    let dark = browser.eval(page);
    assert_ne!(light, dark);
    browser.go(&format!("{home}/log"));
    assert_eq!(browser.eval(page), dark, "it is remembered");
    browser.eval("localStorage.clear()");
    browser.prefers("dark");
    browser.go(&format!("{home}/log"));
    assert_eq!(browser.eval(page), dark, "as the system has it");
    browser.prefers("light");
}

fn without_scripts(browser: &mut Chromium, home: &str) {
    browser.runs_scripts(false);
    browser.go(&format!("{home}/"));
    // The protocol still runs what it is handed.
    let open = browser.eval("document.querySelectorAll('.chart details[open] table').length");
    assert_eq!(open, json!(3), "the numbers are there");
    browser.go(&format!("{home}/incidents?severity=high"));
    assert!(browser.eval("document.querySelectorAll('[data-row]').length").as_u64().unwrap() > 3);
    browser.runs_scripts(true);
}
