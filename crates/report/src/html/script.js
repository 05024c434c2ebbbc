// Filters and nothing else: the page is whole without this. It reads the
// address's fragment, so that a filtered view can be linked to, and only ever
// hides and opens what is there; it makes no markup out of any text.
"use strict";
(() => {
  const form = document.getElementById("filters");
  const findings = Array.from(document.querySelectorAll("details.finding"));
  if (!form || findings.length === 0) return;
  const texts = new Map();
  const shown = document.getElementById("shown");
  const none = document.getElementById("no-match");

  // Read when first needed: a large report has much of it.
  const textOf = (finding) => {
    if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
    return texts.get(finding);
  };
  const checked = (name) =>
    Array.from(form.querySelectorAll("input[name=" + name + "]:checked"), (input) => input.value);

  const apply = () => {
    const severity = checked("severity");
    const validity = checked("validity");
    const kind = form.elements.kind.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const finding of findings) {
      const data = finding.dataset;
      const fits =
        (severity.length === 0 || severity.includes(data.severity)) &&
        (validity.length === 0 || validity.includes(data.validity)) &&
        (kind === "" || kind === data.kind) &&
        words.every((word) => textOf(finding).includes(word));
      finding.hidden = !fits;
      if (fits) count += 1;
    }
    none.hidden = count > 0;
    shown.textContent = count + " of " + findings.length + " shown";
  };

  const remember = () => {
    const state = new URLSearchParams();
    for (const name of ["severity", "validity"]) {
      const values = checked(name);
      if (values.length > 0) state.set(name, values.join(" "));
    }
    for (const name of ["kind", "text"]) {
      if (form.elements[name].value) state.set(name, form.elements[name].value);
    }
    const fragment = state.toString();
    try {
      const rest = location.pathname + location.search;
      history.replaceState(null, "", fragment ? "#" + fragment : rest);
    } catch {
      // Some viewers keep a page from changing its address; the filter works.
    }
  };

  // A fragment is a filter, or the name of a finding.
  const restore = () => {
    const fragment = location.hash.slice(1);
    if (!fragment.includes("=")) {
      const target = fragment && document.getElementById(fragment);
      if (target && target.matches("details.finding")) {
        form.reset();
        apply();
        target.open = true;
        target.scrollIntoView();
      }
      return;
    }
    const state = new URLSearchParams(fragment);
    for (const name of ["severity", "validity"]) {
      const wanted = (state.get(name) || "").split(" ");
      for (const input of form.querySelectorAll("input[name=" + name + "]")) {
        input.checked = wanted.includes(input.value);
      }
    }
    form.elements.kind.value = state.get("kind") || "";
    if (form.elements.kind.selectedIndex < 0) form.elements.kind.value = "";
    form.elements.text.value = state.get("text") || "";
    apply();
    form.scrollIntoView({ block: "nearest" });
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("reset", () => setTimeout(() => { apply(); remember(); }));
  form.addEventListener("click", (event) => {
    const wanted = event.target.dataset.do;
    if (!wanted) return;
    for (const finding of findings) if (!finding.hidden) finding.open = wanted === "open";
  });
  // What is closed on paper cannot be opened.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
  addEventListener("hashchange", restore);
  apply();
  restore();
})();
