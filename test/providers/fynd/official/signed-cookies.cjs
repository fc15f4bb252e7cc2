// The official library reads req.signedCookies and signs its own; its guide has cookie-parser do that.
// This is what cookie-parser does, by the two packages that Express itself is made with.
const { createRequire } = require('node:module');
const expressRequire = createRequire(require.resolve('express'));
const { parse } = expressRequire('cookie');
const { unsign } = expressRequire('cookie-signature');

module.exports = (secret) => (req, _res, next) => {
  req.secret = secret;
  req.cookies = parse(req.headers.cookie ?? '');
  req.signedCookies = {};
  for (const [name, value] of Object.entries(req.cookies)) {
    if (!value.startsWith('s:')) continue;
    const text = unsign(value.slice(2), secret);
    if (text !== false) req.signedCookies[name] = text;
  }
  next();
};
