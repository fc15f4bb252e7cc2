/** The rows that a title names, in front of it: `F9, S33: …`, `F44 F51: …`, `F39 says …`. */
const LEADING = /^(?:[FSP]\d+(?=[ ,:]|$)[ ,]*)+/;

export const idsOf = (title) => LEADING.exec(title)?.[0].match(/[FSP]\d+/g) ?? [];
