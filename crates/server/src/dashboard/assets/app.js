// What makes pages quicker to use. All of them work without it.
(() => {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const root = document.documentElement;

  // Light, dark, or as the system has it.
  const toggle = document.querySelector("[data-theme-toggle]");
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const named = () => { if (toggle) toggle.textContent = isDark() ? "Light" : "Dark"; };
  if (toggle) {
    named();
    toggle.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("leeward-theme", root.dataset.theme); } catch { /* For this page. */ }
      named();
      dispatchEvent(new Event("leeward:theme"));
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    named();
    dispatchEvent(new Event("leeward:theme"));
  });

  // All rows at once.
  const everyone = document.querySelector("[data-pick-all]");
  const picks = all("[data-pick]");
  const picked = document.querySelector("[data-picked]");
  const count = () => {
    const n = picks.filter((pick) => pick.checked).length;
    if (picked) picked.textContent = n === 0 ? "None chosen" : `${n} chosen`;
    if (everyone) {
      everyone.checked = n > 0 && n === picks.length;
      everyone.indeterminate = n > 0 && n < picks.length;
    }
  };
  if (everyone) {
    everyone.hidden = false;
    everyone.addEventListener("change", () => {
      for (const pick of picks) pick.checked = everyone.checked;
      count();
    });
  }
  for (const pick of picks) pick.addEventListener("change", count);
  if (picks.length > 0) count();

  // Views that somebody saved, in this browser only.
  const saved = document.querySelector("[data-saved-views]");
  const key = "leeward-views";
  const load = () => {
    try {
      const views = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(views) ? views.filter((v) => typeof v?.name === "string" && typeof v?.query === "string") : [];
    } catch { return []; }
  };
  const keep = (views) => { try { localStorage.setItem(key, JSON.stringify(views.slice(0, 30))); } catch { /* Not kept. */ } };
  const show = () => {
    for (const old of saved.querySelectorAll("[data-saved]")) old.remove();
    for (const view of load()) {
      const item = document.createElement("li");
      item.dataset.saved = "";
      const link = document.createElement("a");
      link.href = `${location.pathname}?${view.query}`;
      link.textContent = view.name;
      if (view.query === location.search.slice(1)) link.setAttribute("aria-current", "true");
      item.append(link);
      saved.append(item);
    }
  };
  if (saved) {
    show();
    const button = document.querySelector("[data-save-view]");
    button.hidden = false;
    button.addEventListener("click", () => {
      const query = location.search.slice(1);
      const views = load();
      const known = views.findIndex((view) => view.query === query);
      if (known >= 0) {
        views.splice(known, 1);
      } else {
        const name = prompt("Name of this view:", "");
        if (!name?.trim()) return;
        views.push({ name: name.trim().slice(0, 40), query });
      }
      keep(views);
      show();
    });
  }

  // Counts beside the navigation, while somebody looks.
  const live = all("[data-count]");
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/counts", { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const counts = await answer.json();
      for (const one of live) {
        const n = counts[one.dataset.count];
        if (typeof n === "number") one.textContent = n.toLocaleString("en");
      }
    } catch { /* The next time, perhaps. */ }
  };
  if (live.length > 0) { refresh(); setInterval(refresh, 30_000); }

  // The keyboard.
  const rows = all("[data-row]");
  let at = -1;
  const go = (to) => {
    if (rows.length === 0) return;
    rows[at]?.classList.remove("here");
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at].classList.add("here");
    rows[at].querySelector("a[data-open]")?.focus({ preventScroll: true });
    rows[at].scrollIntoView({ block: "nearest" });
  };
  const places = { o: "/", i: "/incidents", s: "/sources", j: "/jobs", d: "/dossiers", l: "/log", e: "/settings", h: "/help" };
  let begun = 0;
  addEventListener("keydown", (event) => {
    const target = event.target;
    const types = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    if (types && event.key === "Escape") { target.blur(); return; }
    const isBox = target instanceof HTMLInputElement && target.type === "checkbox";
    if ((types && !isBox) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (Date.now() - begun < 1200 && places[event.key]) {
      begun = 0;
      event.preventDefault();
      location.assign(places[event.key]);
      return;
    }
    begun = 0;
    switch (event.key) {
      case "g": begun = Date.now(); break;
      case "/": {
        const search = document.querySelector("[data-search]");
        event.preventDefault();
        if (search) { search.focus(); search.select(); } else location.assign("/incidents#search");
        break;
      }
      case "j": go(at + 1); break;
      case "k": go(at - 1); break;
      case "x": {
        const pick = rows[at]?.querySelector("[data-pick]");
        if (pick) { pick.checked = !pick.checked; count(); }
        break;
      }
      case "n": document.querySelector("a[rel='next']")?.click(); break;
      case "p": document.querySelector("a[rel='prev']")?.click(); break;
      case "?": location.assign("/help"); break;
      default:
    }
  });
  for (const [index, row] of rows.entries()) {
    row.addEventListener("focusin", () => {
      rows[at]?.classList.remove("here");
      at = index;
      row.classList.add("here");
    });
  }
  if (location.hash === "#search") document.querySelector("[data-search]")?.focus();
})();
