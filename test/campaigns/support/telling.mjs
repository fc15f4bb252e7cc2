const EVERY_MS = 10_000;

/** Reports every ten seconds how far the work has come, until it ends. */
export async function telling(report, howFar, work) {
  const timer = setInterval(() => report(howFar()), EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
