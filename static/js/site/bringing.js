// Scripts that few pages need, each a module of its own: fetched once, by the pages that name them.

import { on, onCapture } from "./events.js";

const brought = new Map();
export const bring = (address) => {
  if (!brought.has(address)) {
    const part = import(address).then((module) => {
      module.start({ on, onCapture });
      return module;
    });
    part.catch(() => brought.delete(address));
    brought.set(address, part);
  }
  return brought.get(address);
};
