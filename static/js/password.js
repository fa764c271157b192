// How good the password is that is being chosen, said as it is typed. It is weighed here and sent nowhere;
// what may be used at all the server decides (provision/credentials/password_strength.py).

const FEWEST = 10;
const MOST = 256;
const COMMON = ["password", "passwort", "qwerty", "letmein", "welcome", "iloveyou", "admin", "provision"];
const ROWS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb"]
  .flatMap((row) => [row, [...row].reverse().join("")]);

const namesIn = (text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)].filter((word) => word.length > 2);

// What is left when common words, names, keys in a row and repetitions are taken out.
const unforeseen = (text, names) => {
  let rest = text.toLowerCase();
  for (const word of [...COMMON, ...names].sort((a, b) => b.length - a.length)) rest = rest.replaceAll(word, " ");
  let kept = "";
  for (let at = 0; at < rest.length;) {
    let end = at + 4;
    while (end <= rest.length && ROWS.some((row) => row.includes(rest.slice(at, end)))) end += 1;
    end = end - 1 - at < 4 ? at + 1 : end - 1;
    if (end === at + 1) kept += rest[at];
    at = end;
  }
  return kept.replace(/(.{1,8}?)\1+/gsu, "$1");
};

const weigh = (typed, names) => {
  const text = typed.normalize("NFKC");
  const length = [...text].length;
  if (length < FEWEST) return [0, length === FEWEST - 1 ? "One more character." : `${FEWEST - length} more characters.`];
  if (length > MOST) return [0, `${MOST} characters at most.`];
  const rest = unforeseen(text, names);
  const left = rest.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (left < 5) return [1, "Easy to guess: a common word, a name or a pattern."];
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u].filter((kind) => kind.test(text)).length;
  const bits = [...rest].length * (1.8 + 0.6 * kinds);
  if (bits < 32) return [2, "Fair. One more word makes it much harder to guess."];
  return bits < 48 ? [3, "Good."] : [4, "Strong."];
};

let speaking;
const onInput = ({ target }) => {
  const form = target.form;
  const input = form?.querySelector("input[data-strength]");
  if (!input || (input !== target && !["name", "email"].includes(target.name))) return;
  const shown = document.getElementById(input.dataset.strength);
  const about = [input.dataset.about, form.elements.name?.value, form.elements.email?.value];
  const [score, words] = weigh(input.value, about.flatMap((text) => namesIn((text ?? "").toLowerCase())));
  shown.hidden = !input.value;
  shown.dataset.score = score;
  shown.querySelector("meter").value = score;
  shown.querySelector("span").textContent = words;
  // A screen reader speaks when the typing pauses, not with every key.
  clearTimeout(speaking);
  speaking = setTimeout(() => { shown.querySelector("[role=status]").textContent = words; }, 250);
};

export const start = ({ on }) => on("input", onInput);
