// A process of a bench: takes settings, says when it is ready, answers one order after the other.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/** A child that ends by itself fails whatever waits for it. */
export async function startChild(file, settings = {}, options = {}) {
  const child = fork(new URL(file, import.meta.url), [JSON.stringify(settings)], options);
  const failed = new AbortController();
  child.once('exit', (code) => failed.abort(new Error(`${file} ended with ${code}`)));
  const answer = async () => {
    const [message] = await once(child, 'message', { signal: failed.signal });
    return message;
  };
  const ready = await answer();
  return {
    ready,
    ask(order) {
      child.send(order);
      return answer();
    },
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
