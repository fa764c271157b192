// What a pointer or a key makes of a part, shown without either: each rule of the style sheet for :hover, :active or
// :focus-visible holds for [data-state] too. So the samples are drawn by the very rules that they show.

(() => {
  "use strict";

  const STATE = /:(hover|active|focus-visible)(?![-\w])/g;
  const double = (rules) => {
    for (let at = rules.cssRules.length - 1; at >= 0; at -= 1) {
      const rule = rules.cssRules[at];
      if (rule instanceof CSSMediaRule) double(rule);
      const selector = rule.selectorText?.replace(STATE, '[data-state="$1"]');
      if (selector && selector !== rule.selectorText) rules.insertRule(`${selector} { ${rule.style.cssText} }`, at + 1);
    }
  };
  for (const sheet of document.styleSheets) double(sheet);
})();
