// What somebody chose, kept in this browser; and light or dark.

/** What was chosen under that name before, or nothing. */
export function kept(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return ""; // a browser may forbid it
  }
}

/** Keep a choice for the next time. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // then it is chosen anew the next time
  }
}

/** Show light or dark colours; anything else: those of the system. */
export function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
}
