// Theme: shown at once, remembered by the server's cookie.

export const setTheme = (theme) => {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.querySelector("meta[name=color-scheme]").content = theme === "system" ? "light dark" : theme;
  for (const button of document.querySelectorAll(".segmented button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
};
