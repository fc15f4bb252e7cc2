import { readFileSync } from 'node:fs';

/**
 * A key provider as a host would write it: data keys lie in a file, each wrapped by the key
 * management system (envelope encryption), which unwraps them one by one.
 */
export class KmsKeys {
  constructor({ file, url, everySeconds, timeoutSeconds }) {
    Object.assign(this, { file, url, everySeconds, timeoutSeconds });
  }

  keys() {
    const wrapped = JSON.parse(readFileSync(this.file, 'utf8'));
    return Promise.all(wrapped.map(async ({ id, key }) => ({ id, key: await this.unwrap(key) })));
  }

  async unwrap(wrapped) {
    const answer = await fetch(`${this.url}/unwrap`, { method: 'POST', body: wrapped });
    if (!answer.ok) throw new Error(`the KMS answered ${answer.status}`);
    return Buffer.from(await answer.text(), 'base64');
  }
}
