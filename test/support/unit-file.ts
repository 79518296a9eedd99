/** A systemd unit as systemd.syntax(7) has it: comments left out, continued lines joined. */
export class UnitFile {
  readonly #values = new Map<string, string[]>();

  constructor(text: string) {
    const lines = text.split('\n').filter((line) => !/^\s*[#;]/.test(line));
    let section = '';
    for (const line of lines.join('\n').replaceAll('\\\n', ' ').split('\n')) {
      const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
      if (line.startsWith('[')) section = line.slice(1, -1);
      else if (key !== undefined) this.#values.set(`${section}.${key}`, [...this.all(section, key), value]);
    }
  }

  /** Every value given to a key, in the order of the file. */
  all(section: string, key: string): string[] {
    return this.#values.get(`${section}.${key}`) ?? [];
  }

  /** The only value of a key; throws where there is none, or several. */
  one(section: string, key: string): string {
    const values = this.all(section, key);
    if (values.length !== 1) throw new Error(`[${section}] ${key}= is there ${values.length} times`);
    return values.join();
  }
}
