/** Comes last: asks every second how the connections stand, and lets every card paint its own. */
export const HOME_SCRIPT = `
async function refresh() {
  const { ok, body } = await call('/connections');
  if (ok) painters.forEach(({ provider, paint }) => paint(body.connections.filter((one) => one.provider === provider), body.now));
}
const update = () => refresh().catch(() => {});
update();
setInterval(() => { if (!document.hidden) update(); }, 1000);
`;
