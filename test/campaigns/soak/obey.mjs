/** The other end of `Process`: answers each message with the command of its name. */
export function obey(commands) {
  process.on('message', ({ number, command, value }) => {
    Promise.resolve()
      .then(() => commands[command](value))
      .then(
        (result) => ({ number, result }),
        (error) => ({ number, error: error.stack ?? String(error) }),
      )
      .then((answer) => process.connected && process.send(answer, () => undefined));
  });
  process.on('disconnect', () => process.exit());
}
