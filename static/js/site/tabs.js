// Tabs of a board on a small screen that do not all fit begin with the one chosen.

export const showTab = () => {
  const tab = document.querySelector(".board-tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft - 40;
};
