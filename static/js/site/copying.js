// Copying a text that the page shows.

export const copy = async (button) => {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span") ?? button;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    label.textContent = "Copied";
  } catch {
    // Without a secure context there is no clipboard: the text is selected for the person's own keys.
    getSelection().selectAllChildren(source);
    label.textContent = "Press Ctrl C";
  }
  setTimeout(() => { label.textContent = before; }, 2000);
};
