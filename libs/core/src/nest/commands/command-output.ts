/** What a command says: lines for people, or one JSON object a line for machines. */
export class CommandOutput {
  constructor(
    private readonly json: boolean,
    private readonly write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ) {}

  /** `event` names the object; `text` is what a person reads. */
  say(event: string, text: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.write(this.json ? JSON.stringify({ event, ...data }) : text);
  }
}
