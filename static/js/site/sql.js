// SQL: words of the language apart from names; the text stays what it was.

const SQL = /(--[^\n]*)|\b(BEGIN|COMMIT|CREATE|TABLE|INDEX|UNIQUE|PRIMARY|KEY|NOT|NULL|DEFAULT|REFERENCES|ON|DELETE|SET|CASCADE|IF|EXISTS|ALTER|ADD|COLUMN|CONSTRAINT|FOREIGN|INSERT|INTO|VALUES|CHECK|USING|WITH|WHERE|AND|SELECT|FROM|UPDATE)\b|\b(uuid|text|varchar|timestamp|timestamptz|date|decimal|numeric|integer|bigint|boolean)\b/gi;
export const colourSql = (code) => {
  if (code.childElementCount) return;
  const text = code.textContent;
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(SQL)) {
    parts.push(text.slice(at, match.index));
    const word = document.createElement(match[2] ? "b" : "i");
    word.textContent = match[0];
    parts.push(word);
    at = match.index + match[0].length;
  }
  code.replaceChildren(...parts, text.slice(at));
};
