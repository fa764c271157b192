// Text folded as the server folds it (nouns/folding.py): case, accents and ways of spelling do not count.

// Letters that Unicode does not take for a plain one with something added.
const ALIKE = new Map(Object.entries({ æ: "ae", œ: "oe", ß: "ss", þ: "th", ĳ: "ij", ø: "o", ł: "l", đ: "d", ð: "d", ħ: "h", ŧ: "t", ı: "i", ŋ: "n" }));
const LETTERS = [[0x41, 0x588], [0x1e00, 0x2000], [0x212a, 0x212c]];
const plainOf = new Map();
const withoutMarks = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
// Upper case first: it makes letters one that differ in lower case only, as both kinds of sigma.
const caseless = (text) => text.toUpperCase().toLowerCase();
const asPlain = (letter) => {
  const code = letter.codePointAt(0);
  const small = caseless(letter);
  if (!LETTERS.some(([from, to]) => code >= from && code < to)) return [...small].length === 1 ? small : letter;
  const plain = withoutMarks(caseless(withoutMarks(letter)));
  return [...plain].map((each) => ALIKE.get(each) ?? each).join("").normalize("NFC");
};
const foldedLetter = (letter) => {
  if (!plainOf.has(letter)) plainOf.set(letter, asPlain(letter));
  return plainOf.get(letter);
};
export const fold = (text) => [...text.normalize("NFC")].map(foldedLetter).join("").split(/\s+/).filter(Boolean).join(" ");
