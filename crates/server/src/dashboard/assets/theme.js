// Light or dark, before the page is drawn; without a choice, as the system has it.
(() => {
  try {
    const theme = localStorage.getItem("leeward-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* Storage may be forbidden; the system's choice holds. */ }
  document.documentElement.classList.add("scripted");
})();
